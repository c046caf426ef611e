// Keys that work anywhere on a page but where somebody writes.

import { useEffect } from "../vendor.js";

/**
 * Calls what keys has for the key that is pressed, unless it is written somewhere, a dialog is open, or
 * it goes with Ctrl, Alt or Meta.
 * @param {Record<string, () => void>} keys
 */
export function useKeys(keys) {
  useEffect(() => {
    const press = (event) => {
      const act = Object.hasOwn(keys, event.key) && keys[event.key];
      const writes = event.target.closest?.("input, textarea, select, [contenteditable]");
      if (!act || writes || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      if (document.querySelector("dialog[open]")) return;
      event.preventDefault();
      act();
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, [keys]);
}
