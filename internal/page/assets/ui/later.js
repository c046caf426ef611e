// Dialogs that the first view of a page does not need: they are loaded after it.

import { html, useEffect, useState } from "../vendor.js";
import { words } from "../words.js";
import { Dialog } from "./dialog.js";

/** @type {(() => Promise<void>)[]} */
const all = []; // each loads a dialog

/**
 * Returns the dialog that a module exports under a name. load imports the module. Where that fails,
 * because the connection is gone or the server was replaced by a newer one, a dialog says so.
 * @param {() => Promise<any>} load
 * @param {string} name
 */
export function later(load, name) {
  let part = null;
  const get = () => load().then((module) => void (part = module[name]), () => {});
  all.push(get);
  return function Later(props) {
    const [tried, setTried] = useState(part !== null);
    useEffect(() => {
      let gone = false;
      if (part) setTried(true); // it came between the first view and here
      else get().then(() => gone || setTried(true));
      return () => void (gone = true);
    }, []);
    if (part) return html`<${part} ...${props} />`;
    return tried && html`
      <${Dialog} title=${words.ui.notLoaded} onClose=${props.onClose}><p>${words.ui.notLoadedText}</p><//>`;
  };
}

/** Loads the dialogs before they are asked for: later the connection may be gone. */
export const loadDialogs = () => all.forEach((get) => get());
