// What the pointer is about to press stays where it is while something comes above it.

import { useLayoutEffect } from "../vendor.js";

/**
 * Keeps in place the button or the link under the pointer, after each drawing of what holds it: an element in a box
 * that scrolls. The box scrolls by what came above. Returns what gives back the room that this takes, for when the
 * pointer leaves the element.
 * @param {{current?: any}} element
 * @param {() => Element | null} boxOf
 */
export function useStill(element, boxOf = () => element.current.parentElement) {
  const pointed = element.current?.querySelector(":is(a, button):hover");
  const before = pointed?.getBoundingClientRect().top;
  useLayoutEffect(() => {
    const by = pointed?.isConnected ? pointed.getBoundingClientRect().top - before : 0;
    if (by <= 0) return;
    const box = /** @type {Element} */ (boxOf());
    const { style } = element.current;
    const whole = Math.ceil(by); // no browser scrolls by a part of a pixel
    const rest = (parseFloat(style.marginBlockStart) || 0) + whole - by;
    style.marginBlock = `${rest}px ${box.clientHeight}px`; // room to scroll, until the pointer leaves
    box.scrollTop += whole;
  });
  return () => (element.current.style.marginBlock = "");
}
