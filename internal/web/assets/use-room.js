// What the parts of a page know of its room.

import { useLayoutEffect, useState } from "./vendor.js";

/** Returns what a room knows, now and after each change. */
export function useRoom(room) {
  const [, changed] = useState(0);
  // At once: a change between this and an effect, as of a seat that is gone, would never be shown.
  useLayoutEffect(() => room.subscribe(() => changed((n) => n + 1)), [room]);
  return room.state;
}
