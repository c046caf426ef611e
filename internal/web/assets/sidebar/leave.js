// The two ways out of a room: for the seat, and for this browser alone.

import { giveUp } from "../push/push.js";
import { ExportDialog } from "../compose/export-dialog.js";
import { html, useState } from "../vendor.js";
import { root } from "../site.js";
import { Confirm } from "../ui/dialog.js";
import { compose } from "../compose/words.js";
import { dialogs as w } from "./dialog-words.js";

/** Gives up the seat, after asking. The room ends with its last seat, and can be exported first. */
export function LeaveDialog({ room, late, onClose }) {
  const [exports, setExports] = useState(false);
  const { alone, me } = room.state;
  if (exports) return html`<${ExportDialog} room=${room} onClose=${() => setExports(false)} />`;
  const rest = { act: () => room.leave(), late, onClose };
  return room.isLast ? html`
    <${Confirm} title=${w.leaveLastTitle} text=${w.leaveLastText(!alone && me)} button=${w.leaveLastButton} ...${rest}
      beside=${html`<button type="button" class="button" onClick=${() => setExports(true)}>
        ${compose.menuItems.export}</button>`} />` : html`
    <${Confirm} title=${w.leaveTitle} text=${alone ? w.leaveTextAlone : w.leaveText(me)} button=${w.leaveButton}
      ...${rest} />`;
}

/** Forgets the seat in this browser, after asking; the seat stays. The device is told no more of the room. */
export function ForgetDialog({ room, late, onClose }) {
  const forget = async () => {
    await giveUp(room);
    room.forget();
    location.assign(root);
  };
  return html`
    <${Confirm} title=${w.forgetTitle} text=${room.state.alone ? w.forgetTextAlone : w.forgetText}
      button=${w.forgetButton} act=${forget} late=${late} onClose=${onClose} />`;
}
