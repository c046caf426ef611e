// What can be done with a message: the bar above its row while the pointer or the focus is there. It opens the list of
// the rest (action-list.js).

import { html } from "../vendor.js";
import { Copy } from "../ui/copy.js";
import { IconButton } from "../ui/icon.js";
import { talk } from "./words.js";

export const textOf = (message, view) => async () => {
  if (message.more) await view.room.paging.textOf(message.id);
  return view.room.state.messages.find(({ id }) => id === message.id)?.text ?? message.text;
};

export const hasText = (message) => !message.redacted && !!message.text;

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
