// How a person supervises its agent: whether that is paused, which of its messages are approved, and the
// drafts that wait for it. Another device or tab may decide about a draft: it leaves the page at once, and
// what the person was writing in its place, or why it refuses it, is shown as words that came too late.

import { added, approvalOf, approving, both } from "./approval.js";
import { Decisions, undo } from "./decisions.js";
import { Refusal } from "./mcp.js";
import { Restraint } from "./restraint.js";
import { roomWords } from "./room-words.js";

/**
 * The supervision of an agent that is not held back, and before it is known.
 * @type {import("./types.d.ts").State["supervision"]}
 */
export const unheld = { paused: false, approve: false, drafts: [] };

export class Supervision {
  edits = new Map(); // what the person is writing in place of a draft, by its id; this browser keeps it
  anyway = new Set(); // the ids of drafts of which the person knows that what they answer is open no more
  #shown = unheld;
  /** @type {import("./types.d.ts").State["approved"]} */
  #approved = [];
  /** @type {string[]} */
  #late = [];
  #changed = 0; // how often the person has changed it
  #decided = new Set(); // the ids of drafts that the log or an answer says were decided
  #deciding = /** @type {import("./types.d.ts").State["deciding"]} */ ({}); // in this tab
  #noted = ""; // how much of its messages is approved, as this browser has heard
  /** @type {import("./results.d.ts").Differing[]} */
  #differing = []; // as they were read
  /** @type {string[]} */
  #away = []; // the last of those that the person has put away here: a further one brings them back
  #called = new Set(); // the ids of drafts about which a call of this page may have decided

  /**
   * @param {{call: (args: object, how: object) => Promise<any>,
   *   again: (what?: import("./types.d.ts").Due) => void, isOffline: () => boolean,
   *   notes: () => {edits?: Record<string, string>, deciding?: Record<string, [number, string, boolean]>,
   *     restraint?: import("./restraint.js").Restraints, approval?: string},
   *   note: (parts: object) => void, show: (parts: Partial<import("./types.d.ts").State>) => void,
   *   clock: import("./types.d.ts").Clock, signal: AbortSignal}} room
   *   call calls supervise, how is of mcp.js; again has it read once more, or what; notes is what this browser keeps,
   *   and note replaces parts of that
   */
  constructor(room) {
    const { notes, note, show, clock, signal } = room;
    this.room = room;
    this.decisions = new Decisions({
      send: (draft, decision, text, leaving) => this.change({
        draft, decision, ...(text && { text }),
        ...(decision !== "refuse" && this.anyway.has(draft) && { anyway: true }),
      }, leaving ? { keepalive: true } : { signal }),
      show: (deciding) => this.#decide(deciding),
      clock,
      signal,
    });
    this.restraint = new Restraint({
      call: (args) => this.#hold(args),
      kept: () => notes().restraint ?? {},
      keep: (restraint) => note({ restraint }),
      show: (restraint) => show({ restraint }),
      clock,
      signal,
    });
  }

