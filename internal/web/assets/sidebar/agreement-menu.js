// What can be done with an agreement beside the conversation.

import { actions as w } from "../talk/dialog-words.js";
import { CopyLink } from "../talk/permalink.js";
import { Icon } from "../ui/icon.js";
import { Sheet } from "../ui/sheet.js";
import { html } from "../vendor.js";

/** at is as in Sheet. onReply(id, kind) begins an answer. */
export const AgreementMenu = ({ room, agreement, label, at, onReply, onClose }) => html`
  <${Sheet} label=${label} at=${at} onClose=${onClose}>
    <li>
      <button type="button" class="choice" onClick=${() => (onClose(), onReply(agreement.id, "proposal"))}>
        <${Icon} name="ask" />${w.another}
      </button>
    </li>
    <li><${CopyLink} room=${room} message=${agreement} className="choice">${w.copyLink}<//></li>
  <//>`;
