// What comes behind begin.js and main.js, the first view. A room then loads later.js, / loads home.js, and each other
// page pages.js; shared.js is what several of them need, and landing.js what pages need and no room. A press loads the
// rest: in a room setup.js, which is of no use without a connection, and qr.js; at / the forms in pages.js, and the
// dialogs in later.js.

import { root } from "../site.js";
import { html, useEffect, useState } from "../vendor.js";
import { Dialog } from "./dialog.js";
import { ui } from "./words.js";

/** @typedef {keyof typeof import("../pages.js") | keyof typeof import("../home.js")} PageName */
/** @typedef {keyof typeof import("../later.js") | keyof typeof import("../setup.js") | PageName} Name */

/** @type {(() => Promise<void>)[]} */
const all = []; // each loads one of them

const ofRoom = () => /** @type {Promise<any>} */ (import("../later.js"));
const ofPages = () => /** @type {Promise<any>} */ (import("../pages.js"));

const NotLoaded = ({ onClose }) => html`
  <${Dialog} title=${ui.notLoaded} onClose=${onClose}><p>${ui.notLoadedText}</p><//>`;

/** The line in place of a part of the page that is on its way. */
export const Loading = () => html`<p class="small" role="status">${ui.loading}</p>`;

const LoadingDialog = ({ onClose }) => html`<${Dialog} title=${ui.loading} onClose=${onClose} />`;

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
 * Returns the component that ../later.js exports under a name, or what load resolves with. Where that cannot be loaded,
 * because the connection is gone or the server was replaced by a newer one, missing says so. meanwhile stands there
 * until then.
 * The component is late if it was not loaded when it was asked for.
 * @param {Name} name
 * @param {any} [missing]
 * @param {any} [meanwhile]
 * @param {() => Promise<any>} [load]
 */
export function later(name, missing = NotLoaded, meanwhile = () => null, load = ofRoom) {
  let part = null;
  const get = () => load().then((module) => void (part = module[name]), () => {});
  if (load === ofRoom) all.push(get);
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

/** Returns the page that ../pages.js exports under a name, or what load resolves with, likewise. */
export const laterPage = (/** @type {PageName} */ name, missing = MissingPage, load = ofPages) =>
  later(name, missing, undefined, load);

/** Returns the form in a dialog of home.js that ../pages.js exports under a name. */
export const laterForm = (/** @type {PageName} */ name) =>
  later(name, MissingPart, Loading, ofPages);

/** Returns the dialog that ../setup.js exports under a name. It is loaded when it is opened, and a dialog says so. */
export const setup = (/** @type {Name} */ name) =>
  later(name, NotLoaded, LoadingDialog, () => import("../setup.js"));

/** Loads those of a room before they are asked for: later the connection may be gone. */
export const loadAll = () => all.forEach((get) => get());
