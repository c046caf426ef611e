// The deciding half of a room, which an open room and one in the inbox have: the calls for the seat, the supervision of
// the person's agent, what the person says, and the name with which others see the person.

import { Calling } from "./calling.js";
import { Refusal, passes } from "./mcp.js";
import { Naming, refuseName } from "./naming.js";
import { Pending } from "./pending.js";
import { refusals } from "./refusal-words.js";
import { roomWords } from "./room-words.js";
import * as storage from "./storage.js";
import { Supervision } from "./supervision.js";

export class Deciding {
  /** @type {Pending} undefined until the seat is open */
  pending = /** @type {any} */ (undefined);
  /** @type {Calling} */
  #calling;
  #watching = false; // follows what other tabs keep: see #watchTabs

  /**
   * @param {{seat: () => import("./types.d.ts").Seat, state: () => import("./types.d.ts").State,
   *   show: (parts: Partial<import("./types.d.ts").State>) => void,
   *   messages: () => import("./results.d.ts").Message[], has: (id: string) => boolean, cursor: () => string,
   *   again: (what?: import("./types.d.ts").Due) => void, doubt: () => void, kept: (what: string) => void,
   *   clock: import("./types.d.ts").Clock, signal: AbortSignal}} room
   *   messages returns the messages of the log that are loaded, has reports whether one is, and cursor returns up to
   *   where the log is read; again has the supervision, or what, read once more; doubt is called after a call without
   *   an answer, and kept when another tab has changed what is kept of the seat: see storage.watch
   */
  constructor(room) {
    const { show, clock, signal } = room;
    const token = () => room.seat().token;
    const note = (parts) => storage.note(token(), parts);
    this.room = room;
    this.#calling = new Calling({ token, refusal: () => this.#refusal });
    this.supervision = new Supervision({
      call: (args, how) => this.#calling.call("supervise", args, how),
      again: (what) => room.again(what), isOffline: () => this.isOffline,
      notes: () => storage.notesOf(token()), note, show, clock, signal,
    });
    this.naming = new Naming({
      needed: () => this.#nameless,
      gives: () => this.#give(),
      show: (asksName, givesName) => show({ asksName, givesName }),
      skipped: () => this.#skip(),
      said: () => this.welcomed(),
    });
  }

  /** Calls a tool for the seat, while the person has it. */
  async call(tool, args = {}, signal = this.room.signal) {
    return this.#calling.call(tool, args, { signal });
  }

  /** Whether there is no connection. A room that other tabs alone follow has one. */
  get isOffline() {
    const { phase, trouble } = this.room.state();
    return phase === "offline" && !trouble;
  }

  /** Why no call is made; null if one is. */
  get #refusal() {
    const { phase, trouble } = this.room.state();
    if (phase === "ended") return new Refusal(/** @type {any} */ (trouble?.code), roomWords.over);
    if (!this.pending) return new Refusal("unavailable", refusals.noAnswer); // the server has not seen the token
    return null;
  }

  /** Takes up what was said before the page was loaded, as soon as the seat has its own token. */
  start() {
    const { room, room: { clock, signal, has, doubt } } = this;
    if (this.pending) return;
    this.pending = new Pending(room.seat().token, {
      send: (args, leaving) => this.#calling.call("send_message", { cursor: room.cursor(), ...args },
        leaving ? { keepalive: true } : { signal }),
      timeOf: ({ at }) => Date.parse(at) - room.state().clock,
      show: (pending) => this.#showSaid(pending),
      has, doubt, clock, signal,
    });
    room.show({ pending: this.pending.shown });
  }

  /** Takes up what was decided, here and in other tabs: the seat is open, and the room is not loaded yet. */
  open() {
    this.start();
    if (!this.#watching) this.#watchTabs();
    this.supervision.open();
  }

  /** Sends what waits: the room is loaded. */
  begin() {
    this.pending.begin();
    this.supervision.restraint.begin();
  }

  /** Follows what other tabs of this browser keep of the seat. */
  #watchTabs() {
    this.#watching = true;
    const end = storage.watch(this.room.seat().token, (what) => {
      if (what === "pending") this.pending.reload();
      if (what === "notes") this.supervision.noted();
      this.room.kept(what);
    });
    this.room.signal.addEventListener("abort", end);
  }

  /** Takes in messages that have come into the log, and shows the log. */
  arrived(fresh) {
    this.pending.arrived(fresh, this.isMine);
    this.supervision.arrived(fresh);
  }

  /** Reports whether the person, and not its agent, has said a message. */
  isMine = (/** @type {import("./results.d.ts").Message} */ { from, person }) =>
    from === this.room.state().me && !!person;

  /**
   * Shows what is pending and the log in one step: a message that goes from one to the other is in sight all the time,
   * and never twice.
   */
  #showSaid(pending) {
    const { pending: before } = this.room.state();
    const same = !pending.length && !before.length;
    this.room.show({ messages: this.room.messages(), pending: same ? before : pending });
  }

  /**
   * Sends a message, {text, to, ask, reply_to, kind, withdraw}, once, whatever fails. to names its readers, as far as
   * they are known. Resolves with its key among the pending as soon as this browser keeps it.
   */
  async send(args, to) {
    if (!this.pending) throw new Refusal("unavailable", refusals.noAnswer);
    return this.pending.take(args, to);
  }

  /**
   * Whether to ask for a name: others see none, the person can give one now, and wants one in this room as far as this
   * browser knows. What the person chose in a room counts there; else what it has chosen for all rooms.
   */
  get #nameless() {
    const { phase, alone, supervision } = this.room.state();
    return phase === "live" && !alone && !supervision.person_name && storage.name() !== "" &&
      !storage.notesOf(this.room.seat().token).unnamed;
  }

  /** Returns the name for all rooms, if what the person says next gives it to this one; "" if not. */
  get nameToGive() {
    return (this.#nameless && storage.name()) || "";
  }

  /** Tells the room that name, and throws why it does not take that. Returns null if there is none. */
  #give() {
    const { nameToGive } = this;
    if (!nameToGive) return null;
    return this.supervision.change({ person_name: nameToGive })
      .then(() => this.room.again({ info: true }), (problem) => passes(problem) || refuseName(problem));
  }

  /** The person wants no name here or, asked for the first time, in no room. */
  #skip() {
    const { room } = this;
    if (storage.name() === undefined) storage.keepName("");
    else storage.note(room.seat().token, { unnamed: true });
    room.show({ supervision: { ...room.state().supervision } }); // no parts of the page show the name any more
  }

  /** Takes what is said at the first opening out of sight, here and in all rooms that this browser opens later. */
  welcomed() {
    if (!this.room.state().welcomed) storage.keepWelcomed();
    this.room.show({ welcomed: true });
  }

  /** Makes the calls that wait at once, and those under way once more. */
  wake() {
    this.#calling.again();
    this.pending?.wake();
    this.supervision.restraint.wake();
  }

  /** Sends what could still be undone: the page is left. Resolves when all is sent. */
  leave() {
    return Promise.all([this.supervision.decisions.leave(), this.pending?.leave()]);
  }

  /** Sends what can still be sent: the room is over. Returns the parts of the state that refuse the rest. */
  end() {
    this.supervision.end(); // first: nobody would get what is left to decide
    this.leave();
    const { pending } = this.room.state();
    return { phase: "ended", requests: [], pending: pending.map(unsent) };
  }
}

/** Returns an item that was being sent as refused, since the room is over. */
export const unsent = (item) => ({ ...item, state: "refused", why: roomWords.over, waits: undefined });
