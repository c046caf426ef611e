// What the parts of a page know of its room.

import { useEffect, useState } from "./vendor.js";

/** Returns what a room knows, now and after each change. */
export function useRoom(room) {
  const [, changed] = useState(0);
  useEffect(() => room.subscribe(() => changed((n) => n + 1)), [room]);
  return room.state;
}
