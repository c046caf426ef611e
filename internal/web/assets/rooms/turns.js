// The turns of calls that are made for many rooms at once.

const most = 6; // calls at a time

export class Turns {
  #free = most;
  /** @type {(() => void)[]} */
  #next = []; // those that wait for their turn
  #due = 0; // when the server takes a call again

  /**
   * @param {import("../types.d.ts").Clock} clock
   * @param {AbortSignal} signal
   */
  constructor(clock, signal) {
    this.clock = clock;
    this.signal = signal;
  }

  /** Does work, which makes calls, once few others do and the server has not asked to wait. */
  async take(/** @type {() => Promise<any>} */ work) {
    if (this.#free > 0) this.#free--;
    else await new Promise((go) => this.#next.push(() => go(null)));
    try {
      const { clock, signal } = this;
      while (this.#due > clock.now() && !signal.aborted) await clock.pause(this.#due - clock.now(), signal);
      return await work();
    } catch (problem) {
      this.#due = Math.max(this.#due, this.clock.now() + 1000 * (problem.retryAfter ?? 0));
      throw problem;
    } finally {
      const next = this.#next.shift();
      if (next) next();
      else this.#free++;
    }
  }
}
