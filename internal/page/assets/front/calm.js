// The pages that say why there is no room here, and what to do.

import { html } from "../vendor.js";
import { words } from "../words.js";

/** trouble is as in Room.state, or {code: "wrong_link"} or {code: "no_seat"}. */
export function CalmPage({ trouble }) {
  return html`<main><h1>${words.site}</h1><p>${trouble.message}</p></main>`;
}
