// Of the hidden tabs of a browser only the one that was hidden last waits for news. A browser has six connections to a
// server over HTTP/1.1, and each wait holds one: many tabs would leave none to the tab that is seen.

let was = false;
let shown = () => {};

/** Says whether this tab is hidden. later is called when another one is hidden after it. */
export function hides(hidden, later) {
  if (hidden === was) return;
  was = hidden;
  shown();
  const wait = () => new Promise((resolve) => (shown = () => resolve(undefined)));
  if (hidden) navigator.locks?.request("hidden", { steal: true }, wait).catch(later);
}
