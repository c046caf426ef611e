// The sign and the name of Parley, above each page that is no room.

import { site } from "../page-words.js";
import { root } from "../site.js";
import { html } from "../vendor.js";

export const Brand = () => html`
  <a class="landing-brand" href=${root.href}>
    <svg width="24" height="24" viewBox="0 0 32 32" fill="currentColor" aria-hidden="true">
      <path opacity="0.5" d="M12 10h14a4 4 0 0 1 4 4v8a4 4 0 0 1-4 4v4l-5-4h-9a4 4 0 0 1-4-4v-8a4 4 0 0 1 4-4z" />
      <path d="M6 2h14a4 4 0 0 1 4 4v8a4 4 0 0 1-4 4h-9l-5 4v-4a4 4 0 0 1-4-4V6a4 4 0 0 1 4-4z" />
    </svg>
    ${site}
  </a>`;
