// A room behind fetch: it answers the calls that the page makes in the form of docs/tools.md, and
// fails as a test wants it to. The real server has no part in these tests. In e2e/browser it has:
// people use it there, it ends and comes back (TestOpen_*), and a proxy loses its answers and asks
// for patience (TestSend_*). Other failures are tried against this room alone.

import { HandClock } from "./platform.js";

import { createHash } from "node:crypto";

const json = (status, value, headers = {}) => new Response(JSON.stringify(value), {
  status, headers: { "Content-Type": "application/json", ...headers },
});

export class FakeServer {
  clock = new HandClock();
  messages = [];
  name = "den";
  agents = [{ name: "Ada", you: true, role: "admin" }, { name: "Bo" }];
  closed = false;
  requests = [];
  differing = [];
  agreements = [];
  supervision = { paused: false, approve: false, drafts: [] };
  calls = []; // {tool, args, bearer}
  tokens = new Set(); // that were opened
  claims = new Map(); // the token by which each was opened
  refusal = null; // {code, message, reason, by, note}: of every call
  busy = 0; // seconds after which calls are asked to come back
  offline = false;
  loses = () => false; // whether the answer to a call of a tool is lost
  swallowing = false; // calls that come now get no answer, ever, and the server only some of them
  hears = () => true; // whether it gets a call of a tool that is swallowed
  stalled = []; // tasks
  refused = new Map(); // by token, why a seat is refused when news is asked for
  waitsForNews = true;
  poll = 2; // seconds after which news may be asked for again
  bytes = 0; // of all answers about news
  page = "assets"; // the version of the page that it has
  superseded = 0; // how many waits another tab takes
  arrived = Infinity; // up to this place, answers have arrived; beyond it, one may be lost
  pageSize = 100;
  longest = 1_000; // characters of a text in one answer
  expired = new Set(); // ids of messages, from the first on
  #said = new Map(); // the ids by key
  #waiting = new Set();

  constructor() {
    globalThis.fetch = (address, init) => this.#fetch(String(address), init);
  }

  /** Returns how often a tool was called. */
  called(tool) {
    return this.calls.filter((call) => call.tool === tool).length;
  }

  /** Adds a message or an event, and returns its id. */
  says(from, text, more = {}) {
    return this.#add({ type: "message", from, text, ...more });
  }

  /** Has a message of the agent wait for its person, and returns the id of the draft. */
  drafts(text) {
    const id = this.happens({ type: "draft", text });
    this.supervision = { ...this.supervision, drafts: [...this.supervision.drafts, this.messages.at(-1)] };
    return id;
  }

  happens(event) {
    return this.#add(event);
  }

