// The dialog that turns notifications on and off.

import { html } from "../vendor.js";
import { hindrance } from "../push/push.js";
import { Problem } from "../sidebar/act.js";
import { Dialog } from "../ui/dialog.js";
import { useRoom } from "../use-room.js";
import { dialogs as w } from "./dialog-words.js";
import { usePush, useWishes } from "./notices-offer.js";
import { compose } from "./words.js";

/** Where this device cannot be told by its push service, the page tells while it is open. */
export function NoticesDialog({ room, onClose }) {
  const why = hindrance(useRoom(room).supervision);
  return html`
    <${Dialog} title=${w.noticesTitle} onClose=${onClose}>
      ${why ? html`<${WhileOpen} room=${room} why=${w.noPush[why]} />` : html`<${OnDevice} room=${room} />`}
    <//>`;
}

const Choice = ({ label, on, disabled, onChange }) => html`
  <label class="choice">
    <input type="checkbox" checked=${on} disabled=${disabled} onChange=${(e) => onChange(e.target.checked)} />
    <span>${label}</span>
  </label>`;

function OnDevice({ room }) {
  const { on, words, drafts, busy, denied, problem, turn } = usePush(room);
  return html`
    <p>${w.pushText}</p>
    <p role="status">${denied && compose.noticesDenied}</p>
    <div class="choices">
      <${Choice} label=${w.pushOn} on=${on} disabled=${busy} onChange=${(yes) => turn(yes, { words, drafts })} />
      <${Choice} label=${w.pushWords} on=${words} disabled=${busy || !on}
        onChange=${(yes) => turn(true, { words: yes, drafts })} />
      <${Choice} label=${w.pushDrafts} on=${drafts} disabled=${busy || !on}
        onChange=${(yes) => turn(true, { words, drafts: yes })} />
    </div>
    <${Problem} text=${problem} />`;
}

function WhileOpen({ room, why: noPush }) {
  const { on, preview, why, set, turn } = useWishes(room);
  return html`
    <p>${w.noticesText} ${noPush}</p>
    <p role="status">${why}</p>
    <div class="choices">
      <${Choice} label=${w.noticesOn} on=${on} disabled=${!!why && why !== compose.noticesDenied} onChange=${turn} />
      <${Choice} label=${w.noticesPreview} on=${preview} disabled=${!on}
        onChange=${(yes) => set({ preview: yes })} />
    </div>`;
}
