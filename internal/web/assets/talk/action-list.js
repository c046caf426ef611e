// What can be done with a message, as a list: what the bar above its row and a long press of a finger open.

import { silencedBy } from "../compose/may.js";
import { html } from "../vendor.js";
import { Copy } from "../ui/copy.js";
import { Icon } from "../ui/icon.js";
import { Sheet } from "../ui/sheet.js";
import { hasText, textOf } from "./actions.js";
import { actions as w } from "./dialog-words.js";
import { CopyLink } from "./permalink.js";
import { talk } from "./words.js";

/** All of it. at is the button that opened it, if one did. */
export function ActionList({ message, view, at, onClose }) {
  const then = (act) => () => (onClose(), act());
  const isAgreed = message.kind === "proposal" && view.outcomes.get(message.id)?.end === "agreed"; // and in force
  const mayRemove = !view.over && !message.redacted && (message.from === view.me || view.admin);
  return html`
    <${Sheet} label=${talk.more} at=${at} onClose=${onClose}>
      ${!view.over && html`
        <li>
          <button type="button" class="choice" onClick=${then(() => view.onReply(message.id))}>
            <${Icon} name="reply" />${talk.reply}
          </button>
        </li>`}
      ${isAgreed && !view.over && silencedBy(view.state) === "" && html`
        <li>
          <button type="button" class="choice" onClick=${then(() => view.onReply(message.id, "proposal"))}>
            <${Icon} name="ask" />${w.another}
          </button>
        </li>`}
      ${hasText(message) && html`
        <li>
          <${Copy} text=${textOf(message, view)} label=${talk.copy} className="choice">${talk.copy}<//>
        </li>`}
      <li>
        <${CopyLink} room=${view.room} message=${message} className="choice">${w.copyLink}<//>
      </li>
      ${mayRemove && html`
        <li>
          <button type="button" class="choice danger" onClick=${then(() => view.remove(message.id))}>
            <${Icon} name="trash" />${message.file ? w.removeFile : w.remove}
          </button>
        </li>`}
    <//>`;
}
