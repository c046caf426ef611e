// The dialog that turns notifications on and off.

import { stands } from "../hooks/list.js";
import { hindrance } from "../push/push.js";
import { push } from "../push/words.js";
import { Problem } from "../sidebar/act.js";
import { unheld } from "../supervision.js";
import { Dialog } from "../ui/dialog.js";
import { useNow } from "../ui/time.js";
import { useRoom } from "../use-room.js";
import { html, useEffect } from "../vendor.js";
import { useBlocked } from "./blocked.js";
import { dialogs as w } from "./dialog-words.js";
import { usePush, useWishes } from "./notices-offer.js";

/** Where this device cannot be told by its push service, the page tells while it is open. */
export function NoticesDialog({ room, onClose }) {
  const { supervision } = useRoom(room);
  useEffect(() => void room.supervision.read().catch(() => {}), []); // no event says that calls fail
  const why = hindrance(supervision);
  const how = why ? html`<${WhileOpen} room=${room} why=${push.none[why]} />` : html`<${OnDevice} room=${room} />`;
  return html`<${Dialog} title=${w.noticesTitle} onClose=${onClose}>${supervision !== unheld && how}<//>`;
}

export const Choice = ({ label, on, disabled = false, onChange }) => html`
  <label class="choice">
    <input type="checkbox" checked=${on} disabled=${disabled} onChange=${(e) => onChange(e.target.checked)} />
    <span>${label}</span>
  </label>`;

/** What to do where the browser blocks notifications: no box can be ticked there. */
export const HowToAllow = () => html`
  <div class="notices-blocked" role="status">
    <p>${push.denied}</p>
    <details class="sidebar-qr"><summary>${push.howTo}</summary><p>${push.how}</p></details>
  </div>`;

function OnDevice({ room }) {
  const { alone, clock } = useRoom(room);
  const now = useNow(clock);
  const { hook, on, words, drafts, busy, problem, turn } = usePush(room);
  const blocked = useBlocked() && !on;
  const choose = (parts) => turn(true, { words, drafts, ...parts });
  return html`
    <p>${alone ? push.textAlone : push.text}</p>
    <div class="choices" aria-busy=${busy}>
      <${Choice} label=${push.on} on=${on} disabled=${blocked} onChange=${(yes) => turn(yes, { words, drafts })} />
      <${Choice} label=${push.words} on=${words} disabled=${!on} onChange=${(yes) => choose({ words: yes })} />
      ${!alone && html`
        <${Choice} label=${push.drafts} on=${drafts} disabled=${!on}
          onChange=${(yes) => choose({ drafts: yes })} />`}
    </div>
    ${blocked && html`<${HowToAllow} />`}
    <p role="status">${busy && !on && push.asking}</p>
    ${(hook?.ended || hook?.failing_since) && html`<p class="sidebar-fails">${stands(hook, now)}</p>`}
    <${Problem} text=${blocked ? "" : problem} />`;
}

function WhileOpen({ room, why: noPush }) {
  const { on, preview, can, denied, why, set, turn } = useWishes(room);
  return html`
    ${can && html`<p>${w.noticesText}</p>`}
    <p>${noPush}</p>
    ${denied ? html`<${HowToAllow} />` : html`<p role="status">${why !== noPush && why}</p>`}
    ${can && html`
      <div class="choices">
        <${Choice} label=${w.noticesOn} on=${on} disabled=${denied} onChange=${turn} />
        <${Choice} label=${w.noticesPreview} on=${preview} disabled=${!on}
          onChange=${(yes) => set({ preview: yes })} />
      </div>`}`;
}
