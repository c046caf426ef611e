// The order of what needs the person in the inbox. Rows stand as the person has found them, the oldest first: what is
// decided stays in its place until the person comes back to the page, and what is new stands at the end.

const life = 24 * 3600_000; // ms after which a draft lapses, and what asks
const soon = 3 * 3600_000; // ms before that it is said

/** Returns how many ms are left to what was said at a time, if that are few; 0 if they are many, or it never lapses. */
export const leftOf = (at, now) => (Number.isFinite(at) && at + life - now < soon ? Math.max(1, at + life - now) : 0);

/**
 * Returns the rows as they are to be shown, {key, at, waits: whether it still needs the person, …}: before are those
 * that are shown, and needs those that need the person now.
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

/** Returns how many rows are shown, so that n of those wait: never fewer than before. */
export function shownOf(rows, n, before) {
  let [at, waiting] = [0, 0];
  while (at < rows.length && waiting < n) if (rows[at++].waits) waiting++;
  return Math.max(before, at);
}
