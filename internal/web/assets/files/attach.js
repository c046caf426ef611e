// The files that go with what a person writes: picked, dropped or pasted, and shown until they are sent.

import { html, useEffect, useRef, useState } from "../vendor.js";
import { Icon } from "../ui/icon.js";
import { files as w } from "./words.js";

const most = 10; // files at once

/**
 * Returns {files, why, over, add, remove, forgetWhy}: what is attached to a draft, why something was not, and whether
 * files are over the page. Files that are dropped on the page are added while open is true. refuses(file) resolves to
 * why the server would not take one, or "".
 */
export function useFiles(draft, open, refuses) {
  const { files } = draft.now;
  const [why, setWhy] = useState("");
  const add = (more) => {
    const good = more.filter(({ size }) => size > 0);
    const empty = more.find(({ size }) => size === 0);
    draft.change({ files: [...draft.now.files, ...good].slice(0, most) });
    setWhy(files.length + good.length > most ? w.many(most) : empty ? w.empty(empty.name) : "");
    for (const file of good)
      refuses(file).then((why) => why && (draft.drop(file), setWhy(w.notAttached(file.name, why))));
  };
  const over = useDrop(open, add, setWhy);
  return { files, why, over, add, remove: (file) => (draft.drop(file), setWhy("")), forgetWhy: () => setWhy("") };
}

const hasFiles = ({ dataTransfer: data }) => !!data?.types.includes("Files");

/**
 * Takes what is dropped anywhere on the page, which would otherwise leave it for the file. Returns
 * whether files are over the page.
 */
function useDrop(open, onFiles, onWhy) {
  const [over, setOver] = useState(false);
  const now = useRef(null);
  now.current = { open, onFiles, onWhy };
  useEffect(() => {
    let inside = 0; // elements that the pointer has entered and not left
    const end = () => {
      inside = 0;
      setOver(false);
    };
    const on = {
      dragenter: (event) => {
        if (!hasFiles(event)) return;
        event.preventDefault();
        inside++;
        setOver(now.current.open);
      },
      dragleave: (event) => hasFiles(event) && --inside <= 0 && end(),
      dragover: (event) => {
        if (!hasFiles(event)) return;
        event.preventDefault();
        event.dataTransfer.dropEffect = now.current.open ? "copy" : "none";
      },
      drop: (event) => {
        if (!hasFiles(event)) return;
        event.preventDefault();
        end();
        if (!now.current.open) return;
        const { files, folder } = filesIn(event.dataTransfer);
        if (files.length) now.current.onFiles(files);
        if (folder) now.current.onWhy(w.folder);
      },
    };
    for (const [name, listen] of Object.entries(on)) document.addEventListener(name, listen);
    return () => {
      for (const [name, listen] of Object.entries(on)) document.removeEventListener(name, listen);
    };
  }, []);
  return over;
}

/** Returns the files in what was dropped or pasted, and whether there is a folder among it. */
export function filesIn(data) {
  const items = [...data.items].filter(({ kind }) => kind === "file");
  const isFolder = (item) => item.webkitGetAsEntry?.()?.isDirectory;
  return {
    files: items.filter((item) => !isFolder(item)).map((item) => item.getAsFile()).filter(Boolean),
    folder: items.some(isFolder),
  };
}

/** A button with which files are picked. */
export function Pick({ onFiles }) {
  const input = useRef();
  const picked = () => {
    onFiles([...input.current.files]);
    input.current.value = ""; // the same file can be picked again
  };
  return html`
    <input type="file" multiple hidden ref=${input} onChange=${picked} />
    <button type="button" class="button plain icon compose-clip" aria-label=${w.attach} title=${w.attach}
      onClick=${() => input.current.click()}><${Icon} name="clip" /></button>`;
}

/** What lies over the page while files are dragged over it. */
export const DropHere = () => html`<div class="drop-here" aria-hidden="true"><p>${w.drop}</p></div>`;
