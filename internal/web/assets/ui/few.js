// Many names, as few.

import { word } from "./fill.js";
import { ui } from "./words.js";

/**
 * Returns names with first, if it is among them, before the others; of more than most only some, and how many more
 * there are.
 */
export function few(names, first, most = 4) {
  const ordered = names.includes(first) ? [first, ...names.filter((name) => name !== first)] : names;
  return ordered.length <= most
    ? ordered
    : [...ordered.slice(0, most - 1), word(ui.others(ordered.length - most + 1))];
}
