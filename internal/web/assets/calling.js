// Calls the tools for a seat. A call that the network may have swallowed is made again where that is safe.

import { call } from "./mcp.js";

export class Calling {
  #again = new AbortController(); // has the calls under way that may be made twice made again

  /**
   * @param {{token: () => string, refusal: () => Error | null}} room
   *   token is the seat's; refusal is why no call is made, null for nothing
   */
  constructor(room) {
    this.room = room;
  }

  /** Makes a call. how is of mcp.js, and has holds if the call only holds the agent back. */
  async call(tool, args, how) {
    const again = how.holds || mayRepeat(tool, args) ? this.#again.signal : null;
    const signal = again ? AbortSignal.any([how.signal ?? again, again]) : how.signal;
    const [token, refusal] = [this.room.token(), this.room.refusal()];
    if (refusal) throw refusal;
    try {
      return await call(tool, { agent_token: token, ...args }, { bearer: token, ...how, signal });
    } catch (problem) {
      if (!again?.aborted || problem !== again.reason) throw problem;
      return this.call(tool, args, how);
    }
  }

  /**
   * Makes the calls that are under way again: on a phone that has changed networks, nothing tells that a call of
   * before gets no answer any more.
   */
  again() {
    this.#again.abort();
    this.#again = new AbortController();
  }
}

/** Reports whether a call that may have taken effect can be made again: it reads, or has a key. */
const mayRepeat = (tool, { idempotency_key: key, ...args }) =>
  !!key || ["message_history", "room_info", "get_file", "list_tasks"].includes(tool) ||
  (tool === "supervise" && !Object.keys(args).length);
