// What can be done with a message, shown while the pointer or the focus is there.

import { html } from "../vendor.js";
import { Copy } from "../ui/copy.js";
import { IconButton } from "../ui/icon.js";
import { words } from "../words.js";

export function Actions({ message, view }) {
  const whole = async () => {
    if (message.more) await view.room.textOf(message.id);
    return view.room.state.messages.find(({ id }) => id === message.id)?.text ?? message.text;
  };
  const mayRemove = !view.over && !message.redacted && (message.from === view.me || view.admin);
  return html`
    <div class="actions">
      ${!view.over && html`
        <${IconButton} icon="reply" label=${words.talk.reply} onClick=${() => view.onReply(message.id)} />`}
      ${!message.redacted && message.text && html`<${Copy} text=${whole} label=${words.talk.copy} />`}
      ${mayRemove && html`
        <${IconButton} icon="trash" label=${message.file ? words.talk.removeFile : words.talk.remove}
          onClick=${() => view.remove(message.id)} />`}
    </div>`;
}
