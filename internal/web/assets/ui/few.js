// Many names, as few.

import { words } from "../words.js";
import { word } from "./fill.js";

const most = 4;

/** Returns names with first, if it is among them, before the others; of many only some, and how many more there are. */
export function few(names, first) {
  const ordered = names.includes(first) ? [first, ...names.filter((name) => name !== first)] : names;
  return ordered.length <= most
    ? ordered
    : [...ordered.slice(0, most - 1), word(words.ui.others(ordered.length - most + 1))];
}
