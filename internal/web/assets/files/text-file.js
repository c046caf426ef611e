// A file in a dialog: a picture as large as the window has room for, and a text, Markdown as a message has it, anything
// else letter by letter. Nothing in it acts: what makes elements of a text is talk/markdown.js alone.

import { html, useEffect, useLayoutEffect, useRef, useState } from "../vendor.js";
import { Markdown } from "../talk/markdown.js";
import { Dialog } from "../ui/dialog.js";
import { FileLine, Pixels } from "./card.js";
import { files as w } from "./words.js";

const isMarkdown = (name) => /\.(md|markdown)$/i.test(name);

/** Returns the text of the bytes; throws if a part of them is none. */
const textOf = (bytes) => new TextDecoder("utf-8", { fatal: true }).decode(bytes);

export function TextFile({ room, message, onClose }) {
  const [text, setText] = useState(/** @type {string | null} */ (null));
  const [problem, setProblem] = useState("");
  const { file, redacted } = message;
  useEffect(() => {
    room.fileOf(message.id).then((bytes) => setText(textOf(bytes))).catch((failed) =>
      setProblem(failed instanceof TypeError ? w.noText : (w.refusals[failed.code] ?? failed.message)));
  }, []);
  useEffect(() => void ((redacted || !file) && onClose()), [redacted]); // it was removed meanwhile
  if (!file) return null;
  return html`
    <${Dialog} title=${file.name} onClose=${onClose} className="file-text">
      <p class="quiet" role="status">${text === null && !problem ? w.loading : problem}</p>
      <${FileLine} room=${room} message=${message} named=${false} />
      ${text !== null && (isMarkdown(file.name) ? html`<div class="message-text"><${Markdown} text=${text} /></div>` :
        html`<pre tabindex="0" dir="auto" aria-label=${w.look(file.name)}>${text}</pre>`)}
    <//>`;
}

const most = 4096; // px of a side: a phone has room for such a picture

/** A picture, as large as the window has room for. A press shows it in full size, with the place that was pressed. */
export function Large({ room, message, onClose }) {
  const [picture, setPicture] = useState(/** @type {ImageBitmap | null | undefined} */ (undefined));
  const [problem, setProblem] = useState("");
  const [near, setNear] = useState(/** @type {{x: number, y: number} | null} */ (null)); // parts of the picture
  const box = useRef();
  const { file, redacted } = message;
  useEffect(() => void room.gallery.large(message, most, most).then(setPicture, (failed) =>
    setProblem(failed.message)), []);
  useLayoutEffect(() => {
    const { current: view } = box;
    if (near) view.scrollTo(near.x * view.scrollWidth - view.clientWidth / 2,
      near.y * view.scrollHeight - view.clientHeight / 2);
  }, [near]);
  const press = ({ offsetX, offsetY, currentTarget: { offsetWidth, offsetHeight } }) =>
    setNear(near ? null : { x: offsetX / offsetWidth, y: offsetY / offsetHeight });
  useEffect(() => void ((redacted || !file) && onClose()), [redacted]); // it was removed meanwhile
  return html`
    <${Dialog} title=${file?.name ?? ""} onClose=${onClose} className="file-large">
      <div class="file-zoom" ref=${box}>
        ${picture ? html`
          <button type="button" aria-label=${w.full(file.name)} aria-pressed=${!!near} onClick=${press}
            style=${near && { width: `max(200%, ${picture.width}px)` }}>
            <${Pixels} picture=${picture} name=${file.name} />
          </button>` :
          file && picture === undefined && html`<canvas width=${file.width} height=${file.height}></canvas>`}
      </div>
      <p class="quiet" role="status">
        ${picture === undefined && !problem ? w.loading : picture === null ? w.noPicture : problem}
      </p>
      ${file && html`<${FileLine} room=${room} message=${message} named=${false} />`}
    <//>`;
}
