// A hidden tab waits for news only if no other tab of this browser was seen after it. A browser has six connections to
// a server over HTTP/1.1, and each wait holds one: many tabs would leave none to the tab that is seen.

let seen = false; // once, so far
/** @type {boolean | null} */
let was = null; // hidden
let turn = 0; // how often that has changed
let end = () => {};

/**
 * Says whether this tab, which shows a room, is hidden. later is called when the tab is to wait no more: it was never
 * seen, or another one was hidden after it.
 */
export function hides(hidden, later) {
  if (hidden === was) return;
  was = hidden;
  end();
  const now = ++turn;
  if (!hidden) seen = true;
  else if (!seen) later();
  else {
    const hold = () => now === turn && new Promise((resolve) => (end = () => resolve(undefined)));
    const lost = ({ name }) => now === turn && name === "AbortError" && later();
    navigator.locks?.request("hidden", { steal: true }, hold).catch(lost);
  }
}
