// One stable colour for each name, the same for everybody who looks.

const colours = 8; // --who-0 and on, in base.css

const taken = new WeakMap(); // the colours of the agents of a room, by the list of them

/** Returns the number of the colour that a name has by itself. */
export function colourOf(name) {
  let n = 0;
  for (const c of name.toLowerCase()) n = (n * 31 + c.codePointAt(0)) >>> 0;
  return n % colours;
}

/**
 * Returns the number of the colour of a name among the agents of a room: its own, or the
 * next one that nobody seated longer has. Who is not seated has its own.
 * @param {{name: string}[] | undefined} agents as in room_info, which gives everybody the same order
 */
export function colourAmong(agents, name) {
  if (!agents) return colourOf(name);
  if (!taken.has(agents)) taken.set(agents, share(agents));
  return taken.get(agents).get(name) ?? colourOf(name);
}

function share(agents) {
  const found = new Map();
  const free = new Set(Array.from({ length: colours }, (_, n) => n));
  for (const { name } of agents) {
    let n = colourOf(name);
    while (free.size && !free.has(n)) n = (n + 1) % colours;
    free.delete(n);
    found.set(name, n);
  }
  return found;
}
