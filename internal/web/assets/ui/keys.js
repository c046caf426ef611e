// Keys that work anywhere on a page, those without Ctrl only where nobody writes.

import { useEffect } from "../vendor.js";

const typing = 1_000; // ms after a letter in which the next one is meant for the same field
const fields = "input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]";
const isField = (element) => !!element.closest?.(fields);
let wrote = -Infinity; // when the last letter was typed into a field, or typed on after that

/** Notes what is typed where, before anything else hears of it. */
function follow(/** @type {any} */ { type, key, target, timeStamp, ctrlKey, metaKey, altKey }) {
  if (type === "pointerdown" || ["Tab", "Escape", "Enter"].includes(key)) wrote = -Infinity;
  else if (key?.length === 1 && !ctrlKey && !metaKey && !altKey && (isField(target) || timeStamp - wrote < typing))
    wrote = timeStamp;
}

/** Reports whether a key was meant for a field in which the person was writing a moment ago, and which has gone. */
export const isTypedOn = ({ target, timeStamp }) => !isField(target) && timeStamp - wrote < typing;

/** Undoes what was decided last in a part of the page, while that can be undone. */
export function undoLast(part) {
  const lines = [...(part?.querySelectorAll(".undo[data-ends]") ?? [])];
  const last = lines.sort((a, b) => a.dataset.ends - b.dataset.ends).at(-1);
  last?.querySelector("[aria-keyshortcuts='Control+Z']:not([aria-disabled=true])")?.click();
}

/**
 * Calls what keys has for the key that is pressed, as in "c" or "Ctrl+k", which is Meta on a Mac, unless a
 * dialog is open, or the person types on what was a field.
 * @param {Record<string, () => void>} keys
 */
export function useKeys(keys) {
  useEffect(() => {
    const press = (event) => {
      const control = event.ctrlKey || event.metaKey;
      const name = control ? "Ctrl+" + event.key.toLowerCase() : event.key;
      const act = Object.hasOwn(keys, name) && keys[name];
      const types = !control || name === "Ctrl+z"; // in a field, that undoes a letter
      const writes = types && (isField(event.target) || isTypedOn(event));
      const scrolls = ["Home", "End"].includes(name) && event.target.closest("aside, nav"); // what stands beside
      const isOther = writes || scrolls || event.altKey || event.defaultPrevented;
      if (!act || isOther || document.querySelector("dialog[open]")) return;
      event.preventDefault();
      act();
    };
    document.addEventListener("keydown", press);
    for (const type of ["keydown", "pointerdown"]) document.addEventListener(type, follow, { capture: true });
    return () => document.removeEventListener("keydown", press);
  }, [keys]);
}
