// What a person has pressed to hold its agent back, {paused: true}, {approve: true} or {approve_some: [kinds]}, until
// the server has confirmed it. This browser keeps it from before the first call, so that a press without a connection
// counts once there is one, also after a reload.

import { backoff } from "./clock.js";
import { passes } from "./mcp.js";

/** @typedef {import("./types.d.ts").State["restraint"]} Restraints */

export class Restraint {
  #running = false;
  #nap = new AbortController();

  /**
   * @param {{call: (args: Restraints) => Promise<any>, kept: () => Restraints, keep: (args: Restraints) => void,
   *   show: (waits: Restraints) => void,
   *   clock: import("./types.d.ts").Clock, signal: AbortSignal}} room
   */
  constructor(room) {
    this.room = room;
  }

  /** Asks for it. Resolves when the server has confirmed it or did not answer, and throws what it refuses. */
  async take(args) {
    this.room.keep({ ...this.room.kept(), ...args });
    if (!(await this.#once())) this.#run();
  }

  /** Gives up some while they wait, by their names. */
  drop(...names) {
    this.#forget(([name]) => names.includes(name));
    this.show();
  }

  /** Shows what waits. */
  show() {
    this.room.show(this.room.kept());
  }

  /** Asks for what was kept before the page was loaded. */
  async begin() {
    if (this.#waits && !(await this.#once().catch(() => true))) this.#run();
  }

  /** Tries at once: the connection works again. */
  wake() {
    this.#nap.abort();
  }

  get #waits() {
    return Object.keys(this.room.kept()).length > 0;
  }

  /** Asks again and again for what waits. */
  async #run() {
    const { clock, signal } = this.room;
    if (this.#running) return;
    this.#running = true;
    for (let failed = 1; this.#waits && !signal.aborted; failed++) {
      this.#nap = new AbortController();
      await clock.pause(backoff(failed), AbortSignal.any([this.#nap.signal, signal]));
      if (this.#waits && !signal.aborted) await this.#once().catch(() => {});
    }
    this.#running = false;
  }

  /** Makes the call. Resolves to whether the server has confirmed it; what it refuses is given up, and thrown. */
  async #once() {
    const { room } = this;
    const args = room.kept();
    const forget = () => this.#forget(([name, value]) => String(value) === String(args[name])); // the rest is newer
    try {
      await room.call(args);
    } catch (problem) {
      const refused = !passes(problem);
      if (refused) forget();
      this.show();
      if (refused) throw problem;
      return false;
    }
    forget();
    this.show();
    return true;
  }

  #forget(is) {
    this.room.keep(Object.fromEntries(Object.entries(this.room.kept()).filter((one) => !is(one))));
  }
}
