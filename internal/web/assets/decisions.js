// What the person has decided about drafts. A decision is sent a few seconds after the press and can be undone until
// then. While the person writes why it refuses one, that waits until the reason is sent. A decision is sent at once
// when the page is left. Without an answer the draft waits again, and the reason for its next refusal.

export const undo = 5_000; // ms after the press, or after the field of the reason was left without a word

export class Decisions {
  #all = new Map(); // by draft: {decision, text, held, ends, sending: the call, stop: ends the pause before that}
  #unsent = new Map(); // the reasons that were not taken, by the id of the draft: the next refusal has them

  /**
   * @param {{send: (id: string, decision: string, text: string, leaving: boolean) => Promise<any>,
   *   show: (deciding: import("./types.d.ts").State["deciding"]) => void,
   *   clock: import("./types.d.ts").Clock, signal: AbortSignal}} room
   *   send makes the call, leaving so that it outlives the page
   */
  constructor(room) {
    this.room = room;
  }

  /**
   * Decides about a draft: send, edit with the text in its place, or refuse with a reason, which may change; writes
   * says that the person is at the field of that. While it is, or has written one, no time runs. Resolves when that is
   * sent, changed or undone; throws what refuses it.
   */
  async take(id, decision, text = /** @type {string | undefined} */ (undefined), writes = false) {
    const before = this.#all.get(id);
    if (before?.sending) return;
    const { room } = this;
    const unsent = decision === "refuse" ? (this.#unsent.get(id) ?? "") : text ?? "";
    const words = text ?? unsent;
    const held = writes || (!!words.trim() && words !== unsent);
    const [stop, sending] = [new AbortController(), /** @type {any} */ (null)];
    const one = { decision, text: words, held, ends: room.clock.now() + undo, sending, stop };
    this.#all.set(id, one);
    before?.stop.abort();
    this.#show();
    const { signal } = stop;
    await (held ? new Promise((over) => signal.addEventListener("abort", over)) : room.clock.pause(undo, signal));
    if (one.sending || this.#all.get(id) === one) await (one.sending ?? this.#send(id, one));
  }

  /** The person came to the field of the reason, or left it. */
  async write(id, writes) {
    const one = this.#all.get(id);
    if (one && !one.sending) await this.take(id, one.decision, one.text, writes);
  }

  /** Sends it now. */
  now(id) {
    this.#all.get(id)?.stop.abort();
  }

  /** Forgets a decision that is not sent yet. */
  undo(id) {
    const one = this.#all.get(id);
    if (!one || one.sending) return;
    this.#all.delete(id);
    one.stop.abort();
    this.#show();
  }

  /** Sends all at once: the page is left. Resolves when that is over. */
  leave() {
    for (const [id, one] of this.#all) {
      if (one.sending) continue;
      this.#send(id, one, true).catch(() => {}); // take throws it
      one.stop.abort();
    }
    return Promise.allSettled([...this.#all.values()].map(({ sending }) => sending));
  }

  #send(id, one, leaving = false) {
    const { decision, text } = one;
    const call = async () => {
      try {
        await this.room.send(id, decision, text, leaving);
      } catch (problem) {
        if (decision === "refuse") this.#unsent.set(id, text);
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
    this.room.show(Object.fromEntries([...this.#all].map(([id, { decision, text, held, ends, sending }]) =>
      [id, { decision, text, held, ends, sent: !!sending }])));
  }
}
