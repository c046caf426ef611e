// The sign and the name of Parley, above each page that is no room, and above the first line in a room.

import { sign } from "../count-icon.js";
import { site } from "../page-words.js";
import { root } from "../site.js";
import { html } from "../vendor.js";

export const Mark = () => html`
  <svg class="mark" width="24" height="24" viewBox="0 0 32 32" fill="currentColor" aria-hidden="true">
    <path opacity="0.5" d=${sign.back} />
    <path d=${sign.front} />
  </svg>`;

export const Brand = () => html`<a class="landing-brand" href=${root.href}><${Mark} />${site}</a>`;
