// Which rows of a long list are on the page, and where the page stands in the list. Only the
// rows near what is visible are elements; above and below stand two boxes as high as the rest.
//
// What a person reads does not move: after each change the row that was at the top of the view
// is put back to where it was, or the end of the list if that was shown. Where the view is made lower or higher, as
// by a keyboard or by a text that is written below it, what was at its lower edge stays there.

import { overlap, reveal } from "../ui/reveal.js";

const near = 40; // px: so close to the end counts as there
const row = 80; // px: where less is out of sight at the end, it needs no button that leads there
const guess = 64; // px: a row that was never on the page
const margin = 700; // px above and below the view in which rows come onto the page
const least = 300; // px above and below it in which they have to be there

export class Pane {
  #held = ""; // the key of the row in which the person has brought the pointer to what it can press, while in the view
  #opened = ""; // the key of the row in which something was opened since
  /** @type {Element | null} */
  #left = null; // what is to stay in the view while it has the focus, if the person has scrolled it out of that

  /** changed is called when other rows are to be on the page. */
  constructor(changed) {
    this.changed = changed;
    this.rows = [];
    this.heights = new Map(); // of rows that were on the page, by key
    this.tops = [0]; // where each row begins, and where the last one ends
    this.from = 0;
    this.to = 0;
    this.atEnd = true;
    this.far = false; // more than a row lies below the view
    /** @type {{key: string, top: number} | null} */
    this.anchor = null; // {key, top}: a row and where it is in the view, in px
    /** @type {{key: string, part: number, within?: (row: Element) => Element | Range | undefined} | null} */
    this.goal = null; // a row that is to come to this part of the view, or what within finds in it
    this.look = () => {}; // is called after the view has moved
    // Where the view stood in what height of the list, and its own size, when that was noted last.
    this.noted = { top: 0, height: 0, width: 0, seen: 0 };
  }

  /** Takes the elements: the box that scrolls, and the list in it. */
  attach(box, list) {
    this.box = box;
    this.list = list;
  }

  /** Takes the rows as they are now, and chooses those that are to be on the page. */
  take(rows, index) {
    this.rows = rows;
    this.index = index;
    if (!index.has(this.#held)) this.#held = "";
    if (this.heights.size > 2 * rows.length) this.#forget();
    this.#lay();
    [this.from, this.to] = this.#around(margin);
  }

  /** Forgets the heights of rows that are there no more. */
  #forget() {
    for (const key of this.heights.keys()) if (!this.index.has(key)) this.heights.delete(key);
  }

  #lay() {
    this.tops = [0];
    for (const { key } of this.rows) this.tops.push(this.#height + (this.heights.get(key) ?? guess));
  }

  /** How high all rows are together. */
  get #height() {
    return this.tops[this.tops.length - 1];
  }

  get above() {
    return this.tops[this.from];
  }

  get below() {
    return this.#height - this.tops[this.to];
  }

