// The dialog that lets one more device of the same person in.

import { reachOf } from "../landing/reach.js";
import { root } from "../site.js";
import { html, useState } from "../vendor.js";
import { QR } from "../ui/qr.js";
import { Dialog } from "../ui/dialog.js";
import { Shown } from "../ui/shown.js";
import { Problem, useAct } from "./act.js";
import { setup as w } from "./setup-words.js";

/** Says of a link to this computer that no other device reaches it. */
export const OnlyHere = ({ link }) => reachOf(link) === "own" && html`<p class="only-here">${w.onlyHere}</p>`;

/** The code of a link for a camera, where what has one can open it. */
export const Scan = ({ link, label }) => reachOf(link) !== "own" && html`<${QR} text=${link} label=${label} />`;

/** Makes a link on request: each one counts among the few devices of a person. */
export function DeviceDialog({ room, onClose }) {
  const [link, setLink] = useState("");
  const { busy, problem, act } = useAct();
  const make = () => act(async () => setLink(await room.invites.forDevice()));
  return html`
    <${Dialog} title=${w.deviceTitle} onClose=${onClose}>
      <p>${room.state.alone ? w.deviceTextAlone : w.deviceText}</p>
      <p class="quiet small">${w.deviceApp}</p>
      <${OnlyHere} link=${link || root.href} />
      ${link
        ? html`
          <${Scan} link=${link} label=${w.deviceQR} />
          <${Shown} label=${w.deviceOnce} text=${link} copy=${w.copyLink} />`
        : html`
          <div class="sidebar-buttons">
            <button type="button" class="button primary" aria-disabled=${busy} onClick=${make}>${w.deviceMake}</button>
          </div>`}
      <${Problem} text=${problem} />
    <//>`;
}