  /** Takes up what the person was writing when the page was loaded, and what another tab has decided. */
  open() {
    this.edits = new Map(Object.entries(this.#written));
    this.#noted = this.room.notes().approval ?? "";
    this.#approved = []; // what is loaded now has them
    this.heard();
  }

  /** Another tab of this browser has noted something: what it has decided, or that others of the messages wait now. */
  noted() {
    const { approval = "" } = this.room.notes();
    if (approval !== this.#noted) this.room.again();
    this.#noted = approval;
    this.heard();
  }

  /** Shows what this tab has decided, and tells the other tabs of this browser: there it waits no more, either. */
  #decide(deciding) {
    const own = { ...this.#deciding, ...deciding };
    const others = Object.entries(this.#decidedElsewhere()).filter(([id]) => !Object.hasOwn(own, id));
    const until = this.room.clock.now() + 2 * undo; // a tab that has gone before undoes nothing
    const mine = Object.entries(deciding).map(([id, { decision, sent }]) => [id, [until, decision, sent]]);
    this.#deciding = deciding;
    this.room.note({ deciding: Object.fromEntries([...others, ...mine]) });
    this.heard();
  }

  /** Returns until when other tabs may undo what they have decided, and what that is, by the ids of the drafts. */
  #decidedElsewhere() {
    const now = this.room.clock.now();
    return Object.fromEntries(Object.entries(this.room.notes().deciding ?? {})
      .filter(([id, [until]]) => !Object.hasOwn(this.#deciding, id) && until > now));
  }

  /** Shows what is decided, once this tab or another has changed that. */
  heard() {
    const elsewhere = Object.entries(this.#decidedElsewhere());
    const sent = Object.fromEntries(elsewhere.map(([id, [ends, decision]]) =>
      [id, { decision, text: "", held: false, ends, sent: true, elsewhere: true }]));
    this.room.show({ deciding: { ...sent, ...this.#deciding } });
    if (!elsewhere.length) return;
    const { clock, signal } = this.room;
    const next = Math.min(...elsewhere.map(([, [until]]) => until)) - clock.now();
    clock.pause(Math.max(1, next), signal).then(() => signal.aborted || this.heard());
  }

  /** Reads it anew. */
  async read() {
    const changed = this.#changed;
    const held = await this.room.call({}, { signal: this.room.signal });
    if (changed === this.#changed) this.#show(held);
    else this.room.again(); // what came may be from before
  }

  /** Takes in what was read with other news: {drafts, paused, person_name}. */
  told(parts) {
    this.#show({ ...this.#shown, ...parts });
  }

  /** Takes in what differs, as it was read: what was put away may be among it still. */
  differs(/** @type {import("./results.d.ts").Differing[]} */ differing) {
    this.#differing = differing;
    this.#away = this.#away.filter((away) => differing.some(({ last }) => last === away));
    this.room.show({ differing: differing.filter(({ last }) => !this.#away.includes(last)) });
  }

  /** Puts away what differs, up to the last that the person has seen of it. */
  async putAway(last) {
    await this.room.call({ put_away: last }, { signal: this.room.signal });
    this.#away = [...this.#away, last];
    this.differs(this.#differing);
  }

  /** Takes away the drafts that messages of the log say were decided, at once. */
  arrived(messages) {
    for (const { draft, text } of messages.filter(({ draft }) => draft)) {
      this.#decided.add(draft);
      if (text && this.edits.get(draft)?.trim() === text.trim()) this.edit(draft, null); // its answer may be lost
    }
    this.#approved = this.#approved.filter(({ id }) => !messages.some(({ draft }) => draft === id));
    this.#show(this.#shown);
  }

  /** The room is over: nothing waits in it. Of a rejection without a word there is nothing to tell. */
  end() {
    for (const [id, { decision, text }] of Object.entries(this.#deciding))
      if (decision === "refuse" && !text) this.decisions.undo(id);
    this.#show(unheld);
  }

  /**
   * Pauses the agent, or has more of its messages approved, once there is a connection: {paused: true}, {approve: true}
   * or {approve_some: kinds}.
   */
  restrain(args) {
    const done = this.restraint.take(args);
    if (this.room.isOffline()) this.restraint.show(); // a call may take long to fail
    return done;
  }

  /** Does so now. Meanwhile the person may have had others approved, on another device: these still are. */
  async #hold(/** @type {import("./restraint.js").Restraints} */ { paused, ...more }) {
    const { call, signal } = this.room;
    const wanted = approvalOf(more);
    const before = wanted === "all" || !wanted.length ? [] : approvalOf(await call({}, { signal }));
    const approval = both(wanted, before);
    const args = { ...(paused && { paused }), ...(approval.length && approving(approval)) };
    await this.change(args, { signal, holds: true });
  }

  /**
   * Has less approved than what is known. What was added meanwhile on another device stays: the person has not seen it.
   */
  async loosen(approval, known) {
    const now = approvalOf(await this.room.call({}, { signal: this.room.signal }));
    return this.change(approving(both(approval, added(now, known))));
  }

  /**
   * Calls supervise, which pauses the agent, sets which of its messages are approved, adds or ends a hook, or decides
   * about a draft: {paused, approve, approve_some, add_hook, end_hook, draft, decision, text, anyway}. Returns the
   * supervision. A decision that comes too late throws, and state.late has it: the draft has left the page. how is of
   * calling.js.
   */
  async change(args, how = /** @type {object} */ ({ signal: this.room.signal })) {
    const { draft, decision } = args;
    const one = this.#shown.drafts.find(({ id }) => id === draft);
    const again = this.#called.has(draft);
    if (draft) this.#called.add(draft);
    try {
      const supervision = await this.room.call(args, how);
      if (this.edits.has(draft)) this.edit(draft, null); // what another tab writes is too late there
      if (one && decision !== "refuse" && !this.#decided.has(draft)) this.#approved = [...this.#approved, one];
      if (draft) this.#decided.add(draft); // an answer from before may come after this one
      this.#changed++;
      this.#show(supervision);
      this.#noted = String(approvalOf(supervision));
      this.room.note({ approval: this.#noted });
      return supervision;
    } catch (problem) {
      if (!draft || !(problem instanceof Refusal)) throw problem;
      await this.read().finally(() => this.#called.delete(draft));
      if (this.#shown.drafts.some(({ id }) => id === draft)) throw problem;
      if (again) { // a call without an answer has done it
        this.edit(draft, null);
        return this.#shown;
      }
      this.#tooLate(draft, args.text);
      throw new Refusal("decided", roomWords.late);
    }
  }

  /** Notes what the person is writing in place of a draft; null for nothing any more. */
  edit(id, text) {
    const { [id]: before, ...others } = this.#written;
    if (text === null) this.edits.delete(id);
    else this.edits.set(id, text);
    if (text !== (before ?? null)) this.#keep(text === null ? others : { ...others, [id]: text });
  }

  /** The person has read that it came too late. Its words are kept until then. */
  forgetLate() {
    const waiting = this.#shown.drafts.map(({ id }) => id);
    this.#keep(Object.fromEntries(Object.entries(this.#written).filter(([id]) => waiting.includes(id))));
    this.#showLate([]);
  }

  /** Shows the supervision without what the log says was decided meanwhile. */
  #show(supervision) {
    const drafts = supervision.drafts.filter(({ id }) => !this.#decided.has(id));
    this.#shown = drafts.length < supervision.drafts.length ? { ...supervision, drafts } : supervision;
    this.room.show({ supervision: this.#shown, approved: this.#approved });
    const gone = (id) => !drafts.some((draft) => draft.id === id);
    for (const [id, { text, sent }] of Object.entries(this.#deciding)) {
      if (sent || !gone(id)) continue;
      this.decisions.undo(id);
      if (!this.#called.has(id)) this.#tooLate(id, text);
    }
    for (const id of [...this.edits.keys()].filter(gone)) {
      const [, , sent] = this.#deciding[id] ? [] : (this.room.notes().deciding?.[id] ?? []);
      if (sent) this.edit(id, null); // as its page was left, which heard no answer
      else if (!this.#called.has(id)) this.#tooLate(id);
    }
  }

  /**
   * Shows the words of the person for a draft that waits no more: what it was writing in its place, unless another tab
   * has sent or dropped that, and why it refuses it, which is kept as an edit of no draft.
   */
  #tooLate(id, why = "") {
    const words = this.edits.get(id);
    this.edits.delete(id);
    const kept = Object.hasOwn(this.#written, id) ? [words] : [];
    const reason = why && why !== words ? [why] : [];
    if (reason.length) this.#keep({ ...this.#written, [id + " why"]: why });
    const late = words === undefined ? [why] : [...kept, ...reason];
    if (late.length) this.#showLate([...this.#late, ...late]);
  }

  #showLate(late) {
    this.#late = late;
    this.room.show({ late });
  }

  /** What this browser keeps of the edits. */
  get #written() {
    return this.room.notes().edits ?? {};
  }

  #keep(edits) {
    this.room.note({ edits });
  }
}
