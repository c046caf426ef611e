// One room as the person behind a seat sees it: loads it, follows it, speaks and steers.
// It knows nothing of the page. What it knows is in `state`, which is replaced and never
// changed; the fields of messages, agents and requests have the names of docs/tools.md.

import { call, NoAnswer, Refusal } from "./mcp.js";
import * as kept from "./kept.js";
import { newToken, random } from "./token.js";

const pageSize = 100;
const ends = ["token_invalid", "removed", "room_closed", "room_not_found", "key_invalid"];

/** What is known before anything is loaded. */
const nothing = {
  phase: "opening", // then live, offline (tries again by itself), or ended
  trouble: null, // when ended: {code, message}
  me: "", // the name of the seat
  alone: false, // the person has no agent there
  room: null, // as in room_info
  messages: [], // in the order of the room, without gaps up to the newest
  earlier: false, // there are more before those
  firstUnread: "", // the id of the first message that was unread when the page opened
  requests: [],
  agreements: [],
  reins: { paused: false, approve: false, drafts: [] },
  outbox: [], // what is being sent: {key, args, state: sending | held | refused, why}
  clock: 0, // ms to add to this machine's time for the server's
};

export class Room {
  #listeners = new Set();
  #cursor = "";
  #known = new Set();
  #stop = new AbortController();

  /** @param seat as in kept.js */
  constructor(seat) {
    this.seat = seat;
    this.state = { ...nothing, me: seat.name ?? "", alone: !!seat.alone, outbox: kept.notesOf(seat.token).outbox ?? [] };
  }

  /** Calls listen after each change, until the function that it returns is called. */
  subscribe(listen) {
    this.#listeners.add(listen);
    return () => this.#listeners.delete(listen);
  }

  #set(parts) {
    this.state = { ...this.state, ...parts };
    for (const listen of this.#listeners) listen();
  }

  /** Calls a tool for this seat. */
  call(tool, args = {}, bearer = this.seat.token) {
    return call(tool, { agent_token: this.seat.token, ...args }, { bearer, signal: this.#stop.signal });
  }

  /** Opens the link if that is still to be done, loads the room and follows it, until close. */
  async run() {
    for (let failed = 0; ; failed++) {
      try {
        await this.#load();
        for (failed = 0; ; failed = 0) await this.#follow();
      } catch (problem) {
        if (this.#stop.signal.aborted) return;
        if (problem instanceof Refusal && ends.includes(problem.code)) {
          return this.#set({ phase: "ended", trouble: { code: problem.code, message: problem.message } });
        }
        this.#set({ phase: "offline" });
        await pause(problem.retryAfter ?? Math.min(30, 2 ** failed), this.#stop.signal);
      }
    }
  }

  close() {
    this.#stop.abort();
  }

  async #load() {
    if (this.seat.claim) {
      await this.call("steer", { claim: this.seat.claim }, this.seat.claim);
      this.#keep({ claim: "" });
    }
    if (this.#cursor) return; // what is known has no gap: go on from there
    const history = await this.call("message_history", { limit: pageSize });
    this.#cursor = history.cursor;
    this.#append(history.messages);
    this.#set({ earlier: !!history.has_more });
    await this.refresh();
    this.#set({ phase: "live" });
  }

  async #follow() {
    const got = await this.call("wait_for_message", { cursor: this.#cursor, wait_seconds: 50 });
    this.#cursor = got.cursor;
    this.#append(got.messages);
    this.#set({ phase: "live" });
    if (got.status === "removed") throw new Refusal("removed", "");
    if (got.messages.length) await this.refresh();
  }

  /** Reads anew who is there, what is open, and the reins. */
  async refresh() {
    const [info, reins] = await Promise.all([this.call("room_info"), this.call("steer")]);
    const me = info.room.agents.find((agent) => agent.you)?.name ?? this.state.me;
    this.#keep({ name: me, title: info.room.name });
    this.#set({ me, room: info.room, requests: info.requests ?? [], agreements: info.agreements ?? [], reins, clock: Date.parse(info.now) - Date.now() });
  }

  #keep(parts) {
    this.seat = { ...this.seat, ...parts };
    kept.keep(this.seat);
  }

  #append(messages) {
    const fresh = messages.filter(({ id }) => !this.#known.has(id));
    for (const { id } of fresh) this.#known.add(id);
    if (fresh.length) this.#set({ messages: [...this.state.messages, ...fresh] });
  }

  /** Loads what was said before. */
  async loadEarlier() {
    const [first] = this.state.messages;
    const got = await this.call("message_history", { limit: pageSize, ...(first && { before: first.id }) });
    for (const { id } of got.messages) this.#known.add(id);
    this.#set({ messages: [...got.messages, ...this.state.messages], earlier: !!got.has_more });
  }

  /** Sends a message: {text, to, ask, reply_to, kind}. It is sent once, whatever fails. */
  async send(args) {
    const message = { key: random(16), args, state: "sending", why: "" };
    this.#box([...this.state.outbox, message]);
    return this.#deliver(message);
  }

  async #deliver(message) {
    try {
      const got = await this.call("send_message", { ...message.args, idempotency_key: message.key });
      if (got.sent) return this.#box(this.state.outbox.filter(({ key }) => key !== message.key));
      this.#mark(message, "held", got.credential ?? "");
    } catch (problem) {
      if (problem instanceof Refusal) this.#mark(message, "refused", problem.message);
      else if (problem instanceof NoAnswer) setTimeout(() => this.#deliver(message), 2000);
    }
  }

  #mark(message, state, why) {
    this.#box(this.state.outbox.map((other) => (other.key === message.key ? { ...other, state, why } : other)));
  }

  #box(outbox) {
    kept.note(this.seat.token, { outbox });
    this.#set({ outbox });
  }
}

const pause = (seconds, signal) =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, seconds * 1000);
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve()));
  });

/** Returns the seat to which a claim leads, with the token that was made for it before. */
export function claimed(claim) {
  const seat = kept.seats().find((seat) => seat.claim === claim) ?? { room: claim.slice(1, 8), token: newToken(claim), claim };
  kept.keep(seat);
  return seat;
}
