// Looks at the rooms that are not open: once a minute while the tab is visible, one after the
// other. It never waits there: a wait costs whoever runs the server, and the open room has one.

const every = 60_000; // ms from round to round
export const most = 20; // rooms, the latest opened first

export class RoomsWatch {
  #visible = true;
  #lookedAt = -Infinity; // when the last round began
  #nap = new AbortController();

  /**
   * @param {{seats: () => import("../types.d.ts").Seat[], clock: import("../types.d.ts").Clock, signal: AbortSignal,
   *   look: (seat: import("../types.d.ts").Seat, signal: AbortSignal) => Promise<void>}} page
   *   seats are those to look at; look throws where further calls would be refused, too
   */
  constructor(page) {
    this.page = page;
  }

  /** Looks until page.signal is aborted. */
  async run() {
    const { clock, signal } = this.page;
    while (!signal.aborted) {
      const left = this.#visible ? this.#lookedAt + every - clock.now() : every;
      if (left <= 0) await this.#round();
      else await clock.pause(Math.min(left, every), AbortSignal.any([this.#nap.signal, signal]));
    }
  }

  async #round() {
    const { seats, look, clock, signal } = this.page;
    this.#lookedAt = clock.now();
    for (const seat of seats().slice(0, most)) {
      if (signal.aborted || !this.#visible) return;
      try {
        await look(seat, signal);
      } catch {
        return; // in a minute it may do better
      }
    }
  }

  /** Says whether the tab is seen. */
  here(visible) {
    if (visible === this.#visible) return;
    this.#visible = visible;
    this.#nap.abort();
    this.#nap = new AbortController();
  }
}
