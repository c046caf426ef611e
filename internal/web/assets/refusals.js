// Drafts that the person has refused. A refusal is sent a few seconds after the press and can be
// undone until then. While the person writes why, it waits until that is sent. It is sent at once when the page is
// left. Without an answer the draft waits again, and its reason for the next refusal.

export const undo = 5_000; // ms after the press, or after the field of the reason was left empty

export class Refusals {
  #all = new Map(); // {why, held, sending: the call, stop: ends the pause before that} by the id of the draft
  #unsent = new Map(); // the reasons that were not taken, by the id of the draft: the next refusal has them

  /**
   * @param {{send: (id: string, why: string, leaving: boolean) => Promise<any>,
   *   show: (refusing: import("./types.d.ts").State["refusing"]) => void,
   *   clock: import("./types.d.ts").Clock, signal: AbortSignal}} room
   *   send makes the call, leaving so that it outlives the page; show is given {why, held, sent} of each by its id
   */
  constructor(room) {
    this.room = room;
  }

  /**
   * Refuses a draft, or changes the reason; writes says that the person is at the field of that. While it is, or the
   * reason has words, no time runs. Resolves when that is sent, changed or undone; throws what refuses it.
   */
  async take(id, why = this.#unsent.get(id) ?? "", writes = false) {
    const before = this.#all.get(id);
    if (before?.sending) return;
    const one = { why, held: writes || !!why.trim(), sending: /** @type {any} */ (null), stop: new AbortController() };
    this.#all.set(id, one);
    before?.stop.abort();
    this.#show();
    const { signal } = one.stop;
    await (one.held ? new Promise((over) => signal.addEventListener("abort", over)) :
      this.room.clock.pause(undo, signal));
    if (one.sending || this.#all.get(id) === one) await (one.sending ?? this.#send(id, one));
  }

  /** The person came to the field of the reason, or left it. */
  async write(id, writes) {
    const one = this.#all.get(id);
    if (one && !one.sending) await this.take(id, one.why, writes);
  }

  /** Sends it now. */
  now(id) {
    this.#all.get(id)?.stop.abort();
  }

  /** Forgets a refusal that is not sent yet. */
  undo(id) {
    const one = this.#all.get(id);
    if (!one || one.sending) return;
    this.#all.delete(id);
    one.stop.abort();
    this.#show();
  }

  /** Sends all at once: the page is left. */
  leave() {
    for (const [id, one] of this.#all) {
      if (one.sending) continue;
      this.#send(id, one, true).catch(() => {}); // take throws it
      one.stop.abort();
    }
  }

  #send(id, one, leaving = false) {
    const call = async () => {
      try {
        await this.room.send(id, one.why, leaving);
      } catch (problem) {
        this.#unsent.set(id, one.why);
        throw problem;
      } finally {
        this.#all.delete(id);
        this.#show();
      }
    };
    one.sending = call();
    this.#show();
    return one.sending;
  }

  #show() {
    this.room.show(Object.fromEntries(
      [...this.#all].map(([id, { why, held, sending }]) => [id, { why, held, sent: !!sending }])));
  }
}
