// What a person has begun to say in a room. This browser keeps it, and all its tabs show the
// same: one that is looked at again takes over what was written in another.

import * as storage from "../storage.js";

/**
 * Nothing. audience is all, agent (a note to the own agent) or some: those in to. kind is as
 * of send_message; ask names who owes an answer, and reply is the id of what is answered.
 * before is the audience as it was before an answer changed it.
 */
/** @type {{text: string, audience: string, to: string[], ask: string[], kind: string, reply: string, before: any}} */
const nothing = { text: "", audience: "all", to: [], ask: [], kind: "", reply: "", before: null };

const rest = 300; // ms without a change after which a draft is kept

export class Draft {
  #listeners = new Set();
  #timer = 0;
  #kept = ""; // as JSON

  /** @param {string} token of the person's seat */
  constructor(token) {
    this.token = token;
    this.now = nothing;
    this.#adopt();
  }

  /** Calls listen after each change, and follows other tabs, until what it returns is called. */
  watch(listen) {
    const look = () => document.visibilityState === "visible" ? this.#adopt() : this.#keep();
    const keep = () => this.#keep();
    const adopt = () => this.#adopt();
    this.#listeners.add(listen);
    addEventListener("storage", adopt);
    addEventListener("pagehide", keep);
    document.addEventListener("visibilitychange", look);
    return () => {
      this.#keep();
      this.#listeners.delete(listen);
      removeEventListener("storage", adopt);
      removeEventListener("pagehide", keep);
      document.removeEventListener("visibilitychange", look);
    };
  }

  /** Changes parts of the draft, at once. */
  change(parts) {
    this.now = { ...this.now, ...parts };
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#keep(), rest);
    for (const listen of this.#listeners) listen();
  }

  /** Begins an answer to a message, for those who read that message. kind is "", agree or object. */
  answer(message, kind, me) {
    const before = this.now.before ?? { audience: this.now.audience, to: this.now.to };
    this.change({ reply: message.id, kind, ask: [], before, ...readersOf(message, me) });
  }

  /** Ends the answer, and returns to the audience before it. */
  unanswer() {
    this.change({ reply: "", kind: "", before: null, ...(this.now.before ?? {}) });
  }

  /** Empties the draft, for the same audience, and keeps that at once. */
  clear() {
    const { audience, to } = this.now.before ?? this.now;
    this.change({ ...nothing, audience, to });
    this.#keep();
  }

  #keep() {
    clearTimeout(this.#timer);
    const text = JSON.stringify(this.now);
    if (text === this.#kept) return;
    this.#kept = text;
    storage.note(this.token, { draft: this.now });
  }

  /** Takes over what is kept, if another tab has kept something else. */
  #adopt() {
    const { draft } = storage.notesOf(this.token);
    if (!draft) return;
    const text = JSON.stringify({ ...nothing, ...draft });
    if (text === this.#kept) return;
    clearTimeout(this.#timer);
    this.#kept = text;
    this.now = { ...nothing, ...draft };
    for (const listen of this.#listeners) listen();
  }
}

/** Returns the audience of an answer: nobody reads it who did not read the message. */
export function readersOf(message, me) {
  if (!message.to?.length) return { audience: "all", to: [] };
  const to = [...new Set([message.from, ...message.to])].filter((name) => name !== me);
  return to.length && message.from !== "your user" ? { audience: "some", to } : { audience: "agent", to: [] };
}

/** Returns the arguments of send_message for a draft. */
export function messageOf({ text, audience, to, ask, kind, reply }, me) {
  const args = {};
  if (text.trim()) args.text = text.replace(/^\s*\n/, "").trimEnd();
  if (audience === "some") args.to = to;
  if (audience === "agent") args.to = [me];
  if (reply) args.reply_to = reply;
  if (audience === "agent") return args; // a note wants nothing
  if (kind) args.kind = kind;
  if (kind === "request" && ask.length) args.ask = ask;
  return args;
}

/**
 * Returns what a draft with files becomes: message, the arguments of send_message, and share, what is
 * said of the files. The text goes with the first file, unless something is wanted: only a message of
 * its own can ask, propose, agree or object.
 */
export function sharedBy(message, files) {
  if (!files) return { message, share: {} };
  const { text: note, kind, ask: _, ...share } = message;
  if (kind) return { message: note || kind === "agree" ? message : null, share };
  return { message: null, share: { ...share, ...(note && { note }) } };
}
