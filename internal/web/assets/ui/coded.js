// Texts of one line, such as titles, with what stands between backticks set as code.

import { html } from "../vendor.js";

const code = /(?<!`)`([^`]+)`(?!`)/;

/** Returns a text as children of an element. */
export const coded = (text = "") => text.split(code).map((part, n) => (n % 2 ? html`<code>${part}</code>` : part));
