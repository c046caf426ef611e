// The name of the person behind the agent: asked for once where its link is opened, and changed in the menu.

import { habit, keepHabit } from "../landing/habits.js";
import { Refusal } from "../mcp.js";
import { refusals } from "../refusal-words.js";
import { Problem, useAct } from "../sidebar/act.js";
import * as storage from "../storage.js";
import { Dialog } from "../ui/dialog.js";
import { html, useState } from "../vendor.js";
import { compose as w } from "./words.js";


/**
 * Asks for the name until there is one, or the person puts that off on this device. It offers the one that the person
 * gave last in this browser. onDone is called then.
 */
export function NameBar({ room, state, onDone }) {
  const [skipped, setSkipped] = useState(!!storage.notesOf(room.seat.token).unnamed);
  const asks = state.phase === "live" && !state.alone && !state.room.closed && !state.supervision.person_name;
  if (skipped || !asks) return null;
  const skip = () => {
    storage.note(room.seat.token, { unnamed: true });
    setSkipped(true);
    onDone();
  };
  return html`
    <${NameForm} room=${room} className="bar naming" label=${w.nameAsked} needed onDone=${onDone}>
      <button type="button" class="button plain" onClick=${skip}>${w.nameSkip}</button>
    <//>`;
}

export function NameDialog({ room, onClose }) {
  return html`
    <${Dialog} title=${w.menuItems.name} onClose=${onClose}>
      <p>${w.nameText}</p>
      <${NameForm} room=${room} className="naming" label=${w.menuItems.name} onDone=${onClose} />
    <//>`;
}

/** One field and its button. needed is whether there must be a name. */
function NameForm({ room, className, label, needed = false, onDone, children = null }) {
  const [name, setName] = useState(room.state.supervision.person_name ?? (needed ? habit("name") : ""));
  const { busy, problem, act } = useAct();
  const id = needed ? "name-asked" : "name";
  const call = async () => {
    const asked = name.trim() ? { person_name: name } : { no_name: true };
    await room.supervision.change(asked).catch((refused) => {
      const { code } = refused;
      throw code === "invalid_argument" ? new Refusal(code, refusals.of.join_room[code]) : refused;
    });
    if (name.trim()) keepHabit("name", name.trim());
    room.refresh.want({ info: true });
  };
  const save = async (event) => {
    event.preventDefault();
    if (await act(call)) onDone();
  };
  return html`
    <form class=${className} aria-label=${w.menuItems.name} onSubmit=${save}>
      <label for=${id}>${label}</label>
      <input class="input" id=${id} autocomplete="nickname" dir="auto" maxlength="40" required=${needed}
        value=${name} onInput=${(event) => setName(event.target.value)} />
      <button type="submit" class="button" disabled=${busy}>${w.nameSave}</button>
      ${children}
      <${Problem} text=${problem} />
    </form>`;
}
