// The name of the person behind the agent: asked for before it first speaks, and changed in the menu.

import { habit, keepHabit } from "../landing/habits.js";
import { refuseName } from "../naming.js";
import * as storage from "../storage.js";
import { Problem, useAct } from "../sidebar/act.js";
import { Decision } from "../ui/decision.js";
import { Dialog } from "../ui/dialog.js";
import { html, useLayoutEffect, useRef, useState } from "../vendor.js";
import { naming as w } from "./dialog-words.js";
import { compose } from "./words.js";

/** Returns {name, setName, busy, problem, save}: save resolves to whether the room knows the person by name now. */
function useName(room, first) {
  const [name, setName] = useState(first);
  const { busy, problem, act } = useAct();
  const call = async () => {
    const asked = name.trim() ? { person_name: name } : { no_name: true };
    await room.supervision.change(asked).catch(refuseName);
    if (name.trim()) keepHabit("name", name.trim());
    room.refresh.want({ info: true });
  };
  return { name, setName, busy, problem, save: () => act(call) };
}

const Name = ({ id, name, setName, ...others }) => html`
  <input class="input" id=${id} autocomplete="nickname" dir="auto" maxlength="40" value=${name}
    onInput=${(event) => setName(event.target.value)} ...${others} />`;

/**
 * Asks for the name, which is for all rooms, before the person first speaks: see naming.js. It offers the one that the
 * person gave last in this browser. A second press of what sends, or a key that is held, was not meant for what is
 * offered. Who closes it has done nothing yet: the text, or the button of the vote, is where it was.
 */
export function NameAsked({ room, onClose }) {
  const { busy, problem, save, ...field } = useName(room, habit("name"));
  const form = useRef();
  const [why] = useState(room.state.asksName); // true, or why the room does not take the name for all rooms
  const says = w.nameGive[room.naming.votes ? "vote" : "text"];
  useLayoutEffect(() => form.current.querySelector("input").select(), []);
  const give = async (event) => {
    event.preventDefault();
    if (busy || !(await save())) return;
    if (why === true) storage.keepName(field.name.trim());
    room.naming.given();
  };
  const key = (event) => {
    const early = event.repeat || form.current.querySelector("[data-moved]");
    if (event.key === "Enter" && early) event.preventDefault();
  };
  return html`
    <${Dialog} title=${why === true ? w.nameAsked : w.nameAskedHere(room.state.room.name)} onClose=${onClose} stays>
      <form class="name-asked" ref=${form} onSubmit=${give}>
        <div class="field">
          <${Name} id="name-asked" required aria-labelledby="dialog-title"
            aria-describedby="name-asked-hint" enterkeyhint="send" onKeyDown=${key} ...${field} />
          <small class="quiet" id="name-asked-hint">${why === true ? w.nameAskedHint : w.nameHereHint}</small>
        </div>
        <${Problem} text=${problem || (why !== true && why)} />
        <div class="dialog-buttons">
          <${Decision} class="button" onClick=${() => room.naming.skip()}>${w.nameSkip(says)}<//>
          <${Decision} class="button primary" aria-disabled=${busy} onClick=${() => form.current.requestSubmit()}>
            ${says}
          <//>
        </div>
      </form>
    <//>`;
}

/** Changes the name in this room, or takes it away. */
export function NameDialog({ room, onClose }) {
  const { busy, problem, save, ...field } = useName(room, room.state.supervision.person_name ?? "");
  const change = async (event) => {
    event.preventDefault();
    if (!(await save())) return;
    storage.note(room.seat.token, { unnamed: !field.name.trim() });
    onClose();
  };
  return html`
    <${Dialog} title=${compose.menuItems.name} onClose=${onClose}>
      <p>${w.nameText}</p>
      <form class="naming" aria-label=${compose.menuItems.name} onSubmit=${change}>
        <label for="name">${compose.menuItems.name}</label>
        <${Name} id="name" ...${field} />
        <button type="submit" class="button" aria-disabled=${busy}>${w.nameSave}</button>
        <${Problem} text=${problem} />
      </form>
    <//>`;
}
