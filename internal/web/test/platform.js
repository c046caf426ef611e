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
