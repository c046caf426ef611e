// Keys that work anywhere on a page, those without Ctrl but where somebody writes.

import { useEffect } from "../vendor.js";

/**
 * Calls what keys has for the key that is pressed, as in "c" or "Ctrl+k", which is Meta on a Mac, unless a
 * dialog is open.
 * @param {Record<string, () => void>} keys
 */
export function useKeys(keys) {
  useEffect(() => {
    const press = (event) => {
      const control = event.ctrlKey || event.metaKey;
      const name = control ? "Ctrl+" + event.key.toLowerCase() : event.key;
      const act = Object.hasOwn(keys, name) && keys[name];
      const writes = !control && event.target.closest?.("input, textarea, select, [contenteditable]");
      if (!act || writes || event.altKey || event.defaultPrevented || document.querySelector("dialog[open]")) return;
      event.preventDefault();
      act();
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, [keys]);
}
