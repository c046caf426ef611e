// As much of IndexedDB as the page and its worker use, in memory.

const bases = new Map();

/** Gives the browser an empty one. */
export function newDatabase() {
  bases.clear();
  globalThis.indexedDB = { open: (name) => request((done) => open(name, done)) };
}

function request(work) {
  const made = { result: undefined };
  queueMicrotask(() => work(made));
  return made;
}

function open(name, opening) {
  const fresh = !bases.has(name);
  if (fresh) bases.set(name, new Map());
  const stores = bases.get(name);
  opening.result = {
    createObjectStore: (store) => stores.set(store, new Map()),
    transaction: (store) => transaction(stores.get(store)),
    close() {},
  };
  if (fresh) opening.onupgradeneeded();
  opening.onsuccess();
}

function transaction(values) {
  const made = {
    objectStore: () => ({
      getAllKeys: () => ({ result: [...values.keys()] }),
      getAll: () => ({ result: [...values.values()] }),
      put: (value, key) => values.set(key, value),
      delete: (key) => values.delete(key),
    }),
  };
  queueMicrotask(() => made.oncomplete());
  return made;
}
