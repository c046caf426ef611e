// The messages of a room as far as they are loaded, and the loading of those before them, page by page: at the
// opening back to what was read last, then as far as somebody scrolls, looks for a message or saves all.

import { History, pageSize, whole } from "./history.js";
import { Refusal, patiently } from "./mcp.js";

const mostLoaded = 1000; // messages, of a room at whose end the person is; then half of them are forgotten
const unreadPages = 5; // that are loaded at the opening to find what was read

export class Paging {
  history = new History(); // what is loaded
  #more = false; // there are messages before those
  /** @type {Promise<void> | null} */
  #loading = null; // while it lasts
  #asked = new Set(); // the ids of those that were asked for by quote
  /** @type {import("./results.d.ts").Message[]} */
  #quoted = [];
  #holds = 0; // how many look for an earlier message, or search what is loaded

  /**
   * @param {{call: (tool: string, args: object, signal?: AbortSignal) => Promise<any>,
   *   show: (parts: Partial<import("./types.d.ts").State>) => void,
   *   clock: import("./types.d.ts").Clock, signal: AbortSignal}} room
   */
  constructor(room) {
    this.room = room;
  }

  #read = (args, signal = this.room.signal) => this.room.call("message_history", args, signal);

  /**
   * Loads the newest messages, back to the one that was read last if few pages have it. Returns what begin takes, with
   * the cursor of the end.
   */
  async newest(readTo, signal) {
    const history = new History();
    let page = await this.#read({ limit: pageSize }, signal);
    const cursor = page.cursor ?? (await this.#lost(history, signal));
    history.prepend(page.messages);
    const pages = readTo ? unreadPages : 1;
    for (let n = 1; n < pages && page.has_more && !history.has(readTo); n++) {
      page = await this.#read({ limit: pageSize, before: history.messages[0].id }, signal);
      history.prepend(page.messages);
    }
    return { cursor, history, more: !!page.has_more };
  }

  /** Loads what comes again, since an answer with some of it may be lost, and returns the cursor of its end. */
  async #lost(history, signal) {
    for (let cursor; ; ) {
      const got = await this.room.call("wait_for_message", { cursor, wait_seconds: 0 }, signal);
      history.append(got.messages);
      if (got.status !== "superseded") ({ cursor } = got);
      if (cursor && !got.has_more) return cursor;
    }
  }

  /** Puts what newest has loaded in the place of what was loaded before. */
  begin({ history, more }) {
    this.history = history;
    this.#more = more;
    this.room.show({ earlier: more });
    this.showQuoted();
  }

  /** Whether there are messages before those that are loaded. */
  get more() {
    return this.#more;
  }

  /** Loads nothing any more. Returns whether there are messages before those that are loaded. */
  end() {
    const partial = this.#more;
    this.#more = false;
    return partial;
  }

  /** Loads what was said before. */
  loadEarlier() {
    return (this.#loading ??= this.#loadEarlier().finally(() => {
      this.#loading = null;
      this.room.show({ loading: false });
    }));
  }

  async #loadEarlier() {
    const [first] = this.history.messages;
    if (!first || !this.#more) return;
    this.room.show({ loading: true });
    const got = await this.#pageBefore(first.id, this.#read);
    this.history.prepend(got.messages);
    this.#show(!!got.has_more);
  }

  /** Loads what was said before up to a message, until signal ends it. Resolves true if that is there. */
  async loadBack(id, signal = this.room.signal) {
    const release = this.hold();
    try {
      if (!this.history.has(id) && !(await this.#exists(id))) return false;
      while (!this.history.has(id) && this.#more && !signal.aborted) await this.loadEarlier();
      return this.history.has(id);
    } finally {
      release();
    }
  }

  /** Loads a message for a quote of it, unless the server has answered about it before. */
  async quote(id) {
    if (this.#asked.has(id)) return;
    this.#asked.add(id);
    const { clock, signal } = this.room;
    try {
      const { messages } = await patiently(() => this.#read({ id }), clock, signal);
      if (messages.length) this.showQuoted(messages);
    } catch (problem) {
      if (!(problem instanceof Refusal)) this.#asked.delete(id); // no answer: it may be asked for again
    }
  }

  /** Shows what was loaded for a quote, with more of that: without the texts that were taken away. */
  showQuoted(/** @type {import("./results.d.ts").Message[]} */ more = []) {
    this.#quoted = [...this.#quoted, ...more].map((message) => this.history.shown(message));
    this.room.show({ quoted: this.#quoted });
  }

  async #exists(id) {
    try {
      return (await this.#read({ id })).messages.length > 0;
    } catch (problem) {
      if (problem instanceof Refusal && problem.code === "invalid_argument") return false;
      throw problem;
    }
  }

  /** The person is at the end: what was said long ago is forgotten, and loaded again once somebody wants it. */
  atEnd() {
    const { length } = this.history.messages;
    if (this.room.signal.aborted || length <= mostLoaded || this.#loading || this.#holds) return;
    this.history.keep(mostLoaded / 2);
    this.#show(true);
  }

  /** Has nothing forgotten until what it returns is called. */
  hold() {
    this.#holds++;
    return () => void this.#holds--;
  }

  #show(more) {
    this.#more = more;
    this.room.show({ messages: this.history.messages, earlier: more });
  }

  /** Loads the rest of a long text, and puts the whole into messages. */
  async textOf(id) {
    const message = this.history.messages.find((message) => message.id === id);
    if (!message?.more) return;
    this.history.replace(await whole(this.#read, message));
    this.room.show({ messages: this.history.messages });
  }

  /** Returns a message with its whole text, however long the server makes it wait. */
  wholeOf(message, signal) {
    return whole((args) => this.#patiently(args, signal), message);
  }

  /**
   * Yields what was said before the messages that are loaded, or before an earlier one, a page at a time and the newest
   * first, and keeps none of it. However long the server makes it wait in between, it goes on; signal ends it.
   */
  async *pagesBefore(signal, before = "") {
    let id = before || this.history.messages[0]?.id;
    for (let more = !!before || this.#more; id && more; ) {
      const got = await this.#pageBefore(id, (args) => this.#patiently(args, signal));
      yield got.messages;
      id = got.messages[0]?.id;
      more = got.has_more;
    }
  }

  /** Reads the page before a message. If that has expired, so has all before it. */
  async #pageBefore(id, read) {
    try {
      return await read({ limit: pageSize, before: id });
    } catch (problem) {
      if (problem instanceof Refusal && problem.code === "invalid_argument") return { messages: [], has_more: false };
      throw problem;
    }
  }

  /**
   * Returns all that this seat may see, with whole texts; of a seat that is gone, what is loaded. onProgress hears how
   * many messages there are so far; signal ends it.
   */
  async everything(/** @type {(n: number) => void} */ onProgress = () => {}, signal = this.room.signal) {
    let all = this.history.messages;
    if (this.room.signal.aborted) return all;
    for await (const messages of this.pagesBefore(signal)) {
      all = [...messages, ...all];
      onProgress(all.length);
    }
    const full = [];
    for (const message of all)
      full.push(message.more ? await this.wholeOf(message, signal) : message);
    return full;
  }

  #patiently(args, signal) {
    return patiently(() => this.#read(args, signal), this.room.clock, signal);
  }

  /** Returns messages that carry files, the newest page or the one before a message: {messages, has_more}. */
  filesBefore(id = "") {
    return this.#read({ files: true, limit: pageSize, ...(id && { before: id }) });
  }
}
