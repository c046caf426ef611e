// How much of the window can be seen, and whether a finger presses there. A keyboard covers a part of it, of which some
// browsers tell the styles nothing.

import { useEffect, useState } from "../vendor.js";

const low = 500; // px: there, what is not the conversation is made small
const flat = 400; // px: there, a composer of several lines would leave no conversation

/** Whether a finger presses: there a focus opens a keyboard, which covers the page. */
export const touch = matchMedia("(pointer: coarse)");

/**
 * Keeps that for the styles, as --seen, --top and the classes low and flat, until what it returns is called. onLow is
 * given whether it is low.
 */
export function followViewport(onLow) {
  const [view, { style, classList }] = [window.visualViewport, document.documentElement];
  if (!view) return undefined;
  const look = () => {
    if (view.scale > 1.01) return; // two fingers look closer: nothing is to move
    style.setProperty("--seen", view.height + "px");
    style.setProperty("--top", view.offsetTop + "px");
    classList.toggle("low", view.height < low);
    onLow(view.height < low);
    classList.toggle("flat", view.height < flat);
  };
  look();
  view.addEventListener("resize", look);
  view.addEventListener("scroll", look);
  return () => {
    view.removeEventListener("resize", look);
    view.removeEventListener("scroll", look);
    classList.remove("low", "flat");
  };
}

let over = 0; // the timer of noteFocus

/**
 * Notes for the styles, as the class edits, that a text is written in the conversation. The class stays for half a
 * second longer, so that the next button does not move under the finger. target has the focus there now, or null.
 */
export function noteFocus(target) {
  clearTimeout(over);
  const note = (yes) => document.documentElement.classList.toggle("edits", yes);
  if (target?.localName === "textarea") note(true);
  else over = setTimeout(note, 500, false);
}

/** Returns whether the screen is narrow by a query, now and after each change. */
export function useNarrow(/** @type {MediaQueryList} */ narrow) {
  const [yes, setYes] = useState(narrow.matches);
  useEffect(() => {
    const look = () => setYes(narrow.matches);
    narrow.addEventListener("change", look);
    look(); // it may have changed since the page was made
    return () => narrow.removeEventListener("change", look);
  }, []);
  return yes;
}
