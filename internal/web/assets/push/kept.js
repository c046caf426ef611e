// What the page keeps for its worker, which sees no localStorage: for each seat, the token with which the worker
// rejects a draft ("tokens"), and the ids of what needs the person there ("needs").

/** Returns under which key something is kept of a seat. seat is its number in the room. */
export const keyOf = ({ room, seat }) => room + "." + seat;

const opened = () => new Promise((/** @type {(base: IDBDatabase) => void} */ done, failed) => {
  const opening = indexedDB.open("parley", 1);
  opening.onupgradeneeded = () => {
    for (const name of ["tokens", "needs"]) opening.result.createObjectStore(name);
  };
  opening.onsuccess = () => done(opening.result);
  opening.onerror = () => failed(opening.error);
});

const patience = 1_000; // ms for the database, which some browsers never open

/**
 * Has work use what is kept under a name, and returns what work returns a function for, once that is done. Throws if
 * that takes too long: it may still be done.
 */
async function use(name, mode, work) {
  let timer;
  const tooLong = new Promise((_, failed) => {
    timer = setTimeout(() => failed(new Error("the database does not answer")), patience);
  });
  return Promise.race([used(name, mode, work), tooLong]).finally(() => clearTimeout(timer));
}

async function used(name, mode, work) {
  const base = await opened();
  try {
    return await new Promise((done, failed) => {
      const transaction = base.transaction(name, mode);
      const result = work(transaction.objectStore(name));
      transaction.oncomplete = () => done(result());
      transaction.onabort = () => failed(transaction.error);
    });
  } finally {
    base.close();
  }
}

/** Returns what is kept under a name, by key. */
export const kept = (/** @type {"tokens" | "needs"} */ name) => use(name, "readonly", (store) => {
  const [keys, values] = [store.getAllKeys(), store.getAll()];
  return () => Object.fromEntries(keys.result.map((key, n) => [key, values.result[n]]));
});

/** Replaces what is kept of some seats under a name; null removes it. */
export const keep = (/** @type {"tokens" | "needs"} */ name, parts) => use(name, "readwrite", (store) => {
  for (const [key, value] of Object.entries(parts)) value === null ? store.delete(key) : store.put(value, key);
  return () => {};
});
