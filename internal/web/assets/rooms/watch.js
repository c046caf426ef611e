// Looks at the rooms that are not open while the tab is visible: at each once a minute, more often for ten minutes
// after something was said there or the person was there, and at once where the person comes back or another tab has
// heard something. It never waits there: a wait costs whoever runs the server, and the open room has one.

const every = 60_000; // ms from look to look at a room, and after a failure to the next one
const lively = 5_000; // ms, where something was said, or which the person has opened
const lately = 600_000; // ms ago
const soon = 5_000; // ms, where something may be new
// Rooms, the latest opened first: two calls a minute of each, and 13 of a lively one. An address has 3,000 units a
// minute.
const most = 100;
const atOnce = 3; // looks: a browser has six connections to a server

export class RoomsWatch {
  #visible = true;
  #looked = new Map(); // when the last look at each began, by the token of its seat
  #old = new Set(); // tokens of those where something may be new
  #looks = new Set(); // the tokens of those that are under way
  #failed = -Infinity; // when the last look failed
  #nap = new AbortController();

  /**
   * @param {{seats: () => import("../types.d.ts").Seat[], clock: import("../types.d.ts").Clock, signal: AbortSignal,
   *   look: (seat: import("../types.d.ts").Seat, signal: AbortSignal) => Promise<void>, idle?: () => void}} page
   *   seats are those to look at; look throws where further calls would be refused, too; idle is called when no look
   *   is due or under way
   */
  constructor(page) {
    this.page = page;
  }

  /** Looks until page.signal is aborted. */
  async run() {
    const { clock, signal, idle } = this.page;
    while (!signal.aborted) {
      const { seat, due } = this.#next();
      const left = seat && this.#visible && this.#looks.size < atOnce ? due - clock.now() : every;
      if (left <= 0) {
        this.#look(seat);
        continue;
      }
      if (!this.#looks.size) idle?.();
      await clock.pause(Math.min(left, every), AbortSignal.any([this.#nap.signal, signal]));
    }
  }

  /** Returns the seat that is due first, and when that is. */
  #next() {
    const now = this.page.clock.now();
    const pauseOf = ({ token, active = 0, used = 0 }) => this.#old.has(token) ? soon
      : now - Math.max(active, used) < lately ? lively : every;
    const dueOf = (seat) => (this.#looked.get(seat.token) ?? -Infinity) + pauseOf(seat);
    const free = this.page.seats().slice(0, most).filter(({ token }) => !this.#looks.has(token));
    const [seat] = free.sort((a, b) => dueOf(a) - dueOf(b));
    return { seat, due: Math.max(seat ? dueOf(seat) : 0, this.#failed + every) };
  }

  async #look(seat) {
    const { look, clock, signal } = this.page;
    const began = clock.now();
    this.#looked.set(seat.token, began);
    this.#old.delete(seat.token);
    this.#looks.add(seat.token);
    try {
      await look(seat, signal);
      if (began > this.#failed) this.#failed = -Infinity;
    } catch {
      this.#failed = clock.now(); // in a minute it may do better
    }
    this.#looks.delete(seat.token);
    this.#rouse();
  }

  /** Says whether the tab is seen. */
  here(visible) {
    if (visible === this.#visible) return;
    this.#visible = visible;
    if (visible) this.wake();
  }

  /**
   * Looks soon at some seats, where something is new; at all, where the person or the network is back. Only then is a
   * failure forgotten.
   */
  wake(/** @type {import("../types.d.ts").Seat[] | undefined} */ seats = undefined) {
    for (const { token } of seats ?? this.page.seats()) this.#old.add(token);
    if (!seats) this.#failed = -Infinity;
    this.#rouse();
  }

  /** Ends the pause that is under way. */
  #rouse() {
    this.#nap.abort();
    this.#nap = new AbortController();
  }
}