  #add(parts) {
    const id = "m" + String(this.messages.length + 1).padStart(6, "0");
    this.messages.push({ id, at: new Date(this.clock.at).toISOString().replace(/\.\d+Z/, "Z"), ...parts });
    this.wakes();
    return id;
  }

  /** Ends all waits. */
  wakes() {
    for (const wake of this.#waiting) wake();
  }

  async #fetch(address, { body, headers, signal }) {
    const { params, ...news } = JSON.parse(body);
    const { name: tool, arguments: args } = params ?? { name: "news", arguments: news };
    this.calls.push({ tool, args, address, bearer: headers.Authorization?.replace("Bearer ", "") });
    signal?.throwIfAborted();
    if (this.offline) throw new TypeError("fetch failed");
    if (this.swallowing) {
      if (this.hears(tool)) this.#answer(tool, args, signal);
      return new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
    }
    if (this.busy)
      return new Response("Too many calls.", { status: 429, headers: { "Retry-After": String(this.busy) } });
    const got = this.refusal
      ? { isError: true, structuredContent: this.refusal }
      : await this.#answer(tool, args, signal);
    signal?.throwIfAborted();
    if (this.offline || this.loses(tool)) throw new TypeError("fetch failed");
    if (tool === "news") return this.#told(JSON.stringify(got.structuredContent ?? got), got.isError ? 400 : 200);
    return json(200, { jsonrpc: "2.0", id: 1, result: got.isError ? got : { structuredContent: got } });
  }

  #answer(tool, args, signal) {
    const token = args.agent_token;
    if (tool === "supervise" && args.claim) {
      const by = this.claims.get(args.claim) ?? token;
      if (by !== token) return refused("not_allowed", "The link was opened.");
      this.claims.set(args.claim, token);
      this.tokens.add(token);
    } else if (token && !this.tokens.has(token)) {
      return refused("token_invalid", "The token is not valid.");
    }
    switch (tool) {
      case "supervise":
        return this.supervises(args);
      case "message_history":
        return this.#history(args);
      case "wait_for_message":
        return this.#wait(args, signal);
      case "room_info":
        return this.#info();
      case "send_message":
        return this.#send(args);
      case "news":
        return this.#news(args, signal);
    }
    return this.other?.(tool, args) ?? {};
  }

  supervises({ paused = this.supervision.paused, approve, approve_some: some, new_link: link, ...decision }) {
    const { draft, decision: how, text, add_push: push, end_hook: ended, put_away: away } = decision;
    this.differing = this.differing.filter(({ last }) => last !== away);
    const { hooks = [] } = this.supervision;
    if (push || ended) {
      const { push_words, push_drafts } = decision;
      const added = { id: "h1", push: true, this_device: true, host: "push.example", push_words, push_drafts };
      this.supervision = { ...this.supervision, hooks: push ? [added] : hooks.filter(({ id }) => id !== ended) };
    }
    const waiting = this.supervision.drafts.filter(({ id }) => id !== draft);
    if (draft && waiting.length === this.supervision.drafts.length)
      return refused("invalid_argument", "draft: no draft with this id waits for you.");
    this.supervision = { ...this.supervision, drafts: waiting, paused };
    if (approve !== undefined || some)
      Object.assign(this.supervision, { approve: !!approve, approve_some: some ?? [] });
    if (how === "refuse") this.happens({ type: "draft", reason: "refused", draft });
    else if (draft) this.says("Ada", text ?? "as drafted", { draft, reason: how === "edit" ? "edited" : "sent" });
    return { ...this.supervision, ...(link && { watch: "http://localhost/r/x#" + link }) };
  }

  #info() {
    const { requests, differing, agreements, name, agents, closed } = this;
    const now = new Date(this.clock.at).toISOString().replace(/\.\d+Z/, "Z");
    return { room: { name, agents, capacity: 5, closed }, requests, differing, agreements, now };
  }

  /** Answers a call for news: each seat is in this one room. */
  async #news({ wait_seconds: seconds, seats }, signal) {
    const until = this.clock.now() + 1000 * seconds;
    for (;;) {
      const { [0]: has_more, [1]: told } = this.#newsOf(seats);
      const left = this.waitsForNews ? until - this.clock.now() : 0;
      if (told.length || left <= 0) return { seats: told, has_more, poll_after_seconds: this.poll, now: "" };
      const over = new AbortController();
      const woken = new Promise((resolve, reject) => {
        this.#waiting.add(resolve);
        signal.addEventListener("abort", () => reject(signal.reason));
      });
      await Promise.race([woken, this.clock.pause(left, over.signal)]).finally(() => over.abort());
    }
  }

  #newsOf(seats) {
    const { name, agents, closed, supervision: { drafts, paused, person_name }, requests, stalled } = this;
    const message = ({ id }) => this.messages.find((one) => one.id === id);
    const asks = requests.filter(({ owed_by: by }) => by?.includes("Ada")).map((one) => this.#shown(
      message(one) ?? { type: "message", kind: one.proposal ? "proposal" : "request", at: "", ...one }));
    const info = { room: { name, agents, capacity: 5, closed }, requests, stalled, paused, person_name };
    const state = { needs: { drafts, asks }, info };
    const tag = createHash("sha256").update(JSON.stringify(state)).digest("base64url").slice(0, 12);
    const told = seats.map(({ token, after, tag: known }, n) => {
      const refused = this.refused.get(token) ?? (!this.tokens.has(token) && { code: "token_invalid", message: "No." });
      if (refused) return { n, refused };
      const from = this.messages.findIndex(({ id }) => id === after) + 1;
      const [first, end] = from ? [from, from + this.pageSize] : [Math.max(0, this.messages.length - this.pageSize)];
      const messages = this.messages.slice(first, end).map((one) => this.#shown(one));
      return {
        n, ...(tag !== known && { tag, ...state }), ...(messages.length && { messages }),
        ...(!from && first && { earlier: true }), ...(!from && after && { forgot: true }),
      };
    });
    const more = seats.flatMap(({ after }, n) => {
      const from = this.messages.findIndex(({ id }) => id === after) + 1;
      return from && from + this.pageSize < this.messages.length ? [n] : [];
    });
    return [more, told.filter((one) => Object.keys(one).length > 1)];
  }

  /** Counts the bytes of an answer about news. */
  #told(text, status) {
    this.bytes += text.length;
    return json(status, JSON.parse(text), { "Parley-Page": this.page });
  }

  #shown(message) {
    const gone = this.messages.some(({ changes }) => changes?.redacted === message.id);
    if (gone) return { ...message, text: "removed", redacted: true };
    if ((message.text ?? "").length <= this.longest) return message;
    const { text, ...rest } = message;
    return { ...rest, text: text.slice(0, this.longest), more: { id: message.id, offset: this.longest } };
  }

  #history({ limit = this.pageSize, before, after, id, offset = 0 }) {
    if (id) {
      const message = this.messages.find((one) => one.id === id);
      if (!message) return refused("invalid_argument", "There is no such message.");
      if (!offset) return { messages: [this.#shown(message)] };
      const { text, ...rest } = message;
      const [part, end] = [text.slice(offset, offset + this.longest), offset + this.longest];
      return { messages: [{ ...rest, text: part, ...(end < text.length && { more: { id, offset: end } }) }] };
    }
    const all = this.messages;
    if (after !== undefined) {
      const from = all.findIndex((one) => one.id === after) + 1;
      if (!from) return refused("invalid_argument", "There is no such message.");
      return {
        messages: all.slice(from, from + limit).map((one) => this.#shown(one)),
        has_more: all.length > from + limit,
      };
    }
    const there = (one) => one.id === before && !this.expired.has(before);
    const end = before === undefined ? all.length : all.findIndex(there);
    if (end < 0) return refused("invalid_argument", "There is no such message.");
    const from = Math.max(0, end - Math.min(limit, this.pageSize));
    return {
      messages: all.slice(from, end).map((one) => this.#shown(one)),
      has_more: from > 0,
      ...(from <= this.arrived && { cursor: String(all.length) }),
    };
  }

  async #wait({ cursor = this.arrived, wait_seconds: seconds }, signal) {
    if (this.superseded > 0) {
      this.superseded--;
      return { status: "superseded", messages: [], cursor };
    }
    if (this.messages.length === Number(cursor) && seconds > 0 && !this.closed) {
      await new Promise((resolve, reject) => {
        this.#waiting.add(resolve);
        signal?.addEventListener("abort", () => reject(signal.reason));
      });
    }
    if (this.offline) throw new TypeError("fetch failed");
    const end = Math.min(Number(cursor) + this.pageSize, this.messages.length);
    const messages = this.messages.slice(Number(cursor), end).map((one) => this.#shown(one));
    const status = this.closed ? "removed" : "messages";
    return { status, messages, has_more: end < this.messages.length, cursor: String(end) };
  }

  #send({ idempotency_key: key, text = "", to, reply_to, kind, ask }) {
    if (this.closed) return refused("room_closed", "This room is closed.");
    if (to?.includes("Nobody")) return refused("agent_not_found", "There is no agent Nobody.");
    if (!this.#said.has(key)) this.#said.set(key, this.says("Ada", text, { person: true, to, reply_to, kind, ask }));
    return { sent: true, id: this.#said.get(key) };
  }
}

/** Returns a refusal as a tool gives it. */
export const refused = (code, message) => ({ isError: true, structuredContent: { code, message } });
