// Brings a card into sight before the person decides about it by a key.

/** Returns how many pixels of an element are in a view, {top, bottom}. */
export function overlap(element, view) {
  const part = element?.getBoundingClientRect();
  return part ? Math.min(part.bottom, view.bottom) - Math.max(part.top, view.top) : 0;
}

/**
 * Brings a card into a view, {top, bottom}, unless enough of it is there to decide about it, with its buttons. Reports
 * whether the card was there.
 */
export function reveal(card, view) {
  const buttons = card.querySelector(".message-buttons");
  const enough = Math.min(card.clientHeight, view.bottom - view.top) / 2;
  const isThere = overlap(card, view) >= enough && overlap(buttons, view) >= (buttons?.clientHeight ?? 0) - 1;
  if (!buttons || isThere) return true;
  for (const part of [card, buttons]) part.scrollIntoView({ block: "nearest" });
  return false;
}
