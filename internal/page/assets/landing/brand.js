// The sign and the name of Parley, above each page that is no room.

import { root } from "../site.js";
import { html } from "../vendor.js";
import { words } from "../words.js";

const icon = () => /** @type {HTMLLinkElement} */ (document.querySelector("link[rel=icon]")).href;

export const Brand = () => html`
  <a class="landing-brand" href=${root.href}><img src=${icon()} width="24" height="24" alt="" />${words.site}</a>`;
