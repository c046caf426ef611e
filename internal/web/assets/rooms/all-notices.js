// The notifications of this device in all rooms of this browser, also in those that it joins later.

import { isAllowed, useBlocked } from "../compose/blocked.js";
import * as storage from "../storage.js";
import { Dialog } from "../ui/dialog.js";
import { Loading, MissingPart, later } from "../ui/later.js";
import { html, useState } from "../vendor.js";
import { forAll as w } from "./for-all-words.js";
import { Refused } from "./refused.js";

const Notices = later("NoticesForAll", MissingPart, Loading);

/** Says in how many rooms this device is told, as a button that opens the dialog to change it. */
export function AllNotices({ errands }) {
  const [open, setOpen] = useState(false);
  useBlocked(); // draws once more when the person blocks or unblocks notifications
  const { rooms } = errands;
  const waits = rooms.filter((room) => errands.isToBeTold(room)).length;
  const told = rooms.filter((room) => room.kept.push && !errands.isToBeTold(room)).length;
  const { on = told > 0 } = storage.notices() ?? {};
  return rooms.length > 0 && html`
    <button type="button" class="event-more" aria-haspopup="dialog" onClick=${() => setOpen(true)}>
      ${w.notices} ${on && !isAllowed() ? w.blocked : w.told(told, rooms.length, waits, on)}
    </button>
    <${Refused} errands=${errands} what="notices" />
    ${open && html`
      <${Dialog} title=${w.noticesTitle} onClose=${() => setOpen(false)}><${Notices} errands=${errands} /><//>`}`;
}
