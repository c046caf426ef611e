// The dialog that turns notifications on and off.

import { html } from "../vendor.js";
import { Dialog } from "../ui/dialog.js";
import { dialogs as w } from "./dialog-words.js";
import { useWishes } from "./notices-offer.js";
import { compose } from "./words.js";


export function NoticesDialog({ room, onClose }) {
  const { on, preview, why, set, turn } = useWishes(room);
  return html`
    <${Dialog} title=${w.noticesTitle} onClose=${onClose}>
      <p>${w.noticesText}</p>
      <p role="status">${why}</p>
      <div class="choices">
        <label class="choice">
          <input type="checkbox" checked=${on} disabled=${!!why && why !== compose.noticesDenied}
            onChange=${(e) => turn(e.target.checked)} />
          <span>${w.noticesOn}</span>
        </label>
        <label class="choice">
          <input type="checkbox" checked=${preview} disabled=${!on}
            onChange=${(e) => set({ preview: e.target.checked })} />
          <span>${w.noticesPreview}</span>
        </label>
      </div>
    <//>`;
}
