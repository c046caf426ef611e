// A text to hand on, with a button that copies it.

import { html } from "../vendor.js";
import { Copy } from "./copy.js";

export const Shown = ({ label, text, copy }) => html`
  <div class="field"><span>${label}</span>
    <div class="sidebar-shown"><code tabindex="0">${text}</code><${Copy} text=${text} label=${copy} /></div></div>`;
