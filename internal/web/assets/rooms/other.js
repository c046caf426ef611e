// A room of the inbox: the deciding half of a room, and what news tells of the rest (see mine.js). It asks for nothing
// by itself.

import { clock as realClock } from "../clock.js";
import { Draft } from "../compose/draft.js";
import { Deciding } from "../deciding.js";
import { Gallery } from "../files/gallery.js";
import { fileOf } from "../files/wire.js";
import { whole } from "../history.js";
import { RoomState } from "../state.js";
import * as storage from "../storage.js";
import { outcomesOf } from "../talk/outcomes.js";
import { TaskList } from "../tasks/list.js";
import { withColours } from "../ui/colour.js";

export class OtherRoom {
  /** @type {RoomState} */
  #roomState;
  /** @type {import("../types.d.ts").Known | undefined} */
  #heard;
  #loaded = new Map(); // by id: messages that were loaded for a quote, or whole
  #stop = new AbortController();
  /** @type {Draft | undefined} */
  #draft;

  /**
   * @param {import("../types.d.ts").Seat} seat that is open
   * @param {import("../types.d.ts").Clock} clock
   */
  constructor(seat, clock = realClock) {
    this.seat = seat;
    this.clock = clock;
    const { restraint = {} } = storage.notesOf(seat.token);
    const own = this.#roomState = new RoomState({ phase: "live", me: seat.name ?? "", alone: !!seat.alone, restraint });
    const { signal } = this.#stop;
    this.deciding = new Deciding({
      seat: () => seat, state: () => this.state, show: (parts) => own.set(parts),
      messages: () => this.state.messages, has: (id) => this.state.messages.some((message) => message.id === id),
      cursor: () => "", again: () => {}, doubt: () => {}, // the next news tells
      kept: (what) => what === "forgotten" && this.#end("no_seat"), clock, signal,
    });
    this.supervision = this.deciding.supervision;
    this.naming = this.deciding.naming;
    this.refresh = { want() {} }; // the next news tells
    this.tasks = new TaskList({ // it is asked for titles
      call: (tool, args) => this.deciding.call(tool, args), again: () => {}, show: (parts) => own.set(parts),
      clock, signal,
    });
    this.gallery = new Gallery((id) => this.fileOf(id));
    this.paging = { quote: (id) => this.#load(id).catch(() => {}), textOf: (id) => this.#load(id, true) };
    this.deciding.open();
  }

  get state() {
    return this.#roomState.state;
  }

  /** Calls listen after each change, until the function that it returns is called. */
  subscribe(listen) {
    return this.#roomState.subscribe(listen);
  }

  get pending() {
    return this.deciding.pending;
  }

  get isOffline() {
    return this.deciding.isOffline;
  }

  /** What the person has begun to say in the room: an answer here is one in its composer. */
  get draft() {
    return (this.#draft ??= new Draft(this.seat.token));
  }

  /** Sends a message: see Deciding. */
  async send(args, to) {
    return this.deciding.send(args, to);
  }

  fileOf(id) {
    return fileOf((tool, args) => this.deciding.call(tool, args), id, this.#stop.signal);
  }

  /** Says whether there is a network. */
  online(/** @type {boolean} */ yes) {
    if (this.state.phase === "ended") return;
    this.#roomState.set({ phase: yes ? "live" : "offline" });
    if (yes) this.deciding.wake();
  }

  /** Takes in what news has told of the room. */
  hear(/** @type {import("../types.d.ts").Known} */ known) {
    const before = this.#heard;
    if (known === before || this.state.phase === "ended") return;
    this.#heard = known;
    const { ended, info, needs, messages } = known;
    if (ended || info?.room.closed) return this.#end(ended || "room_closed");
    if (!info) return;
    const fresh = messages.filter(({ id }) => !before?.messages.some((one) => one.id === id));
    if (needs !== before?.needs || messages !== before.messages) this.#show();
    if (info !== before?.info) this.#tell(info);
    if (fresh.length) this.deciding.arrived(fresh);
    if (!before?.info) this.deciding.begin();
  }

  #tell(/** @type {NonNullable<import("../types.d.ts").Known["info"]>} */ info) {
    const { room, requests = [], stalled = [], paused = false, person_name } = info;
    this.supervision.told({ paused, person_name });
    const you = room.agents.find((agent) => agent.you);
    this.#roomState.set({
      room, requests, me: you?.name ?? this.state.me, alone: !!you?.alone,
      tasks: /** @type {any[]} */ (stalled.map((task) => ({ ...task, state: "stalled" }))),
      colours: withColours(new Map(storage.notesOf(this.seat.token).colours), room.agents.map(({ name }) => name)),
    });
  }

