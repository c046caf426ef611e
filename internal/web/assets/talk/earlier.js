// Searching what was said before the messages that are loaded: a page at a time, until all is searched or somebody
// stops it. Only what is found is kept, so that the memory of the page does not grow with the room.

import { patiently } from "../mcp.js";
import { matches } from "./places.js";

const typing = 300; // ms after the last key: so long no page is asked for
const most = 500; // messages that are found before the person is asked whether to go on

/**
 * What is known: kept is what was found, in order, and without their texts those long messages of which only the
 * beginning was searched; back is when the oldest message that was searched was said, "" before the first page; how
 * is "" while nothing is sought, then searching, stopped or done; problem says why it was stopped, if nobody did that.
 * @typedef {{kept: import("../types.d.ts").State["messages"], back: string, how: string, problem: string}} Known
 * @type {Known}
 */
export const nothing = { kept: [], back: "", how: "", problem: "" };

export class Earlier {
  /** @type {Known} */
  known = nothing;
  #text = ""; // what is sought
  #before = ""; // the id of the oldest message that was searched
  #stop = new AbortController(); // ends what is under way
  #load = new AbortController(); // ends the loading of what was found
  /** @type {(() => void) | null} lets the page forget messages again, which it searches among those that are loaded */
  #release = null;

  /**
   * @param {import("../paging.js").Paging} paging
   * @param {import("../types.d.ts").Clock} clock
   * @param {(known: Known) => void} show
   */
  constructor(paging, clock, show) {
    this.paging = paging;
    this.clock = clock;
    this.show = show;
  }

  /**
   * Seeks another text. Where what was sought is a part of it, what was found is looked through and the search goes on
   * from there. Else it begins anew: no page is kept.
   */
  seek(/** @type {string} */ text) {
    const wanted = text.trim().toLowerCase();
    if (wanted === this.#text) return;
    this.close();
    if (wanted) this.#release = this.paging.hold();
    const longer = this.#text && wanted.includes(this.#text);
    const { kept, how } = this.known;
    this.#text = wanted;
    if (longer) this.#set({ kept: sift(kept, wanted) });
    else [this.#before, this.known] = ["", nothing];
    if (!wanted) this.#set({ how: "" });
    else if (longer ? how === "done" : !this.paging.more) this.#set({ how: "done" });
    else this.go(typing);
  }

  /** Goes on, after a pause in ms. */
  go(pause = 0) {
    return this.#work(async (signal) => {
      await this.clock.pause(pause, signal);
      if (signal.aborted) return "stopped";
      const enough = this.#found + most;
      for await (const page of this.paging.pagesBefore(signal, this.#before)) {
        this.#take(page);
        if (signal.aborted || this.#found >= enough) return "stopped";
      }
      return "done";
    });
  }

  #take(page) {
    if (!page.length) return;
    this.#before = page[0].id;
    this.#set({ kept: [...sift(page, this.#text), ...this.known.kept], back: page[0].at });
  }

  /** How many messages were found. */
  get #found() {
    return this.known.kept.filter((one) => !isCut(one)).length;
  }

  /** Loads the conversation back to a message, in place of one that is being loaded. Resolves true if that is there. */
  load(/** @type {string} */ id) {
    this.#load.abort();
    const { signal } = (this.#load = new AbortController());
    return patiently(() => this.paging.loadBack(id, signal), this.clock, signal);
  }

  /** Searches the rest of long messages, of those that are loaded, too: it takes one call or more for each. */
  rest() {
    return this.#work(async (signal) => {
      for (const { id, more } of this.paging.history.messages) {
        signal.throwIfAborted();
        if (more) await patiently(() => this.paging.textOf(id), this.clock, signal);
      }
      for (const message of this.known.kept.filter(({ more }) => more)) {
        const full = await this.paging.wholeOf(message, signal);
        const found = matches(full, this.#text) ? [full] : [];
        this.#set({ kept: this.known.kept.flatMap((one) => (one === message ? found : [one])) });
      }
      return "done";
    });
  }

  stop() {
    this.#stop.abort();
    this.#set({ how: "stopped" });
  }

  /** Ends all that is under way: nobody wants it any more. */
  close() {
    this.#stop.abort();
    this.#load.abort();
    this.#release?.();
    this.#release = null;
  }

  /** Does what takes calls, until it is stopped or one fails. work resolves with how it has ended. */
  async #work(work) {
    this.#stop.abort();
    const { signal } = (this.#stop = new AbortController());
    this.#set({ how: "searching", problem: "" });
    try {
      const how = await work(signal);
      if (!signal.aborted) this.#set({ how });
    } catch (problem) {
      if (!signal.aborted) this.#set({ how: "stopped", problem: problem.message });
    }
  }

  #set(/** @type {Partial<Known>} */ parts) {
    this.known = { ...this.known, ...parts };
    this.show(this.known);
  }
}

/** Returns the messages in which a text stands, and without their texts those in whose rest it may. */
const sift = (messages, wanted) =>
  messages.flatMap((message) => {
    if (matches(message, wanted)) return [message];
    const { type, id, more } = message;
    return more && type === "message" ? [{ ...message, text: "", more: { id, offset: 0 } }] : [];
  });

/** Reports whether a message is one in whose rest the text may stand. */
const isCut = (/** @type {Known["kept"][number]} */ { more }) => more?.offset === 0;
