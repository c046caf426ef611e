// Back closes what lies over a page before it leaves the page, as Escape does. The history of the browser has an entry
// for each thing that is open. An entry whose thing was closed by other means stays, since nobody can take it out, and
// Back goes through it.

import { useLayoutEffect, useRef } from "../vendor.js";

const open = []; // what closes each, the last opened last
let depth = globalThis.history?.state?.over ?? 0; // the entries above that of the page

/** Reports to Back and Forward, as a listener of popstate. */
export function moved({ state }) {
  const before = depth;
  depth = state?.over ?? 0;
  if (depth >= before || location.hash) return; // Forward, or a link that was pasted into the address
  if (open.length > depth) open.pop()();
  else history.back();
}

/** Has Back call close, once, while active is true. */
export function useBack(close, active = true) {
  const now = useRef(close);
  now.current = close;
  useLayoutEffect(() => {
    if (!active) return undefined;
    const one = () => now.current();
    open.push(one);
    if (depth < open.length) history.pushState({ ...history.state, over: ++depth }, "");
    return () => {
      if (open.includes(one)) open.splice(open.indexOf(one), 1);
    };
  }, [active]);
}
