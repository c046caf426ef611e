// The page at the root of the server.

import { html } from "../vendor.js";
import { words } from "../words.js";

export function HomePage() {
  return html`<main><h1>${words.site}</h1></main>`;
}
