// The name of the person in all rooms of this browser.

import { habit, keepHabit } from "../landing/habits.js";
import * as storage from "../storage.js";
import { Dialog } from "../ui/dialog.js";
import { html, useState } from "../vendor.js";
import { forAll as w } from "./for-all-words.js";
import { Refused } from "./refused.js";

/** The name, as a button that opens the form to change it. A person without an agent sees none. */
export function MyName({ errands }) {
  const [open, setOpen] = useState(false);
  const [text, setText] = useState("");
  if (!errands.agents.length) return null;
  const name = storage.name();
  const save = (event) => {
    event.preventDefault();
    errands.rename(text.trim(), name ?? habit("name"));
    if (text.trim()) keepHabit("name", text.trim());
    setOpen(false);
  };
  return html`
    <button type="button" class="event-more" aria-haspopup="dialog"
      onClick=${() => (setText(name ?? habit("name")), setOpen(true))}>${w.name} <bdi>${name || w.noName}</bdi></button>
    <${Refused} errands=${errands} what="rename" />
    ${open && html`
      <${Dialog} title=${w.nameTitle} onClose=${() => setOpen(false)}>
        <p class="quiet" id="my-name-text">${w.nameText}</p>
        <form class="naming" onSubmit=${save}>
          <input class="input" autocomplete="nickname" dir="auto" maxlength="40" aria-label=${w.nameTitle}
            aria-describedby="my-name-text" value=${text} onInput=${(event) => setText(event.target.value)} />
          <button type="submit" class="button primary">${w.save}</button>
        </form>
      <//>`}`;
}
