// A line to copy, with its button.

import { Copy } from "../ui/copy.js";
import { html } from "../vendor.js";
import { landing as w } from "./words.js";

/**
 * what says what the text is, and next whether to copy it is the one next step of the page; the button of that has a
 * word, as has one with word.
 */
export function Line({ text, what, next = false, word = next }) {
  const { copy } = w.connect;
  return html`
    <div class="landing-line">
      <code>${text}</code>
      ${word
        ? html`
          <${Copy} text=${text} className=${next ? "button primary" : "button"}>
            ${copy}<span class="hidden-visually"> ${what}</span>
          <//>`
        : html`<${Copy} text=${text} label=${copy + " " + what} />`}
    </div>`;
}