  /** Shows the messages that are known, in the order of the room, and the drafts. */
  #show() {
    const { needs, messages } = /** @type {import("../types.d.ts").Known} */ (this.#heard);
    const latest = new Set(messages.map(({ id }) => id));
    const earlier = [...needs.questions, ...needs.asks, ...this.#loaded.values()]
      .filter(({ id }, n, all) => !latest.has(id) && all.findIndex((one) => one.id === id) === n)
      .sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
    const all = [...earlier, ...messages].map((message) => (message.more && this.#loaded.get(message.id)) || message);
    this.#roomState.set({ messages: all, asOf: all.at(-1)?.id ?? "" });
    this.supervision.differs(needs.differing);
    this.supervision.told({ drafts: needs.drafts.map((draft) => this.#draftNow(draft, all)) });
  }

  /**
   * Returns a draft as it is now: with its whole text if that was loaded, how its question stands, and how much was
   * said since. Messages may have come after news told of the draft.
   */
  #draftNow(draft, messages) {
    const had = this.state.supervision.drafts.find(({ id }) => id === draft.id);
    const { end } = outcomesOf(messages).get(draft.reply_to) ?? {};
    const ends = { withdrawn: "withdrawn", answered: "answered" };
    const isLater = ({ type, from, at }) => type === "message" && from !== this.state.me && at > draft.at;
    const { answers } = draft;
    const isOpen = answers?.state === "open";
    return {
      ...draft, ...(had && !had.more && { text: had.text, more: undefined }),
      messages_since: Math.max(draft.messages_since ?? 0, messages.filter(isLater).length),
      ...(isOpen && end && { answers: { ...answers, state: ends[end] ?? "ended" } }),
    };
  }

  /** Loads a message; all is whether its whole text is wanted. */
  async #load(id, all = false) {
    const read = (args) => this.deciding.call("message_history", args);
    const had = this.state.messages.find((message) => message.id === id);
    const [message] = had ? [had] : (await read({ id })).messages;
    if (message) this.#loaded.set(id, all ? await whole(read, message) : message);
    this.#show();
  }

  /** Ends the room: the seat is gone, or the room is closed. */
  #end(code) {
    const ended = this.deciding.end();
    this.#stop.abort();
    this.#roomState.set({ ...ended, trouble: { code, message: "" } });
  }

  /** The page is left: see Deciding.leave. */
  leave() {
    return this.deciding.leave();
  }

  close() {
    this.leave();
    this.#stop.abort();
  }
}

/** The rooms of the inbox: those of this browser, but for the open one. */
export class OtherRooms {
  /** @type {Map<string, OtherRoom>} */
  #all = new Map(); // by the token of the seat
  #stop = new AbortController();

  /** @param {import("./mine.js").MyRooms} mine tells of them, until close */
  constructor(mine, clock = realClock) {
    this.mine = mine;
    this.clock = clock;
    const { signal } = this.#stop;
    const each = (act) => () => [...this.#all.values()].forEach(act);
    const hidden = each((room) => document.hidden && room.leave()); // a phone may end the page without a further word
    document.addEventListener("visibilitychange", hidden, { signal });
    addEventListener("pagehide", each((room) => room.leave()), { signal });
    for (const type of ["online", "offline"])
      addEventListener(type, each((room) => room.online(type === "online")), { signal });
    signal.addEventListener("abort", mine.subscribe(() => this.#hear()));
    this.#hear();
  }

  /** Returns the rooms of which something is known. */
  get all() {
    return [...this.#all.values()];
  }

  /** Returns the room of a seat; undefined while nothing is known of it. */
  of(token) {
    return this.#all.get(token);
  }

  #hear() {
    for (const { seat, open } of this.mine.rooms) {
      const known = this.mine.knownOf(seat.token);
      if (open || !known || seat.claim) continue;
      const had = this.#all.get(seat.token);
      const isNew = !had || had.state.phase === "ended";
      if (isNew && (known.ended || !known.info || known.info.room.closed)) continue;
      const room = isNew ? new OtherRoom(seat, this.clock) : had;
      this.#all.set(seat.token, room);
      room.hear(known);
      if (isNew) this.mine.attend(seat.token, room);
    }
  }

  close() {
    this.#stop.abort();
    for (const room of this.all) room.close();
  }
}
