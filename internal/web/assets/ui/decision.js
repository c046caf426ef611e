// Buttons that decide something. One that came or was moved under the pointer a moment ago takes no
// press of it: the person has aimed at what was there before. What the person's own press or key did to its card is
// no surprise.

import { html, useLayoutEffect, useRef, useState } from "../vendor.js";
import { onceDrawn } from "./drawn.js";
import { ui } from "./words.js";

const rest = 500; // ms that a button has been where it is before it takes a press
const near = 8; // px by which it may move meanwhile: as little puts nothing else under the pointer

/** Knows since when elements have been where they are. One that has just moved has the attribute data-moved. */
export class Places {
  #all = new Map(); // {x, y, since} by element
  /** @type {{contains: (element: any) => boolean} | null} */
  acting = null; // the card or dialog in which the person pressed something just now

  constructor(now = () => performance.now(), later = (act, ms) => setTimeout(act, ms)) {
    this.now = now;
    this.later = later;
  }

  get size() {
    return this.#all.size;
  }

  add(element) {
    const place = this.#placeOf(element);
    if (this.acting?.contains(element)) this.#all.set(element, { ...place, since: -Infinity });
    else this.#put(element, place);
  }

  remove(element) {
    this.#all.delete(element);
  }

  /** Notes where the elements are now. It was not the list that moved them where the person has scrolled. */
  look({ scrolled = false } = {}) {
    for (const [element, was] of this.#all) {
      const is = this.#placeOf(element);
      if (scrolled || this.acting?.contains(element)) Object.assign(was, { x: is.x, y: is.y });
      else if (Math.abs(is.x - was.x) > near || Math.abs(is.y - was.y) > near) this.#put(element, is);
    }
  }

  #placeOf(element) {
    const { left: x, top: y } = element.getBoundingClientRect();
    return { x, y, since: this.now() };
  }

  #put(element, place) {
    this.#all.set(element, place);
    element.toggleAttribute("data-moved", true);
    // A timer may be a hair too early for the clock: what counts is that the element has not moved again.
    this.later(() => this.#all.get(element) === place && element.toggleAttribute("data-moved", false), rest);
  }

  /** Reports whether an element has been where it is for long enough. */
  rests(element) {
    return this.now() - (this.#all.get(element)?.since ?? -Infinity) >= rest;
  }
}

const places = new Places();
/** @type {MutationObserver | undefined} */
let changes;
const moved = () => places.look();
const scrolled = () => places.look({ scrolled: true });
const acts = ["click", "keydown"];

/** Notes a press or a key until what it does is drawn. */
function acted({ target }) {
  const card = places.acting = target.closest?.("article, dialog") ?? null;
  onceDrawn(() => places.acting === card && (places.acting = null));
}

/** Looks at an element until what it returns is called. */
function watch(element) {
  if (!changes) {
    changes = new MutationObserver(moved);
    changes.observe(document.body, {
      subtree: true, childList: true, characterData: true, attributes: true,
      attributeFilter: ["style", "class", "open", "hidden", "rows"],
    });
    addEventListener("resize", moved);
    addEventListener("scroll", scrolled, { capture: true, passive: true });
    for (const type of acts) addEventListener(type, acted, { capture: true });
  }
  places.add(element);
  return () => {
    places.remove(element);
    if (places.size > 0) return;
    changes?.disconnect();
    changes = undefined;
    removeEventListener("resize", moved);
    removeEventListener("scroll", scrolled, { capture: true });
    for (const type of acts) removeEventListener(type, acted, { capture: true });
  };
}

/**
 * A button whose press decides something. A key decides at once: it goes to what has the focus, wherever that is. A
 * press that comes too early, or follows another press at once, is not taken, and a hint below the button says so
 * until the next press or key. It lies over all, and moves nothing.
 */
export function Decision({ onClick, children, ...attributes }) {
  const [button, hint] = [useRef(), useRef()];
  const [missed, setMissed] = useState(false); // the last press came too early
  useLayoutEffect(() => watch(button.current), []);
  useLayoutEffect(() => {
    if (!missed) return undefined;
    const over = () => setMissed(false);
    const presses = ["pointerdown", "keydown", "wheel"];
    lay(hint.current, button.current);
    for (const type of presses) document.addEventListener(type, over, { capture: true });
    return () => presses.forEach((type) => document.removeEventListener(type, over, { capture: true }));
  }, [missed]);
  const press = (event) => {
    const taken = event.detail === 0 || (event.detail === 1 && places.rests(button.current));
    setMissed(!taken);
    if (taken) onClick(event);
  };
  return html`
    <button type="button" ref=${button} ...${attributes} data-missed=${missed || undefined}
      onClick=${press}>${children}</button>
    ${missed && html`<span class="missed" role="alert" popover="manual" ref=${hint}>${ui.tooSoon}</span>`}`;
}

/** Shows a hint below a button, within the window. */
function lay(hint, button) {
  hint.showPopover?.();
  const { left, bottom } = button.getBoundingClientRect();
  hint.style.left = Math.max(8, Math.min(left, innerWidth - hint.offsetWidth - 8)) + "px";
  hint.style.top = bottom + 4 + "px";
}
