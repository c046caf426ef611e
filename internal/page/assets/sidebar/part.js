// The parts of the sidebar: sections that fold, names, and messages to jump to.

import { html } from "../vendor.js";
import { firstLine } from "../talk/rows.js";
import { colourIn } from "../ui/colour.js";

/** A section that folds. count is shown beside its title. */
export const Part = ({ title, count, children }) => html`
  <details class="sidebar-part" open>
    <summary><h2>${title}</h2>${count > 0 && html`<span class="sidebar-count">${count}</span>`}</summary>
    ${children}
  </details>`;

/** The colour of a name in the room. */
export const Dot = ({ colours, name }) => html`
  <span class=${"sidebar-dot who-" + colourIn(colours, name)} aria-hidden="true"></span>`;

/** The first words of a message, which lead to it. */
export const Quote = ({ id, text, onJump }) =>
  text && html`
    <button type="button" class="sidebar-quote" dir="auto" onClick=${() => onJump(id)}>${firstLine(text)}</button>`;
