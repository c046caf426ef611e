// What can be done with a message: the bar above its row while the pointer or the focus is there, and
// the list that the bar and a long press of a finger open.

import { html } from "../vendor.js";
import { Copy } from "../ui/copy.js";
import { Icon, IconButton } from "../ui/icon.js";
import { Sheet } from "../ui/sheet.js";
import { CopyLink } from "./permalink.js";
import { talk } from "./words.js";

const textOf = (message, view) => async () => {
  if (message.more) await view.room.paging.textOf(message.id);
  return view.room.state.messages.find(({ id }) => id === message.id)?.text ?? message.text;
};

const hasText = (message) => !message.redacted && !!message.text;

export const Actions = ({ message, view }) => html`
  <div class="actions-place">
    <div class="actions">
      ${!view.over && html`
        <${IconButton} icon="reply" label=${talk.reply} onClick=${() => view.onReply(message.id)} />`}
      ${hasText(message) && html`<${Copy} text=${textOf(message, view)} label=${talk.copy} />`}
      <${IconButton} icon="more" label=${talk.more} aria-haspopup="dialog"
        onClick=${(event) => view.act(message.id, event.currentTarget)} />
    </div>
  </div>`;

/** All of it. at is the button that opened it, if one did. */
export function ActionList({ message, view, at, onClose }) {
  const then = (act) => () => (onClose(), act());
  const mayRemove = !view.over && !message.redacted && (message.from === view.me || view.admin);
  return html`
    <${Sheet} label=${talk.more} at=${at} onClose=${onClose}>
      ${!view.over && html`
        <li>
          <button type="button" class="choice" onClick=${then(() => view.onReply(message.id))}>
            <${Icon} name="reply" />${talk.reply}
          </button>
        </li>`}
      ${hasText(message) && html`
        <li>
          <${Copy} text=${textOf(message, view)} label=${talk.copy} className="choice">${talk.copy}<//>
        </li>`}
      <li>
        <${CopyLink} room=${view.room} message=${message} className="choice">${talk.copyLink}<//>
      </li>
      ${mayRemove && html`
        <li>
          <button type="button" class="choice danger" onClick=${then(() => view.remove(message.id))}>
            <${Icon} name="trash" />${message.file ? talk.removeFile : talk.remove}
          </button>
        </li>`}
    <//>`;
}
