// The parts of a browser that the modules touch and Node lacks: its storage and the events of
// its window. Import it before a module of the page.

class MemoryStorage {
  getItem(name) {
    return Object.hasOwn(this, name) ? this[name] : null;
  }

  setItem(name, value) {
    this[name] = String(value);
  }

  removeItem(name) {
    delete this[name];
  }
}

const events = new EventTarget();
globalThis.addEventListener = events.addEventListener.bind(events);
globalThis.removeEventListener = events.removeEventListener.bind(events);

/** Tells the page of an event of its window, such as "storage" with its key. */
export function happens(type, parts = {}) {
  events.dispatchEvent(Object.assign(new Event(type), parts));
}

Object.defineProperty(globalThis, "navigator", { value: { onLine: true }, configurable: true });
const page = new EventTarget();
globalThis.document = Object.assign(page, { visibilityState: "visible", hasFocus: () => true });

/** Empties the storage of the browser. */
export function newBrowser() {
  globalThis.localStorage = new MemoryStorage();
  newTab();
}

/** Empties what the browser keeps for this tab alone. Returns what was there, for going back to that tab. */
export function newTab(storage = new MemoryStorage()) {
  const before = globalThis.sessionStorage;
  globalThis.sessionStorage = storage;
  return before;
}
newBrowser();

/** The locks of a browser, as far as the page takes them (Web Locks API), and a tab that loses its own. */
export class Locks {
  #held = [];
  #pending = [];

  /** Returns them as a tab has them; end closes that. */
  tab() {
    const gone = new AbortController();
    const request = (name, how, hold = how) => this.#request(name, hold === how ? {} : how, hold, gone.signal);
    return { request, query: () => this.query(), end: () => gone.abort() };
  }

  async query() {
    await null;
    return { held: [...this.#held], pending: [...this.#pending] };
  }

  #request(name, { mode = "exclusive", steal = false, ifAvailable = false, signal: stop = null }, hold, gone) {
    if (stop && (steal || ifAvailable)) return Promise.reject(new TypeError("not with a signal"));
    if (stop?.aborted) return Promise.reject(stop.reason);
    return new Promise((resolve, reject) => {
      const one = { name, mode, hold, resolve, reject };
      const leave = () => {
        this.#pending = this.#pending.filter((other) => other !== one);
        this.#grant();
      };
      stop?.addEventListener("abort", () => this.#pending.includes(one) && (leave(), reject(stop.reason)));
      gone.addEventListener("abort", () => {
        this.#held = this.#held.filter((other) => other !== one);
        leave();
      });
      if (steal) {
        for (const other of this.#held.filter((other) => other.name === name))
          other.reject(Object.assign(new Error("stolen"), { name: "AbortError" }));
        this.#held = this.#held.filter((other) => other.name !== name);
        this.#pending.unshift(one);
      } else if (!ifAvailable || ![...this.#held, ...this.#pending].some((other) => other.name === name))
        this.#pending.push(one);
      else Promise.resolve(hold(null)).then(resolve, reject);
      setImmediate(() => this.#grant()); // it is granted a moment later
    });
  }

  #grant() {
    for (const one of this.#pending) {
      const others = this.#held.filter(({ name }) => name === one.name);
      if (others.some(({ mode }) => mode === "exclusive" || one.mode === "exclusive")) continue;
      this.#pending = this.#pending.filter((other) => other !== one);
      this.#held.push(one);
      Promise.resolve(one.hold(one)).then(one.resolve, one.reject).finally(() => {
        this.#held = this.#held.filter((other) => other !== one);
        this.#grant();
      });
    }
  }
}

/** A clock that a test moves: a pause ends when its time has come. */
export class HandClock {
  at = Date.parse("2030-01-01T12:00:00Z");
  due = [];
  asked = []; // the pauses so far, in ms

  now() {
    return this.at;
  }

  pause(ms, signal) {
    return new Promise((resolve) => {
      this.asked.push(ms);
      if (signal?.aborted || !(ms > 0)) return void resolve();
      const end = () => {
        this.due = this.due.filter((one) => one !== pause);
        signal?.removeEventListener("abort", end);
        resolve();
      };
      const pause = { at: this.at + ms, end };
      this.due.push(pause);
      signal?.addEventListener("abort", end);
    });
  }

  /** Moves the time on, and lets what is due happen. */
  async advance(ms) {
    this.at += ms;
    for (const { end } of this.due.filter(({ at }) => at <= this.at)) end();
    await rest();
  }

  /** Sets it on or back: what pauses knows nothing of that. */
  set(ms) {
    for (const one of [this, ...this.due]) one.at += ms;
  }

  /** Lets time pass, second by second: nothing that looks at the clock finds that it has slept. */
  async pass(ms) {
    for (let left = ms; left > 0; left -= 1_000) await this.advance(Math.min(left, 1_000));
  }

  /** Reports whether somebody waits for exactly so many ms from now. */
  waits(ms) {
    return this.due.some(({ at }) => at === this.at + ms);
  }
}

/** Lets all that is under way go on until it waits for something else. */
export async function rest() {
  for (let n = 0; n < 20; n++) await new Promise(setImmediate);
}

/** Waits until something holds; a thousand turns are more than anything here takes. */
export async function until(what, holds) {
  for (let n = 0; n < 1000; n++) {
    if (holds()) return;
    await new Promise(setImmediate);
  }
  throw new Error("never: " + what);
}
