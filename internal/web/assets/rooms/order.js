// The order of the rows of the inbox: the oldest first, as the person has found them. A row that is decided stays in
// its place until the person comes back to the page, and a new row stands at the end.

const life = 24 * 3600_000; // ms after which a draft expires, and so does a message that asks
const soon = 3 * 3600_000; // ms before the end from which on the row says so

/** Returns the ms until what was said at a time expires, if it does so soon; else 0. */
export const leftOf = (at, now) => (Number.isFinite(at) && at + life - now < soon ? Math.max(1, at + life - now) : 0);

/**
 * Returns the rows to show, {key, at, waits: whether the row still needs the person, …}: before are the rows that are
 * shown, and needs those that need the person now.
 */
export function inPlace(before, needs) {
  const now = new Map(needs.map((row) => [row.key, row]));
  const shown = new Set(before.map(({ key }) => key));
  const fresh = needs.filter(({ key }) => !shown.has(key)).sort((a, b) => a.at - b.at);
  return [
    ...before.map((row) => ({ ...row, ...now.get(row.key), at: row.at, waits: now.has(row.key) })),
    ...fresh.map((row) => ({ ...row, waits: true })),
  ];
}

/** Returns how many rows to show, so that n of them wait: never fewer than before. */
export function shownOf(rows, n, before) {
  let [at, waiting] = [0, 0];
  while (at < rows.length && waiting < n) if (rows[at++].waits) waiting++;
  return Math.max(before, at);
}
