// A file that is on its way, as it stands at the end of the conversation.

import { talk } from "../talk/words.js";
import { ui } from "../ui/words.js";
import { html } from "../vendor.js";
import { Copy } from "../ui/copy.js";
import { Icon } from "../ui/icon.js";
import { files as w } from "./words.js";


/** item is one of State.sharing. */
export function SharingState({ item, room }) {
  const { key, args, state, loaded, size, name, whole, patience, why, final, credential } = item;
  const drop = () => room.sharing.drop(key);
  if (state === "held" || state === "refused") return html`
    <p class="sending sending-failed" role="alert"><${Icon} name="alert" />
      ${state === "held" ? w.held(credential) : `${w.refused} ${why}`}
    </p>
    <p class="message-buttons">
      ${room.state.phase !== "ended" && !final && html`
        <button type="button" class="button" onClick=${() => room.sharing.retry(key)}>
          ${state === "held" ? w.shareAnyway : talk.again}
        </button>`}
      <button type="button" class="button plain" onClick=${drop}>${talk.discard}</button>
      ${args.note && html`<${Copy} text=${args.note} label=${talk.copy} />`}
    </p>`;
  const said = room.state.phase === "offline" ? talk.sentOnline : state === "waiting" ? w.waiting
    : patience ? w.patience(Math.ceil(patience / 60)) : whole ? w.finishing : w.sent(ui.size(loaded), ui.size(size));
  return html`
    <div class="file-way">
      <progress aria-label=${w.progress(name)} max=${Math.max(size, 1)}
        value=${state === "waiting" ? 0 : loaded}></progress>
      <span class="sending" role="status">${said}</span>
      <button type="button" class="button plain small" onClick=${drop}>${w.cancel}</button>
    </div>`;
}

/** Name and size of a file that is not there yet. */
export const FileToCome = ({ file: { name, size } }) => html`
  <div class="file"><div class="file-line"><${Icon} name="file" />
    <p class="file-name"><bdi>${name}</bdi> <span class="small quiet">${ui.size(size)}</span></p></div></div>`;
