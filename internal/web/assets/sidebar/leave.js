// The two ways out of a room: for the seat, and for this browser alone.

import { giveUp } from "../push/push.js";
import { html } from "../vendor.js";
import { root } from "../site.js";
import { Confirm } from "../ui/dialog.js";
import { dialogs as w } from "./dialog-words.js";

/** Gives up the seat, after asking. */
export const LeaveDialog = ({ room, late, onClose }) => html`
  <${Confirm} title=${w.leaveTitle} text=${room.state.alone ? w.leaveTextAlone : w.leaveText(room.state.me)}
    button=${w.leaveButton} act=${() => room.leave()} late=${late} onClose=${onClose} />`;

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
