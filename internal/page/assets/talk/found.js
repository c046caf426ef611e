// What is sought in the conversation, marked in the texts on the page. The marks are painted
// by the browser (CSS Custom Highlight API): no element changes. Where that is missing the
// messages are found all the same.

import { useEffect } from "../vendor.js";

const listeners = new Set();

/** What is sought: the text in lower case; "" for nothing. */
export const sought = { text: "" };

/** Seeks another text. */
export function seek(text) {
  sought.text = text.trim().toLowerCase();
  for (const listen of listeners) listen();
}

/** Keeps the marks in a list as what is sought changes. */
export function useSought(list) {
  useEffect(() => {
    const listen = () => paint(list.current);
    listeners.add(listen);
    return () => listeners.delete(listen);
  }, []);
}

/** Marks what is sought in the texts in an element. */
export function paint(element) {
  if (!globalThis.CSS?.highlights || (!sought.text && !CSS.highlights.has("found"))) return;
  CSS.highlights.delete("found");
  if (!sought.text || !element) return;
  const marks = new Highlight();
  for (const text of element.querySelectorAll(".message-text")) mark(text, marks);
  CSS.highlights.set("found", marks);
}

function mark(element, marks) {
  const walk = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const node = /** @type {Text} */ (walk.currentNode);
    const text = node.data.toLowerCase();
    if (text.length !== node.data.length) continue; // lower case moved the letters
    for (let at = text.indexOf(sought.text); at >= 0; at = text.indexOf(sought.text, at + sought.text.length)) {
      const range = new Range();
      range.setStart(node, at);
      range.setEnd(node, at + sought.text.length);
      marks.add(range);
    }
  }
}
