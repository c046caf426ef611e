// The dialog that turns notifications on and off.

import { html, useState } from "../vendor.js";
import { Dialog } from "../ui/dialog.js";
import { words } from "../words.js";
import { can, wish, wishes } from "./notices.js";

export function NoticesDialog({ room, onClose }) {
  const [wanted, setWanted] = useState(wishes(room));
  const [denied, setDenied] = useState(can() && Notification.permission === "denied");
  const set = (parts) => {
    const now = { ...wanted, ...parts };
    wish(room, now);
    setWanted(now);
  };
  const turn = async (on) => {
    const granted = !on || (await Notification.requestPermission()) === "granted";
    setDenied(!granted);
    set({ on: on && granted });
  };
  const on = wanted.on && !denied;
  return html`
    <${Dialog} title=${words.compose.noticesTitle} onClose=${onClose}>
      <p>${words.compose.noticesText}</p>
      <div class="choices">
        <label class="choice">
          <input type="checkbox" checked=${on} disabled=${!can()} onChange=${(e) => turn(e.target.checked)} />
          <span>${words.compose.noticesOn}</span>
        </label>
        <label class="choice">
          <input type="checkbox" checked=${wanted.preview} disabled=${!on}
            onChange=${(e) => set({ preview: e.target.checked })} />
          <span>${words.compose.noticesPreview}</span>
        </label>
      </div>
      <p class="small quiet" role="status">
        ${can() ? denied && words.compose.noticesDenied : words.compose.noticesNone}
      </p>
    <//>`;
}
