// One colour for each name in a room. It stays while the room lasts, whoever comes and goes.

const colours = 8; // --who-0 and on, in base.css
const kept = 400; // names of a room; a room has at most 100 seats

/** Returns the number of the colour that a name has by itself. */
export function colourOf(name) {
  let n = 0;
  for (const c of name.toLowerCase()) n = (n * 31 + c.codePointAt(0)) >>> 0;
  return n % colours;
}

/**
 * Returns the colours of a room, by name, with those of agents that were never seated there before. Such a one
 * has its own colour, or the next one that the fewest others have.
 * @param {Map<string, number>} known stays as it is
 * @param {string[]} names in the order in which they took their seats, which is the same for everybody
 */
export function withColours(known, names) {
  const all = new Map(known);
  for (const name of names) if (!all.has(name)) all.set(name, leastUsed(all, name));
  return all.size > known.size ? new Map([...all].slice(-kept)) : known;
}

function leastUsed(known, name) {
  const uses = new Array(colours).fill(0);
  for (const n of known.values()) uses[n]++;
  let n = colourOf(name);
  while (uses[n] > Math.min(...uses)) n = (n + 1) % colours;
  return n;
}

/** Returns the colour of a name in a room: its own if it left before this browser came. */
export const colourIn = (known, name) => known.get(name) ?? colourOf(name);
