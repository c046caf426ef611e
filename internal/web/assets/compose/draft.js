// What a person has begun to say in a room. This browser keeps it, and all its tabs show the
// same: one that is looked at again takes over what was written in another.

import * as storage from "../storage.js";
import { everyone } from "../talk/names.js";

/**
 * An empty draft. audience is all, agent (a note to the own agent) or some: those in to. kind is as of send_message;
 * ask names who owes an answer, null before the person has chosen, and reply is the id of what is answered. before is
 * the audience as it was before an answer changed it. files are of this tab alone. aside is another draft, which waits
 * until this one is sent or makes way.
 * @type {{text: string, audience: string, to: string[], ask: string[] | null, kind: string, reply: string, before: any,
 *   files: File[], aside: any}}
 */
const nothing = {
  text: "", audience: "all", to: [], ask: null, kind: "", reply: "", before: null, files: [], aside: null,
};

const rest = 300; // ms without a change after which a draft is kept
const twice = 500; // ms within which two presses are one

export class Draft {
  #listeners = new Set();
  #timer = 0;
  #kept = ""; // as JSON
  #returned = -Infinity; // when what was set aside came back, in ms

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

  /** Takes a file out, also of what is set aside. */
  drop(file) {
    this.change(without(this.now, file));
  }

  /** Begins another draft, and sets aside what is written. */
  begin(parts) {
    const { now } = this;
    this.change({ ...nothing, before: ownReaders(now), ...parts, aside: holds(now) ? now : now.aside });
  }

  /**
   * Begins an answer to a message, for those who read that message. kind is "", agree or object. What was written for
   * fewer is set aside: otherwise the next Enter would publish it.
   */
  answer(message, kind, me) {
    const { now } = this;
    const parts = { reply: message.id, kind, ask: null, ...readersOf(message, me) };
    if (holds(now) && widens(now, parts)) this.begin(parts);
    else this.change({ before: ownReaders(now), ...parts });
  }

  /** Returns to the draft that was set aside, and sets aside what is written instead. */
  swap() {
    const { now, now: { aside } } = this;
    this.change({ ...aside, aside: holds(now) ? { ...now, aside: aside.aside } : aside.aside });
  }

  /**
   * Ends the answer, and returns to the audience before it unless what is written would gain readers. An answer without
   * words makes way for the draft that was set aside.
   */
  unanswer() {
    const { now, now: { before } } = this;
    if (now.aside && !holds(now)) this.swap();
    else if (holds(now) && widens(now, before)) this.change({ reply: "", kind: "" });
    else this.change({ reply: "", kind: "", before: null, ...before });
  }

  /** Empties the draft, for the same audience, or returns to the one that was set aside, and keeps that at once. */
  clear() {
    const { now } = this;
    if (now.aside) this.#returned = performance.now();
    this.change(now.aside ?? { ...nothing, ...ownReaders(now) });
    this.#keep();
  }

  /** Reports whether what was set aside has just come back: the second press of a double click must not send it. */
  hasReturned() {
    return performance.now() - this.#returned < twice;
  }

  /** Keeps what is written. An answer without words is of this tab alone: another would send its words as that. */
  #keep() {
    clearTimeout(this.#timer);
    const { now } = this;
    const kept = holds(now) ? now : { ...nothing, ...ownReaders(now), aside: now.aside };
    const text = JSON.stringify(kept, (key, value) => (key === "files" ? [] : value));
    if (text === this.#kept) return;
    this.#kept = text;
    storage.note(this.token, { draft: JSON.parse(text) });
  }

  /** Takes over what is kept, if another tab has kept something else. */
  #adopt() {
    const { draft } = storage.notesOf(this.token);
    if (!draft) return;
    const now = { ...nothing, ...draft };
    const text = JSON.stringify(now);
    if (text === this.#kept) return;
    clearTimeout(this.#timer);
    this.#kept = text;
    this.now = withFiles(now, this.now);
    for (const listen of this.#listeners) listen();
  }
}

/** Returns what is written in a draft, and in those that it has set aside. */
export const wordsIn = (draft) => (draft ? [draft.text.trim(), ...wordsIn(draft.aside)].filter(Boolean) : []);

/** Returns the audience that the person has chosen: that before an answer. */
const ownReaders = ({ before, audience, to }) => before ?? { audience, to };

/** Reports whether a draft has words or files that could be lost. */
const holds = ({ text, files }) => text.trim() !== "" || files.length > 0;

/** Returns a draft, or the first one behind it that could be lost. */
const holding = (draft) => (!draft || holds(draft) ? draft : holding(draft.aside));

/** Returns a draft that another tab has kept, with the files of this tab's own, and of what that has set aside. */
function withFiles(kept, own) {
  const aside = kept.aside ?? (own.aside && { ...own.aside, text: "", aside: null });
  return {
    ...kept, files: widens(own, kept) ? [] : own.files, aside: holding(aside && withFiles(aside, own.aside ?? nothing)),
  };
}

/** Returns a draft without a file, as is what it has set aside. */
const without = (draft, file) => draft && {
  ...draft, files: draft.files.filter((one) => one !== file), aside: holding(without(draft.aside, file)),
};

/** Reports whether an audience has readers whom another one has not. The own agent is in each. */
const widens = (from, then) => !!then && from.audience !== "all" && then.audience !== "agent" &&
  (from.audience === "agent" || then.audience === "all" || then.to.some((name) => !from.to.includes(name)));

/** Returns the audience of an answer: nobody reads it who did not read the message. */
export function readersOf(message, me) {
  if (!message.to?.length) return { audience: "all", to: [] };
  const to = [...new Set([message.from, ...message.to])].filter((name) => name !== me);
  return to.length && message.from !== "your user" ? { audience: "some", to } : { audience: "agent", to: [] };
}

/** Returns who reads a draft, for its person to see; undefined: all. */
export const shownReaders = ({ audience, to }, me) => ({ some: to, agent: [me] })[audience];

/** Returns a text as it is sent: its first line may be indented. */
export const trimmed = (text) => text.replace(/^\s*\n/, "").trimEnd();

/**
 * Reports whether a draft is an answer whose readers the person has not chosen: the server knows who could read what it
 * answers, by more than names. A suggestion without readers would be for all.
 */
export const keepsReaders = ({ reply, before, audience, kind }) =>
  reply !== "" && before !== null && audience !== "agent" && kind !== "proposal";

/** Returns the arguments of send_message for a draft. */
export function messageOf(draft, me) {
  const { text, audience, to, ask, kind, reply } = draft;
  const args = {};
  if (text.trim()) args.text = trimmed(text);
  if (audience === "agent") args.to = [me];
  else if (audience === "some" && !keepsReaders(draft)) args.to = to;
  else if (audience === "all" && reply && !keepsReaders(draft)) args.to = [everyone];
  if (reply) args.reply_to = reply;
  if (audience === "agent") return args; // a note wants nothing
  if (kind) args.kind = kind;
  if (kind === "request" && ask?.length) args.ask = ask;
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
