// The conversation by keyboard. Of its messages only the one that had the focus last can be reached with Tab, and then
// the buttons that decide something in it. The rest of a message is reached from that message, with Enter.

import { onceDrawn } from "../ui/drawn.js";
import { isTypedOn } from "../ui/keys.js";

const steps = { ArrowDown: 1, ArrowUp: -1 };
const controls = "a[href], button, input, textarea, summary, [tabindex]:not(article)";
const decides = ":is(.message-buttons, .message-foot, .undo, .since) *, .message-draft textarea";

/** What has the focus for a row: its message, or the first button or link among events. */
const itemOf = (row) => row?.querySelector("article, button, a[href]");

export class Roving {
  #current = ""; // the key of the row that is the Tab stop
  #inside = false; // the focus is in it, at what it holds

  /** Takes the elements: the box that scrolls and is the Tab stop while no message is, and the list in it. */
  constructor(box, list, pane) {
    this.box = box;
    this.list = list;
    this.pane = pane;
  }

  /** Follows what is on the page, until what it returns is called. */
  watch() {
    const changes = new MutationObserver(() => this.#mark());
    changes.observe(this.box, { childList: true, subtree: true });
    this.#mark();
    return () => changes.disconnect();
  }

  /** The focus came to an element in the box. */
  came(element) {
    const row = element.closest(".row");
    if (row) this.#current = row.dataset.key;
    this.#inside = !!row && element !== itemOf(row);
    this.#mark();
  }

  /** The focus left the box. */
  left() {
    this.#inside = false;
    this.#mark();
  }

  /** Gives each element its place in the order of Tab, or none. */
  #mark() {
    const row = this.pane.element(this.#current);
    const item = itemOf(row);
    put(this.box, item ? -1 : 0);
    for (const element of this.box.querySelectorAll(controls))
      put(element, row?.contains(element) && (this.#inside || element.matches(decides)) ? 0 : -1);
    for (const article of this.list.querySelectorAll("article")) put(article, -1);
    if (item) put(item, 0);
  }

  /** Gives the focus to a row, or to the box if it is not on the page. */
  focus(key = this.#current) {
    (itemOf(this.pane.element(key)) ?? this.box).focus({ preventScroll: true });
  }

  /** Goes to the first (Home) or the last message that is loaded, with the focus. */
  edge(key) {
    const { pane } = this;
    const isSaid = ({ type }) => ["message", "sending", "draft"].includes(type);
    const row = key === "Home" ? pane.rows.find(isSaid) : pane.rows.findLast(isSaid);
    pane.edge(key);
    onceDrawn(() => this.focus(row?.key));
  }

  /** Moves the focus to the next message in a direction, or button among events. Reports whether there is one. */
  step(by) {
    const { rows, index } = this.pane;
    const row = this.pane.element(this.#current);
    const seen = row && isSeen(row, this.box);
    let n = seen ? (index.get(this.#current) ?? 0) + (row.contains(document.activeElement) ? by : 0)
      : index.get(this.pane.firstVisible());
    while (rows[n] && !itemOf(this.pane.element(rows[n].key))) n += by;
    const item = rows[n]
      ? itemOf(this.pane.element(rows[n].key))
      : by < 0 && this.box.querySelector(".log-beginning button");
    if (!item) return false;
    item.focus({ preventScroll: true });
    item.scrollIntoView({ block: "nearest" });
    return true;
  }
}

function put(element, index) {
  if (element.tabIndex !== index || !element.hasAttribute("tabindex")) element.tabIndex = index;
}

function isSeen(element, box) {
  const [inner, outer] = [element.getBoundingClientRect(), box.getBoundingClientRect()];
  return inner.bottom > outer.top && inner.top < outer.bottom;
}

/** Returns the button in an article that a key presses. */
export const pressedBy = ({ key, ctrlKey, metaKey, shiftKey }, article) => {
  const name = (ctrlKey || metaKey ? shiftKey ? "Control+Shift+" : "Control+" : "") + key.toUpperCase();
  return [...article.querySelectorAll("button")].find((one) => one.getAttribute("aria-keyshortcuts") === name);
};

/**
 * Moves between messages (arrows), to the first and the last (Home, End), replies (r), goes into a message and out of
 * it (Enter, Escape), and presses what a card has a key for: held down, a key presses nothing. A card that is out of
 * sight only comes into it.
 */
export function onKey(event, { pane, roving, onReply }) {
  const { key, target } = event;
  const article = target.closest("article");
  pane.release(); // wherever the pointer rests
  if (event.altKey || isTypedOn(event)) return;
  const button = article === target && pressedBy(event, article);
  if (button) {
    event.preventDefault();
    if (!event.repeat && pane.reveal(article)) button.click();
    return;
  }
  if (event.ctrlKey || event.metaKey) return;
  if (target.closest("dialog")) return; // it closes by itself
  if (key === "Escape" && article && target !== article) {
    article.focus({ preventScroll: true });
  } else if (target !== article && target !== pane.box && target !== itemOf(target.closest(".row"))) {
    return;
  } else if (key === "r" && article?.dataset.id) { // a draft has none
    onReply(article.dataset.id);
  } else if (key === "Enter" && article && !event.repeat) { // held, it would press what it comes to
    if (!article.matches(".message-draft") || pane.reveal(article)) article.querySelector(controls)?.focus();
  } else if (key === "End" || key === "Home") {
    roving.edge(key);
  } else if (!steps[key] || longer(key, article, pane.box) || !roving.step(steps[key])) {
    return;
  }
  event.preventDefault();
}

/** Reports whether an arrow should rather scroll, since the message goes on beyond the view. */
function longer(key, article, box) {
  if (!article) return false;
  const [inner, outer] = [article.getBoundingClientRect(), box.getBoundingClientRect()];
  return key === "ArrowDown" ? inner.bottom > outer.bottom + 1 : inner.top < outer.top - 1;
}
