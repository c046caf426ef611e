// The time, for everything that follows a room: a test puts a clock of its own in its place.

const longest = 2 ** 31 - 1; // ms: a timer for more ends at once

/** @type {import("./types.d.ts").Clock} */
export const clock = {
  /** Returns the time in ms. */
  now: () => Date.now(),

  /** Resolves after so many ms, or at once when signal is aborted. */
  pause(ms, signal) {
    return new Promise((/** @type {(value?: undefined) => void} */ resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, Math.min(ms, longest));
      if (signal?.aborted) done();
      else signal?.addEventListener("abort", done);
    });
  },
};

const tick = 5_000; // ms between two looks at the time
const slept = 30_000; // ms that a tick is late if the machine has slept

/** Calls woke when the machine has slept, until signal is aborted. A hidden tab runs late as well. */
export async function watchSleep(/** @type {import("./types.d.ts").Clock} */ clock, signal, woke) {
  for (let before = clock.now(); !signal.aborted; before = clock.now()) {
    await clock.pause(tick, signal);
    if (clock.now() - before > tick + slept) woke();
  }
}

/** Returns the ms before the next try after n failures in a row: from half a second, doubled up to half a minute. */
export const backoff = (n) => Math.min(30_000, 250 * 2 ** n) * (0.8 + 0.2 * Math.random());
