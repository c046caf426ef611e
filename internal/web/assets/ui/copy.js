// A button that copies a text.

import { html, useState } from "../vendor.js";
import { Icon } from "./icon.js";
import { ui } from "./words.js";

const icons = { copied: "check", notCopied: "alert" };

/**
 * text is a string, or a function that returns one or a promise of one. label names what is copied, and
 * icon stands for it.
 */
export function Copy({ text, label, icon = "copy", className = "button plain icon", children }) {
  const [done, setDone] = useState(""); // what came of it, for a moment
  const copy = async ({ currentTarget: button }) => {
    try {
      await put(typeof text === "function" ? await text() : text, button.parentNode);
      setDone("copied");
    } catch {
      setDone("notCopied"); // offline, or the browser does not allow it
    }
    setTimeout(() => setDone(""), 1500);
  };
  return html`
    <button type="button" class=${className} aria-label=${children ? undefined : label} title=${label} onClick=${copy}>
      <${Icon} name=${icons[done] ?? icon} />${children}
      <span class="hidden-visually" role="status">${ui[done]}</span>
    </button>`;
}

/**
 * Copies a text. Over plain HTTP from another machine, browsers give a page no clipboard: there
 * the text is selected in a field near the button, within its dialog, and copied from it.
 */
async function put(text, near) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const before = /** @type {HTMLElement | null} */ (document.activeElement);
  const field = document.createElement("textarea");
  field.className = "hidden-visually";
  field.value = text;
  near.append(field);
  field.select();
  document.execCommand("copy");
  field.remove();
  before?.focus();
}
