// The parts of the sidebar: sections that fold, names, and messages to jump to.

import { html } from "../vendor.js";

/**
 * A section that folds, but not where its title is "". count is shown beside the title, which is a heading; the rest
 * are attributes of details.
 */
export const Part = ({ title, heading = "h2", count = 0, children, ...rest }) => html`
  <details class="sidebar-part" open ...${rest}>
    <summary hidden=${!title}>
      ${title && html`<${heading}>${title}<//>`}${!!count && html`<span class="sidebar-count">${count}</span>`}
    </summary>
    ${children}
  </details>`;

/** The beginning of a message, which leads to it. */
export const Quote = ({ id, text, onJump }) =>
  text && html`
    <button type="button" class="sidebar-quote" dir="auto" onClick=${() => onJump(id)}>${text}</button>`;
