// What a person has said and the log does not show yet. Each message has a key, by which the
// server takes it once, and is kept in this browser from before its first call until it is in
// the log. The same call is made again until an answer comes: after failures, after a reload,
// and by another tab if this one is gone. A vote is sent a few seconds after the press, and can
// be undone until then.

import { backoff } from "./clock.js";
import { undo } from "./decisions.js";
import { roomWords } from "./room-words.js";
import * as storage from "./storage.js";
import { Refusal, passes } from "./mcp.js";
import { namesIn } from "./talk/names.js";
import { random } from "./token.js";

const keyLife = 20 * 3600_000; // ms: the server knows a key for a day
const othersTurn = 10_000; // ms after which a tab sends what another one took
const onePress = 1_000; // ms in which the same message is the same press of the button

export class Pending {
  /** @type {import("./types.d.ts").Outgoing[]} */
  #all = [];
  #mine = new Set(); // the keys of those that this tab took
  #undoable = new Set(); // the keys of votes that are not sent yet
  #seen = new Map(); // the ids in the log of messages that look like one here, by its key
  #running = false;
  #nap = new AbortController();
  /** @type {{text?: string, at?: number, key?: string}} the one that was taken last */
  #last = {};

  /**
   * @param {string} token of the seat
   * @param {{send: (args: object, leaving?: boolean) => Promise<any>, has: (id: string) => boolean,
   *   timeOf: (message: import("./results.d.ts").Message) => number,
   *   show: (pending: import("./types.d.ts").Outgoing[]) => void, doubt: () => void,
   *   clock: import("./types.d.ts").Clock, signal: AbortSignal}} room
   *   send makes the call, leaving so that it outlives the page; has tells whether the log shows a message, timeOf when
   *   it was said by clock, in ms; doubt is called after a call without an answer
   */
  constructor(token, room) {
    this.token = token;
    this.room = room;
    this.#all = storage.pendingOf(token);
  }

  /** Returns what is to be shown. */
  get shown() {
    return this.#all.filter(({ key }) => !this.#seen.has(key));
  }

