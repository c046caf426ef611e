// The arrow keys, Home and End in a list of links and buttons.

const moves = { ArrowDown: (at) => at + 1, ArrowUp: (at) => Math.max(at, 0) - 1, Home: () => 0, End: () => -1 };

/** Moves the focus as the key of an event says, to the next or the first or last of what is seen in a list. */
export function moveIn(list, event) {
  const items = [...list.querySelectorAll("li > :is(a, button)")].filter((item) => item.checkVisibility());
  if (!items.length || !Object.hasOwn(moves, event.key) || event.ctrlKey || event.altKey || event.metaKey) return;
  event.preventDefault();
  items.at(moves[event.key](items.indexOf(event.target)) % items.length).focus();
}
