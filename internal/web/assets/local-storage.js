// The storage of this browser. Where it is blocked or full, what is put there lasts as long
// as the page; lasts() tells.

const memory = new Map(); // what the browser did not take; null: removed
let failed = false;

/** Reports whether everything was stored so far. */
export const lasts = () => !failed;

/** Returns what is stored under a name; undefined if that is nothing, or damaged. */
export function get(name) {
  if (memory.has(name)) return memory.get(name) ?? undefined;
  try {
    return JSON.parse(localStorage.getItem(name) ?? "null") ?? undefined;
  } catch {
    return undefined;
  }
}

/** Stores a value that has a form in JSON. */
export function put(name, value) {
  try {
    localStorage.setItem(name, JSON.stringify(value));
    memory.delete(name);
  } catch {
    failed = true;
    memory.set(name, value);
  }
}

export function remove(name) {
  memory.delete(name);
  try {
    localStorage.removeItem(name);
  } catch {
    memory.set(name, null);
  }
}

/** Returns all that is stored under names that begin so. */
export function all(prefix) {
  return names().filter((name) => name.startsWith(prefix)).map(get).filter((value) => value !== undefined);
}

/** Removes all that is stored under names that begin so. */
export function removeAll(prefix) {
  for (const name of names()) if (name.startsWith(prefix)) remove(name);
}

function names() {
  try {
    return [...new Set([...Object.keys(localStorage), ...memory.keys()])];
  } catch {
    return [...memory.keys()];
  }
}

/**
 * Calls listen with the name of what another tab has changed (null: all of it), until the function
 * that it returns is called.
 */
export function watch(listen) {
  const hear = (event) => listen(event.key);
  addEventListener("storage", hear);
  return () => removeEventListener("storage", hear);
}