  /** Takes a message that these read (none: all), as far as known before the answer, and returns its key. */
  take(args, to = args.to) {
    const now = this.room.clock.now();
    const text = JSON.stringify(args);
    if (this.#last.text === text && now - (this.#last.at ?? 0) < onePress) return this.#last.key;
    const message = {
      key: random(16),
      args,
      to: namesIn(to),
      state: "sending",
      why: "",
      at: Math.max(now, (this.#all.at(-1)?.at ?? 0) + 1),
      ...(isVote(args) && { waits: true }),
    };
    this.#last = { text, at: now, key: message.key };
    this.#mine.add(message.key);
    if (message.waits) this.#hold(message.key);
    this.#put(message);
    this.flush();
    return message.key;
  }

  /** Sends a vote once it can no longer be undone. */
  async #hold(key) {
    this.#undoable.add(key);
    await this.room.clock.pause(undo, this.room.signal);
    if (this.#undoable.delete(key)) this.flush();
  }

  /**
   * Sends at once what could still be undone: the page is left. What gets lost is sent when it is opened again.
   * Resolves when that is over.
   */
  leave() {
    const votes = this.#all.filter(({ key }) => this.#undoable.delete(key));
    return Promise.allSettled(votes.map(({ key, args }) => {
      this.#change(key, { tried: this.room.clock.now(), waits: undefined });
      return this.room.send({ ...args, idempotency_key: key }, true);
    }));
  }

  /**
   * Sends one that was held back or refused once more. What was held back gets another key: by that the server knows
   * that its person has read why, and not only lost the answer.
   */
  retry(old) {
    const message = this.#find(old);
    if (!message || message.state === "sending") return;
    const key = message.state === "held" ? random(16) : old;
    if (key !== old) this.#remove(old);
    this.#mine.add(key);
    this.#put({ ...message, key, state: "sending", why: "", credential: undefined, tried: undefined });
    this.flush();
  }

  /** Takes one out, and returns its arguments. */
  drop(key) {
    const message = this.#find(key);
    this.#remove(key);
    this.#last = {};
    this.room.show(this.shown);
    return message?.args;
  }

  /** Reads anew what is kept: another tab has changed it. */
  reload() {
    const answered = this.#all.filter(({ id }) => id);
    const now = storage.pendingOf(this.token);
    this.#all = [...now, ...answered.filter(({ key }) => !now.some((other) => other.key === key))];
    this.settle();
  }

  /** Looks at messages that have come into the log. mine tells those of this person. */
  arrived(messages, mine) {
    for (const message of messages.filter(mine)) {
      if (this.#all.some(({ id }) => id === message.id)) continue;
      const since = this.room.timeOf(message) + 2000; // it is in whole seconds
      const same = this.#all.find(
        (one) => (one.tried ?? Infinity) < since && !this.#seen.has(one.key) && !one.id && looksLike(one.args, message),
      );
      if (same) this.#seen.set(same.key, message.id);
    }
    this.settle();
  }

  /** Forgets what the log shows by now. */
  settle() {
    for (const { key, id } of this.#all) if (id && this.room.has(id)) this.#remove(key);
    this.room.show(this.shown);
  }

  /**
   * Forgets what was answered before the page was loaded: the log has it, further up. A vote that can still be undone
   * belongs to the tab in which it was pressed. If that tab was killed, this one sends the vote later: see othersTurn.
   */
  begin() {
    for (const { key, id } of this.#all) if (id) this.#remove(key);
    for (const { key, waits } of this.#all) if (!waits) this.#mine.add(key);
    this.room.show(this.shown);
    this.flush();
  }

  /** Tries at once: the connection works again. */
  wake() {
    this.#nap.abort();
    this.flush();
  }

  /** Sends what waits, one after the other in the order in which it was said. */
  async flush() {
    if (this.#running) return;
    this.#running = true;
    for (let failed = 0, next; !this.room.signal.aborted && (next = this.#next()); ) {
      const again = await this.#deliver(next);
      if (again === undefined) {
        failed = 0;
        continue;
      }
      failed++;
      this.#nap = new AbortController();
      await this.room.clock.pause(
        Math.max(again * 1000, backoff(failed)),
        AbortSignal.any([this.#nap.signal, this.room.signal]),
      );
    }
    this.#running = false;
  }

  #next() {
    const now = this.room.clock.now();
    return this.#all.find(
      (one) => one.state === "sending" && !one.id && !this.#undoable.has(one.key) &&
        (this.#mine.has(one.key) || now - one.at > othersTurn),
    );
  }

  /**
   * Makes the call of a message. If that may have failed, it returns after how many seconds at
   * least to make it again.
   */
  async #deliver(message) {
    const now = this.room.clock.now();
    if (message.tried && now - message.tried > keyLife)
      return this.#change(message.key, { state: "refused", why: roomWords.tooOld });
    if (!message.tried) this.#change(message.key, { tried: now, waits: undefined });
    try {
      const got = await this.room.send({ ...message.args, idempotency_key: message.key });
      if (got.sent) this.#change(message.key, { id: got.id, to: namesIn(got.to) });
      else this.#change(message.key, { state: "held", credential: got.credential });
    } catch (problem) {
      if (this.room.signal.aborted) return undefined;
      if (!(problem instanceof Refusal)) this.room.doubt();
      if (passes(problem)) return problem.retryAfter ?? 0;
      this.#change(message.key, { state: "refused", why: problem.message });
    }
    this.settle();
    return undefined;
  }

  #find(key) {
    return this.#all.find((one) => one.key === key);
  }

  /** Changes a message, unless it was dropped meanwhile. */
  #change(key, parts) {
    const message = this.#find(key);
    if (!message) return;
    if (parts.id && parts.id !== this.#seen.get(key) || parts.state) this.#seen.delete(key); // that was another one
    this.#put({ ...message, ...parts });
  }

  #put(message) {
    const at = this.#all.findIndex(({ key }) => key === message.key);
    this.#all = at < 0 ? [...this.#all, message] : this.#all.with(at, message);
    storage.post(this.token, message);
    this.room.show(this.shown);
  }

  #remove(key) {
    this.#undoable.delete(key);
    this.#all = this.#all.filter((one) => one.key !== key);
    this.#seen.delete(key);
    storage.unpost(this.token, key);
  }
}

const isVote = ({ kind }) => kind === "agree" || kind === "object";

/** Reports whether a message of the log is probably what a call has sent. */
const looksLike = (args, message) =>
  (args.text ?? "") === (message.text ?? "") &&
  (args.reply_to ?? "") === (message.reply_to ?? "") &&
  (!args.to && args.reply_to || namesIn(args.to).length === (message.to ?? []).length);
