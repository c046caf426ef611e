// How a person supervises its agent: whether that is paused, which of its messages are approved, and the
// drafts that wait for it. Another device or tab may decide about a draft: it leaves the page at once, and
// what the person was writing in its place, or why it refuses it, is shown as words that came too late.

import { added, approvalOf, approving, both } from "./approval.js";
import { Refusal } from "./mcp.js";
import { Refusals, undo } from "./refusals.js";
import { Restraint } from "./restraint.js";
import { roomWords } from "./room-words.js";

/**
 * The supervision of an agent that is not held back, and before it is known.
 * @type {import("./types.d.ts").State["supervision"]}
 */
export const unheld = { paused: false, approve: false, drafts: [] };

export class Supervision {
  edits = new Map(); // what the person is writing in place of a draft, by its id; this browser keeps it
  #shown = unheld;
  /** @type {string[]} */
  #late = [];
  #changed = 0; // how often the person has changed it
  #decided = new Set(); // the ids of drafts that the log says were decided
  #refusing = /** @type {import("./types.d.ts").State["refusing"]} */ ({}); // in this tab
  #deciding = new Set(); // the ids of drafts about which a call of this page may have decided

  /**
   * @param {{call: (args: object, how: object) => Promise<any>, again: () => void, isOffline: () => boolean,
   *   notes: () => {edits?: Record<string, string>, refusing?: Record<string, number>,
   *     restraint?: import("./restraint.js").Restraints},
   *   note: (parts: object) => void, show: (parts: Partial<import("./types.d.ts").State>) => void,
   *   clock: import("./types.d.ts").Clock, signal: AbortSignal}} room
   *   call calls supervise, how is of mcp.js; again has it read once more; notes is what this browser keeps, and note
   *   replaces parts of that
   */
  constructor(room) {
    const { notes, note, show, clock, signal } = room;
    this.room = room;
    this.refusals = new Refusals({
      send: (draft, text, leaving) =>
        this.change({ draft, decision: "refuse", ...(text && { text }) }, leaving ? { keepalive: true } : { signal }),
      show: (refusing) => this.#refuse(refusing),
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

  /** Takes up what the person was writing when the page was loaded, and what another tab has refused. */
  open() {
    this.edits = new Map(Object.entries(this.#written));
    this.heard();
  }

  /** Shows what this tab has refused, and tells the other tabs of this browser: there it waits no more, either. */
  #refuse(refusing) {
    const own = [...Object.keys(this.#refusing), ...Object.keys(refusing)];
    const others = Object.entries(this.#refusedElsewhere()).filter(([id]) => !own.includes(id));
    const until = this.room.clock.now() + 2 * undo; // a tab that has gone before undoes nothing
    this.#refusing = refusing;
    this.room.note({ refusing: Object.fromEntries([...others, ...Object.keys(refusing).map((id) => [id, until])]) });
    this.heard();
  }

  /** Returns until when other tabs may undo what they have refused, by the ids of the drafts. */
  #refusedElsewhere() {
    const now = this.room.clock.now();
    return Object.fromEntries(Object.entries(this.room.notes().refusing ?? {})
      .filter(([id, until]) => !Object.hasOwn(this.#refusing, id) && until > now));
  }

  /** Shows what is refused, once this tab or another has changed that. */
  heard() {
    const elsewhere = this.#refusedElsewhere();
    const sent = Object.fromEntries(Object.keys(elsewhere).map((id) => [id, { why: "", held: false, sent: true }]));
    this.room.show({ refusing: { ...sent, ...this.#refusing } });
    const ends = Object.values(elsewhere);
    if (!ends.length) return;
    const { clock, signal } = this.room;
    clock.pause(Math.max(1, Math.min(...ends) - clock.now()), signal).then(() => signal.aborted || this.heard());
  }

  /** Reads it anew. */
  async read() {
    const changed = this.#changed;
    const held = await this.room.call({}, { signal: this.room.signal });
    if (changed === this.#changed) this.#show(held);
    else this.room.again(); // what came may be from before
  }

  /** Takes away the drafts that messages of the log say were decided, at once. */
  arrived(messages) {
    for (const { draft } of messages) if (draft) this.#decided.add(draft);
    this.#show(this.#shown);
  }

  /** The room is over: nothing waits in it. Of a rejection without a word there is nothing to tell. */
  end() {
    for (const [id, { why }] of Object.entries(this.#refusing)) if (!why) this.refusals.undo(id);
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
   * about a draft: {paused, approve, approve_some, add_hook, end_hook, draft, decision, text}. Returns the supervision.
   * A decision that comes too late throws, and state.late has it: the draft has left the page. how is of calling.js.
   */
  async change(args, how = /** @type {object} */ ({ signal: this.room.signal })) {
    const { draft } = args;
    const again = this.#deciding.has(draft);
    if (draft) this.#deciding.add(draft);
    try {
      const supervision = await this.room.call(args, how);
      if (this.edits.has(draft)) this.edit(draft, null); // what another tab writes is too late there
      this.#changed++;
      this.#show(supervision);
      return supervision;
    } catch (problem) {
      if (!draft || !(problem instanceof Refusal)) throw problem;
      await this.read().finally(() => this.#deciding.delete(draft));
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
    this.room.show({ supervision: this.#shown });
    for (const id of this.edits.keys())
      if (!this.#deciding.has(id) && !drafts.some((draft) => draft.id === id)) this.#tooLate(id);
    for (const [id, { why, sent }] of Object.entries(this.#refusing)) {
      if (sent || drafts.some((draft) => draft.id === id)) continue;
      this.refusals.undo(id);
      if (!this.#deciding.has(id)) this.#tooLate(id, why);
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
