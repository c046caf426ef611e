// Asks for news of the rooms that are not open: one tab of this browser has the turn, and asks for all tabs, by one
// call at a time. The other tabs hear the answer from it. Where locks are missing (the page came without TLS, or may
// keep nothing), each tab asks for itself.

import { backoff, watchSleep } from "../clock.js";
import { version } from "../site.js";

const wait = 25; // seconds: below the silence after which a call is given up
const glance = 20_000; // ms from look to look, where a call does not wait
const behind = 60_000; // ms from look to look, where no tab is in sight; no pause is longer, whatever the server says
const least = 2_000; // ms from call to call, whatever the server says
// Tabs in sight beside which a call waits. A browser has six connections to a server over HTTP/1.1: each of those tabs
// holds one, the tab that was hidden last another, and one must be free.
const beside = 3;

// The lock of the tab that asks, and the channel. Tabs of two versions of the page do not understand each other.
const turnName = "parley.news." + version;
const tabName = turnName + ".tab"; // a lock that each tab shares

/** @typedef {import("./news.js").Told} Told */

/** Opens what the tabs hear each other by; null where the browser lets a page keep nothing. */
function channel() {
  try {
    return new BroadcastChannel(turnName);
  } catch {
    return null;
  }
}

export class RoomsWatch {
  #visible = true;
  #takesTurn = true; // from another tab: what this one knows may be old
  #turn = new AbortController(); // ends the call or the pause that is under way
  #due = -Infinity; // when a call may be made
  #toldAt = -Infinity; // when the last call of any tab has ended
  #failed = 0; // how many calls of this tab have failed in a row
  #channel = channel();

  /**
   * @param {{ask: (how: {seconds: number, all: boolean}, signal: AbortSignal) => Promise<Told | null>,
   *   hear: (told: Told) => boolean, fail: () => void,
   *   clock: import("../types.d.ts").Clock, signal: AbortSignal}} page
   *   ask makes a call that waits for so many seconds, and takes the answer in; all is whether the call is also about
   *   the room that this tab shows, for other tabs. It returns null if there is nothing to ask. hear takes in the
   *   answer that another tab got, and returns false if this tab lacks what came before. fail is called when a call of
   *   any tab has failed
   */
  constructor(page) {
    this.page = page;
  }

  /** Asks until page.signal is aborted. */
  async run() {
    const { clock, signal } = this.page;
    let locks = /** @type {LockManager | undefined} */ (navigator.locks);
    const over = new Promise((resolve) => signal.addEventListener("abort", resolve));
    locks?.request(tabName, { mode: "shared", signal }, () => over).catch(() => {}); // so that others count it
    if (this.#channel) this.#channel.onmessage = ({ data }) => this.#hear(data);
    over.then(() => this.#channel?.close());
    watchSleep(clock, signal, () => this.#visible && this.again());
    while (!signal.aborted) {
      this.#turn = new AbortController();
      const turn = AbortSignal.any([this.#turn.signal, signal]);
      try {
        await (this.#visible ? this.#lead(turn, locks) : this.#look(turn, locks));
      } catch (problem) {
        if (problem.name !== "AbortError") locks = undefined; // the browser gives none
      }
      this.#turn.abort(); // another tab may have taken the turn
    }
  }

  /** Asks while it is the turn of this tab. */
  #lead(turn, locks) {
    const follow = async () => {
      const { clock } = this.page;
      while (!turn.aborted) {
        await this.#pause(this.#due, turn);
        const how = await this.#how(locks);
        if (turn.aborted) return;
        await this.#ask(how, turn);
        if (!how.seconds) await clock.pause(glance, turn);
      }
    };
    const taking = this.#takesTurn ? { steal: true } : { signal: turn };
    this.#takesTurn = false;
    return locks ? locks.request(turnName, taking, follow) : follow();
  }

  /** Looks once in the background, if no tab has asked for a minute. */
  async #look(turn, locks) {
    const toldAt = this.#toldAt;
    await this.#pause(Math.max(this.#due, toldAt + behind), turn);
    if (turn.aborted || this.#toldAt !== toldAt) return;
    this.#toldAt = this.page.clock.now(); // a tab in sight asks, or this one
    const once = async (lock) => lock && this.#ask({ ...await this.#how(locks), seconds: 0 }, turn);
    await (locks ? locks.request(turnName, { ifAvailable: true }, once) : once(true));
  }

  /** Waits until a time, but at most for a minute: the clock may have been set back. */
  #pause(until, turn) {
    const { clock } = this.page;
    return clock.pause(Math.min(until - clock.now(), behind), turn);
  }

  /** Returns how to ask: for how many seconds the call waits, and whether it is also about the room of this tab. */
  async #how(locks) {
    if (!locks) return { seconds: 0, all: false };
    const { held, pending } = await locks.query();
    const count = (all, name) => all.filter((one) => one.name === name).length;
    const seen = count([...held, ...pending], turnName);
    return { seconds: seen > beside ? 0 : wait, all: count(held, tabName) > 1 };
  }

  /** Asks once. */
  async #ask(how, turn) {
    const { clock } = this.page;
    const before = this.#due;
    this.#due = clock.now() + least; // also if another tab takes the turn
    let told, later;
    try {
      told = await this.page.ask(how, turn);
      this.#failed = 0;
      if (!told) {
        this.#due = before;
        return void (await clock.pause(glance, turn));
      }
      later = told.poll;
    } catch (problem) {
      if (turn.aborted) return;
      this.#failed++;
      later = problem.retryAfter ?? 0;
      this.page.fail();
    }
    this.#toldAt = clock.now();
    this.#due = this.#toldAt + Math.max(least, 1000 * later);
    this.#channel?.postMessage({ due: this.#due, told });
    if (this.#failed) await clock.pause(backoff(this.#failed), turn);
  }

  /** Takes in what another tab has heard. */
  #hear({ due, told }) {
    this.#toldAt = this.page.clock.now();
    this.#due = Math.max(this.#due, due);
    if (!told) this.page.fail();
    else if (!this.page.hear(told) && this.#visible) this.#takeTurn();
  }

  /** Says whether the tab is seen. It may have slept meanwhile. */
  here(visible) {
    if (visible === this.#visible) return;
    this.#visible = visible;
    this.again();
    if (visible) this.#takeTurn();
  }

  /** Takes the turn from the tab that has it. */
  #takeTurn() {
    this.#takesTurn = true;
    this.#turn.abort();
  }

  /** Asks as soon as the server allows: the network may be back, or another room is open. */
  again() {
    this.#failed = 0;
    this.#turn.abort();
  }
}