  /** Chooses other rows where too few are on the page. Reports whether it did. */
  #choose() {
    const [from, to] = this.#around(least);
    if (from >= this.from && to <= this.to) return false;
    [this.from, this.to] = this.#around(margin);
    return true;
  }

  /** Returns the first row to be on the page, and the one behind the last. */
  #around(more) {
    const height = this.box?.clientHeight ?? 800;
    const top = this.#wantedTop(height);
    return [this.#rowAt(top - more), Math.min(this.rows.length, this.#rowAt(top + height + more) + 1)];
  }

  #wantedTop(height) {
    const { goal, anchor } = this;
    const wanted = goal && this.index.get(goal.key);
    if (goal && wanted !== undefined) return this.tops[wanted] - height * goal.part;
    const held = anchor && !this.atEnd ? this.index.get(anchor.key) : undefined;
    if (anchor && held !== undefined) return this.tops[held] - anchor.top;
    return this.atEnd ? this.#height - height : this.box.scrollTop;
  }

  /** Returns the number of the row at a height of the list. */
  #rowAt(y) {
    let [low, high] = [0, Math.max(0, this.rows.length - 1)];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.tops[middle] <= y) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** Returns the element of a row; undefined if it is not on the page. */
  element(key) {
    const n = this.index?.get(key);
    return n >= this.from && n < this.to ? this.list.children[n - this.from + 1] : undefined; // after the box above
  }

  /** Measures what is on the page and puts the view where it belongs. To be called before it is painted. */
  settle() {
    if (!this.list) return;
    if (this.atEnd && this.#wasScrolledUp) return this.note();
    this.#measure();
    if (this.goal && this.#reach(this.goal)) return;
    if (this.atEnd && !this.#held) {
      this.box.scrollTop = this.box.scrollHeight;
    } else if (this.anchor) {
      const at = this.#topOf(this.anchor.key);
      const by = at === undefined ? 0 : at - this.anchor.top - this.#grown;
      if (Math.abs(by) > 0.5) this.box.scrollTop += by;
    }
    const opened = this.element(this.#opened);
    this.#opened = "";
    if (opened && (!this.atEnd || opened.clientHeight > this.box.clientHeight))
      opened.scrollIntoView({ block: "nearest" });
    const kept = this.#kept;
    if (kept !== this.#left) kept?.scrollIntoView({ block: "nearest" });
    this.note();
  }

  /**
   * What stays in the view while it has the focus: the field of a row in which the person writes, as a keyboard takes
   * room, and the buttons of a draft, as messages come above it.
   */
  get #kept() {
    return this.list.querySelector(":is(textarea, input):focus, .message-draft:focus .message-buttons");
  }

  /** By how much the view is higher than when it was noted; 0 at another width, or while a row is held. */
  get #grown() {
    const { clientHeight, clientWidth } = this.box;
    return this.#held || !this.noted.seen || clientWidth !== this.noted.width ? 0 : clientHeight - this.noted.seen;
  }

  #measure() {
    let changed = false;
    for (let n = this.from; n < this.to; n++) {
      const { height } = this.list.children[n - this.from + 1].getBoundingClientRect();
      if (this.heights.get(this.rows[n].key) === height) continue;
      this.heights.set(this.rows[n].key, height);
      changed = true;
    }
    if (changed) this.#lay();
  }

  /** Goes to the goal. Reports whether its row is on the page. */
  #reach(/** @type {NonNullable<Pane["goal"]>} */ { key, part, within }) {
    const at = this.#topOf(key, within);
    if (at === undefined) return false;
    this.box.scrollTop += at - this.box.clientHeight * part;
    this.goal = null;
    this.atEnd = false;
    this.note();
    return true;
  }

  /**
   * Returns where the body of a row is in the view, since what stands above it may come and go, or what
   * within finds in it.
   * @param {string} key
   * @param {(row: Element) => Element | Range | undefined} [within]
   */
  #topOf(key, within) {
    const row = this.element(key);
    const place = row && (within?.(row) ?? row.querySelector(".message-body") ?? row);
    return place && place.getBoundingClientRect().top - this.box.getBoundingClientRect().top;
  }

  /**
   * The view was scrolled: by the person, by settle, and something at the end has grown since, or because
   * its size has changed.
   */
  scrolled() {
    this.goal = null;
    const { height, width, seen } = this.noted;
    const { scrollHeight, clientWidth, clientHeight } = this.box;
    if (this.atEnd && (scrollHeight > height || clientWidth !== width || clientHeight !== seen)) this.settle();
    else this.note();
  }

  /**
   * Whether the person has left the end: at another width the rows have other heights, and the view moves by that;
   * while its own height changes or the list gets shorter, a browser may take it back by as much.
   */
  get #wasScrolledUp() {
    const { scrollTop, scrollHeight, clientHeight, clientWidth } = this.box;
    const least = Math.min(this.noted.top, scrollHeight - clientHeight); // there may be less to scroll
    const taken = Math.abs(clientHeight - this.noted.seen) + Math.max(0, this.noted.height - scrollHeight);
    return scrollTop < least - near - taken && clientWidth === this.noted.width;
  }

  /** Notes where the view stands, after the person or settle has moved it. */
  note() {
    const { scrollTop, scrollHeight, clientHeight, clientWidth } = this.box;
    const kept = this.#kept;
    const isLeft = kept && clientHeight === this.noted.seen && this.#overlap(kept) <= 0; // by a scroll alone
    this.#left = isLeft ? kept : null;
    this.noted = { top: scrollTop, height: scrollHeight, width: clientWidth, seen: clientHeight };
    const below = scrollHeight - scrollTop - clientHeight;
    this.atEnd = below <= near;
    const wasFar = this.far;
    this.far = below > row;
    if (this.#shows(this.#held) <= 0) this.#held = "";
    const key = this.#held || this.firstVisible();
    const top = key && this.#topOf(key);
    if (top !== undefined) this.anchor = { key, top };
    else this.#noteUnmounted(scrollTop);
    if (this.#choose() || this.far !== wasFar) this.changed();
    this.look();
  }

  /** Returns how many pixels of a row are in the view. */
  #shows(key) {
    return this.#overlap(this.element(key));
  }

  /** Brings a card into the view: see ../ui/reveal.js. */
  reveal(card) {
    return reveal(card, this.box.getBoundingClientRect());
  }

  #overlap(element) {
    return overlap(element, this.box.getBoundingClientRect());
  }

  /** Returns those of keys of which nothing is to be seen. */
  unseen(keys) {
    return keys.filter((key) => this.#shows(key) < near && this.#shows(key) < (this.heights.get(key) ?? near));
  }

  /** Reports whether a row lies above the view: what is seen of it is not enough to read. */
  isAbove(key) {
    const [element, n] = [this.element(key), this.index.get(key)];
    if (!element) return n < this.from;
    const { bottom, height } = element.getBoundingClientRect();
    return bottom < this.box.getBoundingClientRect().top + Math.min(near, height);
  }

  /**
   * Returns the next of keys from the top of the view downwards or, if by is -1, from its end upwards, and round again
   * behind the last: {key, at: its number from the top, from 1 on}. While the row of last is in the view, that is the
   * one behind it. What is not loaded stands above, in the order of keys.
   */
  next(keys, by, last) {
    const place = (key) => this.index.get(key) ?? -1;
    const edge = by > 0 ? place(this.firstVisible()) - 0.5 : this.#rowAt(this.#end) + 0.5;
    const from = this.#shows(last) > 0 ? place(last) : edge;
    const ordered = [...keys].sort((a, b) => place(a) - place(b));
    const found = by > 0 ? ordered.find((key) => place(key) > from) : ordered.findLast((key) => place(key) < from);
    const key = found ?? ordered.at(by > 0 ? 0 : -1);
    return { key, at: ordered.indexOf(key) + 1 };
  }

  /** Where the view ends, as a height of the list. */
  get #end() {
    return this.box.scrollTop - this.list.offsetTop + this.box.clientHeight - 1;
  }

  /** The view was moved to where nothing is on the page yet. */
  #noteUnmounted(scrollTop) {
    const row = this.rows[this.#rowAt(scrollTop - this.list.offsetTop)];
    if (row) this.anchor = { key: row.key, top: this.tops[this.index.get(row.key)] + this.list.offsetTop - scrollTop };
  }

  /** Returns the key of the first row in the view that stays where it is while others come above. */
  firstVisible() {
    const top = this.box.getBoundingClientRect().top;
    const stays = ({ type }) => type !== "day" && type !== "unread";
    return this.#mounted().find(([row, element]) => stays(row) && element.getBoundingClientRect().bottom > top)?.[0]
      .key;
  }

  /** Returns the row of the last message whose end is in the view; undefined if there is none. */
  lastVisible() {
    const bottom = this.box.getBoundingClientRect().bottom + 8;
    const seen = (element) => element.getBoundingClientRect().bottom <= bottom;
    const isSaid = ({ type }) => type !== "sending" && type !== "draft";
    return this.#mounted().findLast(([row, element]) => isSaid(row) && seen(element))?.[0];
  }

  /** Returns the rows that are on the page with their elements: those that are to be there may not be drawn yet. */
  #mounted() {
    return [...this.list.children].map((element) => [this.rows[this.index.get(element.dataset.key)], element])
      .filter(([row]) => row);
  }

  /**
   * Brings a row to a part of the view, or what within finds in it: 0 is the top.
   * @param {string} key
   * @param {(row: Element) => Element | Range | undefined} [within]
   */
  go(key, part = 0.2, within) {
    this.goal = { key, part, within };
    this.atEnd = false;
    this.changed();
  }

  /** Goes to where a row on the page begins, if that is above the view. */
  returnTo(key) {
    if ((this.#topOf(key) ?? 0) < 0) this.go(key, 0.1);
  }

  /**
   * Something is about to open: the view stays at the end, if it is there. A row of which more is to be seen than that,
   * if one is named, comes into the view.
   */
  opens(key = "") {
    this.release();
    this.#opened = key;
  }

  /** Stays where it is although something at the end is about to grow. */
  hold() {
    this.atEnd = false;
  }

  /**
   * Says in which row the pointer is at what it can press, or "", and whether the person has brought it there. Until it
   * is elsewhere, such a row stays where it is, and what is added at the end is not followed. A row that comes under a
   * pointer that rests is not held.
   */
  point(key, brought) {
    const held = brought || key === this.#held ? key : "";
    if (this.#held === held) return;
    this.#held = held;
    if (this.box.scrollTop === this.noted.top) this.settle();
    else this.scrolled(); // what lies under the pointer may tell so before the view does
  }

  /** Holds no row any more, wherever the pointer is: what the person has pressed in it leads elsewhere. */
  release() {
    this.point("", false);
  }

  /** Goes to the end of the list that a key names. */
  edge(key) {
    if (key === "End") this.goToEnd();
    else this.go(this.rows[0]?.key, 0.1);
  }

  /** Goes to the end, and follows what is added there. */
  goToEnd() {
    this.goal = null;
    this.#held = "";
    this.atEnd = true;
    this.changed();
  }
}
