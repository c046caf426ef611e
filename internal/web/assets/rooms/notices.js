// The dialog of notifications in all rooms.

import { isAllowed, useBlocked } from "../compose/blocked.js";
import { dialogs as w } from "../compose/dialog-words.js";
import { Choice, HowToAllow } from "../compose/notices-dialog.js";
import { hindrance as noNotices } from "../compose/notices.js";
import { hindrance, prepare } from "../push/push.js";
import { push } from "../push/words.js";
import { Problem, useAct } from "../sidebar/act.js";
import * as storage from "../storage.js";
import { html, useEffect, useState } from "../vendor.js";

/** The switch, and the wish for words. Where no push service tells this device, each page tells while it is open. */
export function NoticesForAll({ errands }) {
  const [room, setRoom] = useState(/** @type {any} */ (null)); // that says what this server can
  const { busy, problem, act } = useAct();
  const text = errands.agents.length ? push.text : push.textAlone;
  const isBlocked = useBlocked();
  useEffect(() => void act(async () => setRoom(await errands.first())), []);
  if (!room) return html`<${Problem} text=${problem} />`;
  const noPush = hindrance(room.state.supervision);
  const never = noPush && noNotices();
  const { on: wanted, words } = storage.notices() ?? { on: false, words: false };
  const on = wanted && isAllowed();
  const blocked = isBlocked && !never;
  const wish = (wish) => !busy && act(async () => {
    if (wish.on) await prepare(room);
    errands.wish(wish);
  });
  return html`
    <p>${never && noPush === "server" ? w.noNotices[never] : noPush ? push.none[noPush] : text}</p>
    ${!never && html`
      <div class="choices" aria-busy=${busy}>
        <${Choice} label=${noPush ? w.noticesAllOpen : push.on} on=${on} disabled=${blocked}
          onChange=${(yes) => wish({ on: yes, words })} />
        <${Choice} label=${noPush ? w.noticesPreview : push.words} on=${words} disabled=${!on}
          onChange=${(yes) => wish({ on, words: yes })} />
      </div>
      <p class="quiet">${w.noticesAllText}</p>`}
    ${blocked && html`<${HowToAllow} />`}
    <p role="status">${busy && !on && push.asking}</p>
    <${Problem} text=${blocked ? "" : problem} />`;
}
