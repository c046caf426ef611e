// The files that go with what a person writes, as they stand above the text.

import { ui } from "../ui/words.js";
import { html, useEffect, useState } from "../vendor.js";
import { Icon } from "../ui/icon.js";
import { Pixels } from "./card.js";
import { decoded, mayShow } from "./picture.js";
import { files as w } from "./words.js";

const box = { width: 120, height: 72 }; // px, as in files.css

/** The picture in a file that is attached, or an icon. */
function Preview({ file }) {
  const [picture, setPicture] = useState(/** @type {ImageBitmap | null} */ (null));
  useEffect(() => {
    if (!mayShow(file)) return;
    file.arrayBuffer().then((bytes) => decoded(new Uint8Array(bytes), 2 * box.width, 2 * box.height)).then(setPicture,
      () => {}); // the file is gone: it cannot be sent, either
  }, []);
  if (!mayShow(file)) return html`<${Icon} name="file" />`;
  return html`
    <span class="attached-picture">${picture && html`<${Pixels} picture=${picture} name=${file.name} />`}</span>`;
}

/** What is attached, each with a button that takes it away. */
export const Attached = ({ files, onRemove }) => html`
  <ul class="attached" aria-label=${w.attached}>
    ${files.map((file) => html`
      <li key=${file}>
        <${Preview} file=${file} /><bdi class="attached-name">${file.name}</bdi>
        <span class="quiet">${ui.size(file.size)}</span>
        <button type="button" class="button plain icon" aria-label=${w.unattach(file.name)}
          onClick=${() => onRemove(file)}><${Icon} name="close" /></button>
      </li>`)}
  </ul>`;
