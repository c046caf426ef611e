// The notifications of this device in all rooms of this browser, also in those that it joins later.

import { Choice, HowToAllow } from "../compose/notices-dialog.js";
import { dialogs } from "../compose/dialog-words.js";
import { hindrance as noNotices } from "../compose/notices.js";
import { useBlocked } from "../compose/notices-offer.js";
import { hindrance, prepare } from "../push/push.js";
import { push } from "../push/words.js";
import { Problem, useAct } from "../sidebar/act.js";
import * as storage from "../storage.js";
import { Dialog } from "../ui/dialog.js";
import { html, useEffect, useState } from "../vendor.js";
import { forAll as w } from "./for-all-words.js";
import { Refused } from "./refused.js";

const isAllowed = () => globalThis.Notification?.permission === "granted";

/** Says in how many rooms this device is told, and changes that. */
export function AllNotices({ errands }) {
  const [open, setOpen] = useState(false);
  useBlocked(); // draws this once more
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

/** The switch, and the wish for words. Where no push service tells this device, each page tells while it is open. */
function Notices({ errands }) {
  const [room, setRoom] = useState(/** @type {any} */ (null)); // that says what this server can
  const { busy, problem, act } = useAct();
  const text = errands.agents.length ? push.text : push.textAlone;
  const isBlocked = useBlocked();
  useEffect(() => void act(async () => setRoom(await errands.first())), []);
  if (!room) return html`<${Problem} text=${problem} />`;
  const why = hindrance(room.state.supervision);
  const never = why && noNotices();
  const { on: wanted, words } = storage.notices() ?? { on: false, words: false };
  const on = wanted && isAllowed();
  const blocked = isBlocked && !never;
  const wish = (wish) => !busy && act(async () => {
    if (wish.on) await prepare(room);
    errands.wish(wish);
  });
  return html`
    <p>${never && why === "server" ? dialogs.noNotices[never] : why ? push.none[why] : text}</p>
    ${!never && html`
      <div class="choices" aria-busy=${busy}>
        <${Choice} label=${why ? w.noticesOpen : push.on} on=${on} disabled=${blocked}
          onChange=${(yes) => wish({ on: yes, words })} />
        <${Choice} label=${why ? dialogs.noticesPreview : push.words} on=${words} disabled=${!on}
          onChange=${(yes) => wish({ on, words: yes })} />
      </div>
      <p class="quiet">${w.noticesText}</p>`}
    ${blocked && html`<${HowToAllow} />`}
    <p role="status">${busy && !on && push.asking}</p>
    <${Problem} text=${blocked ? "" : problem} />`;
}
