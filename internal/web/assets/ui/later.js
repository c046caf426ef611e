// What the first view of a room does not need, such as dialogs: it is loaded after it.

import { root } from "../site.js";
import { html, useEffect, useState } from "../vendor.js";
import { Dialog } from "./dialog.js";
import { ui } from "./words.js";

/** @type {(() => Promise<void>)[]} */
const all = []; // each loads one of them

const NotLoaded = ({ onClose }) => html`
  <${Dialog} title=${ui.notLoaded} onClose=${onClose}><p>${ui.notLoadedText}</p><//>`;

/** The line in place of a part of the page that cannot be loaded. */
export const MissingPart = () => html`<p class="small">${ui.notLoaded}</p>`;

/** The page in place of one that cannot be loaded. It leads on, as all pages do. */
export const MissingPage = () => html`
  <main class="error-page">
    <h1>${ui.notLoaded}</h1>
    <p>${ui.notLoadedText}</p>
    <p><a class="button" href=${root.href}>${ui.home}</a></p>
  </main>`;

/**
 * Returns the component that ../later.js exports under a name. Where that cannot be loaded, because the
 * connection is gone or the server was replaced by a newer one, missing says so. meanwhile stands there until then.
 * The component is late if it was not loaded when it was asked for.
 * @param {keyof typeof import("../later.js")} name
 * @param {any} [missing]
 * @param {any} [meanwhile]
 * @param {() => Promise<any>} [load]
 */
export function later(name, missing = NotLoaded, meanwhile = () => null, load = () => import("../later.js")) {
  let part = null;
  const get = () => load().then((module) => void (part = module[name]), () => {});
  all.push(get);
  return function Later(props) {
    const [late] = useState(part === null);
    const [tried, setTried] = useState(part !== null);
    useEffect(() => {
      let gone = false;
      get().then(() => gone || setTried(true));
      return () => void (gone = true);
    }, []);
    return html`<${tried ? (part ?? missing) : meanwhile} ...${props} late=${late} />`;
  };
}

/** Loads them before they are asked for: later the connection may be gone. */
export const loadAll = () => all.forEach((get) => get());
