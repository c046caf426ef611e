// A file as it stands in a message: its name, size and type, and a download. A picture that this
// browser has decoded is shown small, and larger on a click; a text is shown on a click.

import { ui } from "../ui/words.js";
import { html, useEffect, useLayoutEffect, useRef, useState } from "../vendor.js";
import { Icon } from "../ui/icon.js";
import { save } from "../ui/save.js";
import { openFile } from "./open-file.js";
import { mayShow } from "./picture.js";
import { files as w } from "./words.js";

const mostText = 512 * 1024; // bytes of a text that is shown

/** Returns how a file opens, as a "text" or a "picture"; false if it only downloads. */
const viewerOf = (file) =>
  file.type === "text/plain" && file.size <= mostText ? "text" : mayShow(file) && "picture";

const small = { width: 320, height: 240 }; // px: a picture in the conversation has no more

/** Shows the pixels of a bitmap. */
export function Pixels({ picture, name }) {
  const canvas = useRef();
  useLayoutEffect(() => {
    const element = canvas.current;
    [element.width, element.height] = [picture.width, picture.height];
    element.getContext("2d").drawImage(picture, 0, 0);
  }, [picture]);
  return html`<canvas ref=${canvas} role="img" aria-label=${w.picture(name)}></canvas>`;
}

/**
 * Returns the style of the box of a picture, which is the same before the picture is there and after. The message says
 * how large that is; one of before does not.
 */
function boxOf({ width = small.width, height = small.height }) {
  const scale = Math.min(1, small.width / width, small.height / height);
  const across = Math.max(1, Math.round(width * scale));
  return { width: across + "px", aspectRatio: `${across} / ${Math.max(1, Math.round(height * scale))}` };
}

/** Returns the small picture of a message's file, once it is there, or null, or undefined until that is known. */
function usePicture(room, message) {
  const [, changed] = useState(0);
  const [failed, setFailed] = useState(false);
  const picture = room.gallery.of(message);
  useEffect(() => {
    if (picture !== undefined) return undefined;
    let here = true;
    const known = () => here && changed((n) => n + 1);
    room.gallery.load(message).then(known, () => here && setFailed(true)); // offline, the card has to do
    return () => void (here = false);
  }, [message.id, picture === undefined]);
  return picture === undefined && failed ? null : picture;
}

/** The file of a message. */
export function FileCard({ room, message }) {
  const { name } = message.file;
  const picture = usePicture(room, message);
  const shown = mayShow(message.file) && !message.redacted; // what is none, it says in its box: nothing moves
  return html`
    <div class="file" role="group" aria-busy=${picture === undefined}
      aria-label=${w.card(name, ui.size(message.file.size))}>
      ${shown && (picture === null ? html`
        <p class="file-picture quiet small" style=${boxOf(message.file)}>${w.noPicture}</p>` : html`
        <button type="button" class="file-picture" aria-label=${w.look(name)} style=${boxOf(message.file)}
          onClick=${() => openFile(room, message, "picture")}>
          ${picture && html`<${Pixels} picture=${picture} name=${name} />`}
        </button>`)}
      <${FileLine} room=${room} message=${message} before=${shown ? false : undefined} opens=${!shown} />
    </div>`;
}

/**
 * Name, size and type of a file, and its download. before stands in the place of the icon; false is nothing. opens is
 * false where its picture is there to press, and named where its name stands elsewhere.
 */
export function FileLine({ room, message, before, opens = true, named = true, children }) {
  const { name, size, type } = message.file;
  const viewer = opens && viewerOf(message.file);
  const shown = html`<bdi>${name}</bdi>`;
  const [busy, problem, download] = useDownload(room, message);
  return html`
    <div class="file-line">
      ${before ?? html`<${Icon} name="file" />`}
      <div class="file-name">
        <p>
          ${named && (viewer ? html`
            <button type="button" class="file-open" aria-label=${w.look(name)}
              onClick=${() => openFile(room, message, viewer)}>
              ${shown}
            </button>` : shown)} <span class="small quiet">${ui.size(size)} · ${kindOf(type)}</span>
        </p>
        ${children}
      </div>
      <button type="button" class="button plain icon" aria-label=${w.downloadIt(name)} title=${w.download}
        aria-disabled=${busy} onClick=${download}><${Icon} name="download" /></button>
    </div>
    ${problem && html`<p class="problem" role="alert">${problem}</p>`}`;
}

/** Returns a media type as people say it. */
const kindOf = (type) => w.kinds[type] ?? w.kinds[type.split("/")[0]] ?? w.kinds.other;

/** The picture of a file in the place of an icon, or the icon. */
export function Small({ room, message }) {
  const picture = usePicture(room, message);
  if (!mayShow(message.file)) return html`<${Icon} name="file" />`;
  return html`
    <span class="file-small" aria-hidden="true">
      ${picture ? html`<${Pixels} picture=${picture} name=${message.file.name} />` : html`<${Icon} name="file" />`}
    </span>`;
}

/** Returns whether a download is being begun, what went wrong with it, and what begins it. */
function useDownload(room, message) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const download = async () => {
    setBusy(true);
    setProblem("");
    try {
      save(message.file.name, "application/octet-stream", [await room.fileOf(message.id)]);
    } catch (failed) {
      setProblem(w.refusals[failed.code] ?? failed.message);
    }
    setBusy(false);
  };
  return [busy, problem, download];
}
