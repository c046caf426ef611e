// Reads anew who is in a room and what is open there, and the supervision: soon after events that
// may have changed them, and from time to time while somebody looks.

const least = 1_000; // ms between two readings
const often = 30_000; // ms after which what is shown is old

export class Refresh {
  /** @type {import("./types.d.ts").Due} */
  #due = {};
  #visible = true;
  /** @type {Promise<void> | null} */
  #reading = null;
  #readAt = -Infinity;
  #on = false; // between begin and end

  /**
   * @param {{read: (what: import("./types.d.ts").Due) => Promise<void>, clock: import("./types.d.ts").Clock,
   *   signal: AbortSignal}} room
   */
  constructor(room) {
    this.room = room;
  }

  /** Reads now what is shown from the beginning, and from then on what changes. It throws what a call throws. */
  async begin() {
    await this.room.read({ info: true, supervision: true });
    this.#on = true;
    this.#readAt = this.room.clock.now();
    this.#keepFresh();
  }

  /** Notes what messages may have changed. */
  after(messages) {
    const supervised = messages.filter(({ type }) => type === "draft" || type === "supervision").length;
    this.want({ supervision: supervised > 0, info: messages.length > supervised });
  }

  /**
   * Notes that something may have changed, and reads it soon. Resolves when it is read.
   * @param {import("./types.d.ts").Due} what
   */
  want({ info, supervision }) {
    this.#due = { info: this.#due.info || info, supervision: this.#due.supervision || supervision };
    return (this.#reading ??= this.#read().finally(() => {
      this.#reading = null;
      if (this.#isDue()) this.want({});
    }));
  }

  /** Ends it: nothing changes any more. */
  end() {
    this.#on = false;
  }

  /** Nobody sees the room of a hidden tab; its drafts are told of. */
  #isDue() {
    return this.#on && !this.room.signal.aborted && (this.#due.supervision || (this.#due.info && this.#visible));
  }

  here(visible) {
    const shown = visible && !this.#visible;
    this.#visible = visible;
    if (shown) this.want({ info: this.#age() > often });
  }

  /** Returns how old what is shown is, in ms. Where the clock was set back meanwhile, it counts as old. */
  #age() {
    const age = this.room.clock.now() - this.#readAt;
    return age < 0 ? Infinity : age;
  }

  /** Reads until nothing is due. */
  async #read() {
    const { clock, signal, read } = this.room;
    while (this.#isDue()) {
      await clock.pause(least - this.#age(), signal);
      if (!this.#isDue()) return; // it was hidden meanwhile, or has ended
      const due = { supervision: this.#due.supervision, info: this.#due.info && this.#visible };
      this.#due = { info: this.#due.info && !due.info };
      this.#readAt = clock.now();
      try {
        await read(due);
      } catch {
        return; // whoever waits for news hears of it, too, and says so
      }
    }
  }

  async #keepFresh() {
    const { clock, signal } = this.room;
    while (this.#on && !signal.aborted) {
      await clock.pause(often, signal);
      if (this.#visible && this.#age() > often - least) this.want({ info: true, supervision: true });
    }
  }
}
