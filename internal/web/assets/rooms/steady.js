// Keeps the rows of the inbox where they are. A row keeps its height, unless the person opens something in it, such as
// a field. A card that needs more room lies over the row below while the person is at it. The row under the pointer
// never moves.

import { useLayoutEffect } from "../vendor.js";

/** Returns how a row stands now, with its height. natural is the height of its card, and before how it stood. */
export function heightOf(before, { natural, waits, opened, ...now }) {
  const isOther = !before || before.width !== now.width || before.cut !== now.cut;
  const height = isOther || (waits && (opened || before.opened)) ? natural : before.height;
  return { ...now, opened, height };
}

/** Keeps the rows of a list in place: its children, with one card each. rows changes when other rows stand there. */
export function useSteady(list, rows) {
  useLayoutEffect(() => {
    const { current } = list;
    if (!current) return undefined;
    const end = new AbortController();
    let [row, top] = /** @type {[any, number]} */ ([null, 0]); // under the pointer
    const topOf = () => row.getBoundingClientRect().top;
    const note = () => {
      row = current.querySelector(":scope > li:hover");
      if (row) top = topOf();
    };
    const sizes = new ResizeObserver((all) => {
      for (const { target } of all) fit(target);
      if (row?.isConnected) scrollBy(0, topOf() - top);
      note();
    });
    for (const one of current.children) sizes.observe(one.firstElementChild);
    for (const type of ["pointermove", "scroll"])
      addEventListener(type, note, { passive: true, capture: true, signal: end.signal });
    note();
    return () => (end.abort(), sizes.disconnect());
  }, [rows]);
}

const heights = new WeakMap(); // by row, as heightOf returns them

/** Gives the row of a card its height. */
function fit(card) {
  const row = card.parentElement;
  const now = heightOf(heights.get(row), {
    natural: card.getBoundingClientRect().height, width: card.offsetWidth, waits: !row.matches(".inbox-over"),
    opened: !!row.querySelector("textarea"), cut: row.dataset.cut,
  });
  heights.set(row, now);
  row.toggleAttribute("data-over", card.getBoundingClientRect().height > now.height + 1);
  row.style.height = now.height + "px";
}
