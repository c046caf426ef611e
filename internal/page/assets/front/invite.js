// The page of an invite.

import { html } from "../vendor.js";
import { words } from "../words.js";

/** code is that of the invite. */
export function InvitePage({ code }) {
  return html`<main><h1>${words.site} ${code}</h1></main>`;
}
