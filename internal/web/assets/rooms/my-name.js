// The name of the person in all rooms of this browser. Of each seat that is to have the new one in place of that from
// before, this browser keeps renames, the one from before, until the room was told.

import { backoff } from "../clock.js";
import { habit, keepHabit } from "../landing/habits.js";
import { Refusal, patiently } from "../mcp.js";
import * as storage from "../storage.js";
import { Dialog } from "../ui/dialog.js";
import { fill } from "../ui/fill.js";
import { html, useEffect, useMemo, useState } from "../vendor.js";
import { withAgents } from "./all-agents.js";
import { forAll as w } from "./for-all-words.js";

export class Names {
  #under = new Set(); // the tokens of seats whose rooms are being told

  refused = 0; // rooms that keep the name from before

  /**
   * @param {import("./other.js").OtherRooms} others
   * @param {() => void} changed is called when a room has refused a name
   */
  constructor(others, changed) {
    this.others = others;
    this.changed = changed;
  }

  /** Takes a name for all rooms, "" for none. A room that has another one than that from before keeps it. */
  change(name) {
    const before = storage.name();
    this.refused = 0;
    storage.keepName(name);
    if (name) keepHabit("name", name);
    if (!before) return;
    for (const { token, kept } of withAgents(this.others)) storage.note(token, { renames: kept.renames ?? before });
    this.goOn();
  }

  /** Tells the rooms that can be reached, also of what was changed before the page was loaded. */
  goOn() {
    for (const { token, other, kept } of withAgents(this.others))
      if (other && kept.renames && !this.#under.has(token)) this.#tell(token, other, kept.renames);
  }

  async #tell(token, other, before) {
    const { turns, clock } = this.others;
    const call = () => turns.take(async () => {
      const name = storage.name();
      if (other.state.supervision.person_name !== before || name === before) return;
      await other.supervision.change(name ? { person_name: name } : { no_name: true });
    });
    this.#under.add(token);
    for (let failed = 1; !turns.signal.aborted; failed++) {
      try {
        await patiently(call, clock, turns.signal);
        break;
      } catch (problem) {
        if (problem instanceof Refusal) { // as where somebody has this name
          this.refused++;
          this.changed();
          break;
        }
        await clock.pause(backoff(failed), turns.signal);
      }
    }
    if (!turns.signal.aborted) storage.note(token, { renames: undefined });
    this.#under.delete(token);
  }
}

/** Shows the name to a person with an agent, and changes it. */
export function MyName({ others, changed }) {
  const names = useMemo(() => new Names(others, changed), [others]);
  const [open, setOpen] = useState(false);
  const [text, setText] = useState("");
  useEffect(() => names.goOn());
  if (!withAgents(others).length) return null;
  const name = storage.name();
  const says = name ? fill(w.name, { name }) : name === "" ? w.noName : w.askName;
  const save = (event) => {
    event.preventDefault();
    names.change(text.trim());
    setOpen(false);
    changed();
  };
  return html`
    <p class="for-all-line small">
      <span class="quiet" role="status">${says}${names.refused > 0 && w.refused(names.refused)}</span>
      <button type="button" class="event-more" aria-haspopup="dialog"
        onClick=${() => (setText(name ?? habit("name")), setOpen(true))}>${w.change}</button>
    </p>
    ${open && html`
      <${Dialog} title=${w.changeName} onClose=${() => setOpen(false)}>
        <p class="quiet" id="my-name-text">${w.nameText}</p>
        <form class="naming" onSubmit=${save}>
          <input class="input" autocomplete="nickname" dir="auto" maxlength="40" aria-label=${w.changeName}
            aria-describedby="my-name-text" value=${text} onInput=${(event) => setText(event.target.value)} />
          <button type="submit" class="button primary">${w.save}</button>
        </form>
      <//>`}`;
}
