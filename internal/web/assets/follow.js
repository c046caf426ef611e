// Follows a room: when to look for news, for how long to wait for it, and what a failure
// means. What it calls, and what it shows, is the room's.

import { backoff, watchSleep } from "./clock.js";
import { NoAnswer } from "./mcp.js";
import { roomWords } from "./room-words.js";
import { endsSeat, reasonOf } from "./seats.js";

const wait = 25; // seconds: below the silence after which mcp.js gives a call up
const patience = 10 * 60_000; // ms for which the tab that was hidden last waits as one that is seen
const glance = 60_000; // ms from look to look after that: each wait costs whoever runs the server
const again = 1_500; // ms from look to look while nothing comes over the network: it may be back
const quick = 4; // looks of half a second, of those that a network may swallow; the next ones last longer and longer
const shown = 2; // seconds: a shorter time to wait is not shown

export class Following {
  #turn = new AbortController(); // ends the wait or the pause that is under way
  #failed = 0; // how often in a row
  #brief = false; // the next look does not wait: it shows whether the connection works
  #hurried = false; // the network may swallow the next look
  #doubted = false; // only another call gives reason to think so
  #took = 0; // ms until the last look without a wait was answered
  #opened = false;
  #visible = true;
  #focused = true;
  #glances = false; // also before it is hidden for long
  #changed = 0; // when the tab was hidden or shown, in ms
  /** @type {(value?: any) => void} */
  #noticed = () => {};

  /**
   * @param {{open: (signal: AbortSignal) => Promise<void>, look: (seconds, signal) => Promise<string>,
   *   show: (parts: Partial<import("./types.d.ts").State>) => void, back: () => void, again: () => void,
   *   online: () => boolean, clock: import("./types.d.ts").Clock, signal: AbortSignal}} room
   *   open loads the room; look waits for news and returns "", "superseded" or "closed"; back
   *   is called when the connection works again; again makes anew what may have been swallowed while it
   *   did not; online tells what the browser knows of the network
   */
  constructor(room) {
    this.room = room;
  }

  /** Follows the room until it ends or room.signal is aborted. */
  async run() {
    const { room } = this;
    watchSleep(room.clock, room.signal, () => this.#visible && this.wake());
    room.signal.addEventListener("abort", () => this.#noticed());
    while (!room.signal.aborted) {
      if (this.#turn.signal.aborted) this.#turn = new AbortController();
      const turn = AbortSignal.any([this.#turn.signal, room.signal]);
      try {
        if (await this.#once(turn)) return;
      } catch (problem) {
        if (turn.aborted) continue; // woken
        if (endsSeat(problem)) return this.#end(problem);
        await this.#fail(problem, turn);
      }
    }
  }

  /** Looks for news once, and pauses after it if that is due. Returns true if none will come. */
  async #once(turn) {
    const { room } = this;
    if (!this.#opened) await room.open(turn);
    this.#opened = true;
    const seconds = this.#brief || this.#isResting() ? 0 : wait;
    const how = await (this.#hurried ? this.#hurry(turn) : room.look(seconds, turn));
    if ((this.#failed || this.#hurried) && !this.#doubted) room.again();
    if (this.#failed) room.back();
    [this.#failed, this.#brief, this.#hurried, this.#doubted] = [0, false, false, false];
    if (how === "superseded") return this.#yield();
    room.show({ phase: "live", trouble: null });
    if (how !== "closed" && this.#isResting()) await room.clock.pause(glance, turn);
    return how === "closed";
  }

  /**
   * Looks, and while no answer comes looks anew: a browser may call over a connection that carries nothing any more,
   * and closes that only when the call is given up. It may have several of them. On a slow line each look gets twice
   * what the last one took.
   */
  async #hurry(turn) {
    const { room } = this;
    for (let n = 1; ; n++) {
      const [late, over] = [new AbortController(), new AbortController()];
      const began = room.clock.now();
      const most = Math.max(backoff(Math.max(1, n - quick + 1)), 2 * this.#took);
      room.clock.pause(most, over.signal).then(() => late.abort());
      try {
        const how = await room.look(0, AbortSignal.any([turn, late.signal]));
        this.#took = room.clock.now() - began;
        return how;
      } catch (problem) {
        if (turn.aborted || !late.signal.aborted) throw problem;
        this.#failed = Math.max(1, this.#failed);
        if (n >= quick) room.show({ phase: "offline", trouble: null });
      } finally {
        over.abort();
      }
    }
  }

  #end(problem) {
    this.room.show({ phase: "ended", trouble: { ...problem.why, code: reasonOf(problem), message: problem.message } });
  }

  /**
   * Shows the failure, unless it is the first one and the next call may show that it was none, and pauses: for longer
   * and longer, unless somebody looks at a page without a network.
   */
  async #fail(problem, turn) {
    this.#failed++;
    this.#brief = true;
    this.#hurried = problem instanceof NoAnswer && !problem.status;
    this.#doubted = false;
    const takesTime = this.#failed > 1 || problem.retryAfter > shown || !this.room.online();
    if (takesTime) this.room.show({ phase: "offline", trouble: null });
    const most = this.#visible && this.#hurried ? again : Infinity;
    const pause = Math.max((problem.retryAfter ?? 0) * 1000, Math.min(most, backoff(this.#failed)));
    await this.room.clock.pause(pause, turn);
  }

  /** Leaves the waits that a seat may have to other tabs, until the person looks at this one. */
  async #yield() {
    const { room } = this;
    if (!this.#visible || !this.#focused) {
      room.show({ phase: "offline", trouble: { code: "superseded", message: roomWords.elsewhere } });
    }
    while (!room.signal.aborted && !(this.#visible && this.#focused)) await this.#notice();
    await room.clock.pause(1000, room.signal); // two that are looked at take turns
    this.#brief = true;
    return false;
  }

  /** Resolves when the tab is hidden, shown or looked at, or the room is closed. */
  #notice() {
    return new Promise((resolve) => {
      this.#noticed = resolve;
    });
  }

  /** Reports whether the tab only looks in from time to time: after glance, or hidden for long. */
  #isResting() {
    return !this.#visible && (this.#glances || this.room.clock.now() - this.#changed >= patience);
  }

  /**
   * Says whether the tab is seen, and whether the person is at it. Returns true if it was hidden until now: then it
   * looks for news at once, since the network may have changed without a word under the wait that is under way.
   */
  here(visible, focused) {
    const shown = visible && !this.#visible;
    if (visible !== this.#visible) [this.#changed, this.#glances] = [this.room.clock.now(), false];
    [this.#visible, this.#focused] = [visible, focused];
    this.#noticed();
    if (shown) this.wake();
    return shown;
  }

  /** Ends the wait, and only looks in from time to time until the tab is shown. */
  glance() {
    this.#glances = true;
    this.#turn.abort();
  }

  /** Looks at once: the network is back, or what is under way was cut off unseen. */
  wake() {
    this.#failed = Math.min(this.#failed, 1);
    [this.#brief, this.#hurried, this.#doubted] = [true, true, false];
    this.#turn.abort();
  }

  /**
   * Looks at once because another call got no answer: the wait under way may hear nothing, either. If the look is
   * answered, that call is not made again because of it: what is in its way may be in the way of nothing else.
   */
  doubt() {
    if (this.#failed || this.#hurried) return;
    this.wake();
    this.#doubted = true;
  }
}
