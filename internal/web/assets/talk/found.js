// Marks the words that a person seeks, in the texts on the page, and the one that is shown apart from
// the others. The browser paints the marks (CSS Custom Highlight API): no element changes. Where that
// is missing the words are found all the same.

import { useEffect } from "../vendor.js";

const listeners = new Set();
const inline = ["A", "BDI", "CODE", "EM", "S", "SPAN", "STRONG"]; // words go on across their ends

/**
 * What is sought: the text in lower case, "" for nothing; at: the message that is shown, as in places.js.
 * @type {{text: string, at: {id: string, count: number} | null}}
 */
export const sought = { text: "", at: null };

/** Seeks another text, or goes to another place of it. */
export function seek(text, at = null) {
  Object.assign(sought, { text: text.trim().toLowerCase(), at });
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
  for (const name of ["found", "found-here"]) CSS.highlights.delete(name);
  if (!sought.text || !element) return;
  const marks = [...element.querySelectorAll(".message-text, .message-who, .file-name")].flatMap(rangesIn);
  CSS.highlights.set("found", new Highlight(...marks));
  const here = sought.at && element.querySelector(`[data-id="${CSS.escape(sought.at.id)}"]`);
  const word = here && wordIn(here);
  if (!word) return;
  const mark = new Highlight(word);
  mark.priority = 1;
  CSS.highlights.set("found-here", mark);
}

/** Returns the place of the first word in the message that is shown, which it has brought into a box that scrolls. */
export function wordIn(row) {
  const texts = sought.at?.count === 0 ? ".message-who, .file-name" : ".message-text";
  const [word] = [...row.querySelectorAll(texts)].flatMap(rangesIn);
  const box = word?.startContainer.parentElement?.closest("pre, .md-table");
  if (box) show(word.getBoundingClientRect(), box);
  return word;
}

/** Scrolls a box until a place in it is seen. */
function show(place, box) {
  const view = box.getBoundingClientRect();
  if (place.top < view.top || place.bottom > view.bottom) box.scrollTop += place.top - view.top - view.height / 2;
  if (place.left < view.left || place.right > view.right) box.scrollLeft += place.left - view.left - view.width / 2;
}

/** Returns the places of what is sought in an element, in order. A word may stand in several of its texts. */
function rangesIn(element) {
  const walk = document.createTreeWalker(element, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
  const nodes = []; // {node, from: where it begins in text}
  let text = "";
  while (walk.nextNode()) {
    const node = /** @type {Text} */ (walk.currentNode);
    if (node.nodeType !== Node.TEXT_NODE) {
      if (!inline.includes(node.nodeName)) text += "\n";
      continue;
    }
    const lower = node.data.toLowerCase();
    nodes.push({ node, from: text.length });
    text += lower.length === node.length ? lower : node.data; // lower case may move the letters
  }
  let n = 0;
  const holder = (place) => { // of a letter; places come in order
    while (nodes[n + 1]?.from <= place) n++;
    return nodes[n];
  };
  return placesOf(sought.text, text).map((at) => {
    const [range, end] = [new Range(), at + sought.text.length];
    const [first, last] = [holder(at), holder(end - 1)];
    range.setStart(first.node, at - first.from);
    range.setEnd(last.node, end - last.from);
    return range;
  });
}

/** Returns where a text stands in another, from the beginning; nowhere if it is empty. */
export function placesOf(wanted, text) {
  const places = [];
  if (!wanted) return places;
  for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + wanted.length)) places.push(at);
  return places;
}
