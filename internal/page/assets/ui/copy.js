// A button that copies a text.

import { html, useState } from "../vendor.js";
import { words } from "../words.js";
import { Icon } from "./icon.js";

/** text is a string, or a function that returns one or a promise of one. label names what is copied. */
export function Copy({ text, label, className = "button plain icon", children }) {
  const [done, setDone] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(typeof text === "function" ? await text() : text);
    setDone(true);
    setTimeout(() => setDone(false), 1500);
  };
  return html`
    <button type="button" class=${className} aria-label=${children ? undefined : label} title=${label} onClick=${copy}>
      <${Icon} name=${done ? "check" : "copy"} />${children}
      <span class="hidden-visually" role="status">${done ? words.ui.copied : ""}</span>
    </button>`;
}
