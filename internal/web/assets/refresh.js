// Reads anew who is in a room and what is open there, the tasks, and the supervision: soon after
// events that may have changed them, and from time to time while somebody looks.

const least = 1_000; // ms between two readings
const often = 30_000; // ms after which what is shown is old
const soon = 7_500; // ms after which it is old how the calls to an address stand: no event tells that they fail

export class Refresh {
  /** @type {import("./types.d.ts").Due} */
  #due = {};
  #visible = true;
  /** @type {Promise<void> | null} */
  #reading = null;
  #readAt = -Infinity;
  #infoAt = -Infinity; // when who is there and what is open was read
  #on = false; // between begin and end

  /**
   * @param {{read: (what: import("./types.d.ts").Due) => Promise<void>, clock: import("./types.d.ts").Clock,
   *   signal: AbortSignal, stalls?: () => boolean, calls?: () => boolean, drafts?: () => boolean}} room
   *   stalls tells whether time alone may change a task, calls whether an address is called for the agent, and drafts
   *   whether a draft waits: what comes may end the question that it answers
   */
  constructor(room) {
    this.room = room;
  }

  /** Reads now what is shown from the beginning, and from then on what changes. It throws what a call throws. */
  async begin() {
    await this.room.read({ info: true, tasks: true, supervision: true });
    this.#on = true;
    this.#readAt = this.#infoAt = this.room.clock.now();
    this.#keepFresh();
  }

  /** Notes what messages may have changed. */
  after(messages) {
    const supervised = messages.filter(({ type }) => type === "draft" || type === "supervision").length;
    this.want({
      supervision: supervised > 0 || messages.some(({ type }) => type === "hook") ||
        (messages.length > 0 && this.room.drafts?.()),
      info: messages.length > supervised, tasks: messages.some(movesTasks),
    });
  }

  /**
   * Notes that something may have changed, and reads it soon. Resolves when it is read.
   * @param {import("./types.d.ts").Due} what
   */
  want({ info, tasks, supervision }) {
    const due = this.#due;
    this.#due = { info: due.info || info, tasks: due.tasks || tasks, supervision: due.supervision || supervision };
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
    const { info, tasks, supervision } = this.#due;
    return this.#on && !this.room.signal.aborted && (supervision || ((info || tasks) && this.#visible));
  }

  here(visible) {
    const shown = visible && !this.#visible;
    this.#visible = visible;
    const old = this.#age(this.#infoAt) > often;
    if (shown) this.want({ info: old, tasks: old });
  }

  /** Returns how old is what was read at a time, in ms. Where the clock was set back meanwhile, it counts as old. */
  #age(at) {
    const age = this.room.clock.now() - at;
    return age < 0 ? Infinity : age;
  }

  /** Reads until nothing is due. */
  async #read() {
    const { clock, signal, read } = this.room;
    while (this.#isDue()) {
      await clock.pause(least - this.#age(this.#readAt), signal);
      if (!this.#isDue()) return; // it was hidden meanwhile, or has ended
      const { info, tasks, supervision } = this.#due;
      const seen = this.#visible;
      const due = { supervision, info: info && seen, tasks: tasks && seen };
      this.#due = seen ? {} : { info, tasks };
      this.#readAt = clock.now();
      if (due.info) this.#infoAt = this.#readAt;
      try {
        await read(due);
      } catch {
        return; // whoever waits for news hears of it, too, and says so
      }
    }
  }

  async #keepFresh() {
    const { clock, signal, stalls, calls } = this.room;
    while (this.#on && !signal.aborted) {
      await clock.pause(soon, signal);
      const old = this.#age(this.#infoAt) > often - least;
      if (this.#visible && (old || calls?.())) this.want({ info: old, tasks: old && stalls?.(), supervision: true });
    }
  }
}

/** Reports whether an event may have changed the list of tasks: who leaves may have had one. */
const movesTasks = ({ type, finished }) => type === "task" || type === "left" || !!finished;
