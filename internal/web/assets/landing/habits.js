// Small habits of a person that this browser keeps: the client of its agent, and its name.

import * as store from "../local-storage.js";

/** Returns what was kept under a name; "" if nothing was. */
export function habit(name) {
  const text = store.get("parley.habit." + name);
  return typeof text === "string" ? text : "";
}

/** Keeps a text under a name. */
export const keepHabit = (name, text) => store.put("parley.habit." + name, text);
