// One room as the person behind a seat sees it: what is known of it, and the parts by which the person acts there, such
// as its tasks. deciding.js has the parts by which the person decides. The room knows nothing of the page.

import { Admin } from "./admin.js";
import { clock as realClock } from "./clock.js";
import { Draft } from "./compose/draft.js";
import { Deciding, unsent } from "./deciding.js";
import { Gallery } from "./files/gallery.js";
import { Limit } from "./files/limit.js";
import { Sharing } from "./files/sharing.js";
import { fileOf, put } from "./files/wire.js";
import { Following } from "./follow.js";
import { Invites } from "./invites.js";
import * as storage from "./storage.js";
import { Paging } from "./paging.js";
import { Refresh } from "./refresh.js";
import { roomWords } from "./room-words.js";
import { open } from "./seats.js";
import { RoomState } from "./state.js";
import { actor } from "./talk/names.js";
import { TaskList } from "./tasks/list.js";
import { withColours } from "./ui/colour.js";
import { Unread } from "./unread.js";

const mostKnocks = 20; // that are kept as dismissed: a room has six in ten minutes

export class Room {
  /** @type {RoomState} */
  #roomState;
  #cursor = "";
  #stop = new AbortController();
  #visible = true;
  /** @type {Draft | undefined} */
  #draft;
  #cameBack = false; // the next look brings what came while the person was not there

  /**
   * @param {import("./types.d.ts").Seat} seat
   * @param {import("./types.d.ts").Clock} clock
   */
  constructor(seat, clock = realClock) {
    this.seat = seat;
    this.clock = clock;
    const { knocks: dismissed = [], restraint = {} } = storage.notesOf(seat.token);
    this.#roomState = new RoomState({ me: seat.name ?? "", alone: !!seat.alone, dismissed, restraint });

    const { signal } = this.#stop;
    const call = (tool, args, stop) => this.call(tool, args, stop);
    const show = (parts) => this.#set(parts);
    const token = () => this.seat.token;
    const history = () => this.#history;
    this.deciding = new Deciding({
      seat: () => this.seat, state: () => this.state, show,
      messages: () => this.#history.messages, has: (id) => this.#history.has(id), cursor: () => this.#cursor,
      again: (what = { supervision: true }) => this.refresh.want(what), doubt: () => this.following.doubt(),
      kept: (what) => this.#kept(what), clock, signal,
    });
    this.supervision = this.deciding.supervision;
    this.naming = this.deciding.naming;
    this.following = new Following({
      open: (turn) => this.#open(turn),
      look: (seconds, turn) => this.#look(seconds, turn),
      show: (parts) => (parts.phase === "ended" ? this.#end(parts) : this.#set(parts)),
      back: () => this.refresh.want({ info: true, tasks: true, supervision: true }),
      again: () => this.#callAgain(),
      online: () => navigator.onLine, clock, signal,
    });
    this.refresh = new Refresh({
      read: (what) => this.#read(what), stalls: () => this.state.tasks.some(({ by }) => by),
      calls: () => !!this.state.supervision.hooks?.some(({ push }) => !push),
      drafts: () => this.state.supervision.drafts.length > 0, clock, signal,
    });
    this.paging = new Paging({ call, show, clock, signal });
    this.unread = new Unread({ token, history, me: () => this.state.me, show });
    this.tasks = new TaskList({ call, again: () => this.refresh.want({ tasks: true }), show, clock, signal });
    this.admin = new Admin({
      call, wasRenewed: () => this.invites.wasRenewed(),
      look: () => this.#read({ info: true }).catch(() => this.refresh.want({ info: true })),
    });
    this.invites = new Invites({
      call, update: (args) => this.admin.update(args), supervise: (args) => this.supervision.change(args), show,
    });
    this.gallery = new Gallery((id) => this.fileOf(id));
    this.limit = new Limit(call);
    this.sharing = new Sharing({
      call: (tool, args, stop) => this.call(tool, { cursor: this.#cursor, ...args }, stop), put,
      has: (id) => this.#history.has(id),
      show: (sharing) => this.#set({ messages: this.#history.messages, sharing }), clock, signal,
    });
    this.unread.begin();
    if (!seat.claim && !seat.spare) this.deciding.start();
  }

  get state() {
    return this.#roomState.state;
  }

  /** What the person has begun to say. */
  get draft() {
    if (this.#draft?.token !== this.seat.token) this.#draft = new Draft(this.seat.token);
    return this.#draft;
  }

  /** Calls listen after each change, until the function that it returns is called. */
  subscribe(listen) {
    return this.#roomState.subscribe(listen);
  }

  #set(parts) {
    this.#roomState.set(parts);
  }

  /** Calls a tool for this seat, as long as it has one. */
  async call(tool, args, signal) {
    return this.deciding.call(tool, args, signal);
  }

  /** Sends a message: see Deciding. */
  async send(args, to) {
    return this.deciding.send(args, to);
  }

  get pending() {
    return this.deciding.pending;
  }

  get isOffline() {
    return this.deciding.isOffline;
  }

  /** The messages that are loaded. */
  get #history() {
    return this.paging.history;
  }

  /** Opens the link if that is still to be done, loads the room and follows it, until close. */
  async run() {
    await this.following.run();
    this.refresh.end(); // nothing changes any more
  }

  close() {
    this.sendDecisions();
    this.#stop.abort();
  }

  /** The page is left: see Deciding.leave. */
  sendDecisions() {
    return this.deciding.leave();
  }

  /**
   * Ends the page: what is loaded stays, and nothing more is asked. The last that a seat hears is who took it; a
   * refusal that came first says so, too.
   */
  #end(/** @type {Partial<import("./types.d.ts").State>} */ { trouble = null }) {
    const last = this.#history.messages.at(-1);
    const { reason, by: admin, person, person_name: name, note } =
      last?.type === "left" && last.agent === this.state.me ? last : (trouble ?? {});
    const by = admin && actor(admin, person, name);
    const ended = this.deciding.end();
    this.close();
    this.#set({
      ...ended, trouble: trouble && { ...trouble, reason, by, note },
      earlier: false, partial: this.paging.end(), sharing: this.state.sharing.map(unsent),
    });
  }

  /** Says whether the tab is seen, and whether the person is at it. */
  here(visible, focused = visible) {
    if (visible && !this.#visible) this.unread.mark();
    this.#visible = visible;
    if (this.following.here(visible, focused)) {
      this.#cameBack = true;
      this.#callAgain();
    }
    this.refresh.here(visible);
  }

  /** Looks at once: the network is back, or gone. */
  wake() {
    this.following.wake();
    this.#callAgain();
  }

  /** Makes what waits for its turn and what is under way at once. */
  #callAgain() {
    this.deciding.wake();
    this.sharing.wake();
  }

  async #open(turn) {
    const seat = await open(this.seat, turn);
    if (seat !== this.seat) {
      this.seat = seat;
      this.unread.begin();
    }
    this.deciding.open();
    const newest = await this.paging.newest(this.state.readTo, turn);
    await this.refresh.begin();
    this.#cursor = newest.cursor;
    this.paging.begin(newest);
    const { messages } = this.#history;
    this.#set({ asOf: messages.at(-1)?.id ?? "" }); // they were read after those
    this.pending.arrived(messages, this.deciding.isMine);
    if (!this.state.readTo && messages.length) this.unread.readTo(messages.at(-1).id);
    this.unread.mark();
    this.#set({ phase: "live", welcomed: storage.isWelcomed() });
    this.deciding.begin();
  }

  /** Reads all that is new, after waiting for it, and says how the wait has ended. */
  async #look(seconds, turn) {
    if (this.state.room?.closed) return "closed";
    let got;
    do {
      got = await this.call("wait_for_message", { cursor: this.#cursor, wait_seconds: seconds }, turn);
      this.#cursor = got.cursor;
      this.#append(got.messages);
    } while (got.has_more);
    if (got.agents && !got.seated) this.#set(this.#seated({ ...this.state.room, agents: got.agents }));
    if (got.status === "removed") {
      await this.#read({ info: true }); // which refuses, unless the room was closed: that can be read
      return this.state.room?.closed ? "closed" : "";
    }
    if (this.#cameBack) this.unread.markRest();
    this.#cameBack = false;
    this.pending.flush();
    return got.status === "superseded" ? got.status : "";
  }

  #append(messages) {
    const fresh = this.#history.append(messages);
    if (!fresh.length) return;
    this.deciding.arrived(fresh); // which shows them
    this.sharing.arrived(fresh, this.deciding.isMine);
    for (const { changes } of fresh) {
      if (!changes?.redacted) continue;
      this.gallery.forget(changes.redacted);
      this.paging.showQuoted();
    }
    this.refresh.after(fresh);
  }

  /** Reads anew who is there and what is open, the tasks, or the supervision. */
  async #read(/** @type {import("./types.d.ts").Due} */ { info, tasks, supervision }) {
    const asOf = this.#history.messages.at(-1)?.id ?? "";
    const [got] = await Promise.all([
      info && this.call("room_info"),
      supervision && this.supervision.read(),
      tasks && this.tasks.read(),
    ]);
    if (!got) return;
    const you = got.room.agents.find((agent) => agent.you);
    const [me, alone] = you ? [you.name, !!you.alone] : [this.state.me, this.state.alone];
    this.seat = { ...this.seat, name: me, title: got.room.name, alone };
    storage.keep(this.seat);
    const now = Date.parse(got.now) + 500; // it is in whole seconds
    const { requests = [], agreements = [], banned = [], hidden = 0, differing = [] } = got;
    const { closed } = got.room;
    const lost = closed ? this.state.supervision.drafts.length : 0; // they ended with the room
    if (closed) this.supervision.end();
    this.supervision.differs(closed ? [] : differing);
    this.#set({
      ...this.#seated(got.room), me, alone, requests: closed ? [] : requests, asOf, agreements, banned, hidden,
      unsent: this.state.unsent + lost, clock: now - this.clock.now(),
    });
  }

  /** Returns a room as parts of the state: it, and the colours of its names, which this browser keeps. */
  #seated(room) {
    const { token } = this.seat;
    const known = new Map(storage.notesOf(token).colours);
    const colours = withColours(known, room.agents.map(({ name }) => name));
    if (colours !== known) storage.note(token, { colours: [...colours] });
    return { room, colours };
  }

  /** Returns all that this seat may see: see Paging.everything. What the room is now is read anew. */
  async everything(onProgress, /** @type {AbortSignal | undefined} */ signal) {
    await this.#read({ info: true, tasks: true }).catch(() => {}); // offline, what is known has to do
    return this.paging.everything(onProgress, signal);
  }

  /** Takes what is said at the first opening out of sight: see Deciding. */
  welcomed() {
    this.deciding.welcomed();
  }

  /** Takes a knock out of sight, here and after a reload. */
  dismiss(id) {
    this.#set({ dismissed: [...this.state.dismissed.slice(1 - mostKnocks), id] });
    storage.note(this.seat.token, { knocks: this.state.dismissed });
  }

  /** Returns the bytes of the file of a message. */
  fileOf(id) {
    return fileOf((tool, args) => this.call(tool, args), id, this.#stop.signal);
  }

  /** Forgets the seat in this browser. */
  forget() {
    this.close();
    storage.forget(this.seat.token);
  }

  /** Reports whether nobody else has a seat: the room ends with the last one. */
  get isLast() {
    return this.state.room?.agents.length === 1;
  }

  /** Gives up the seat, for the agent as well, and forgets it. */
  async leave(text) {
    const reason = this.isLast ? "leftLast" : undefined;
    await this.sendDecisions(); // without a seat it would be refused
    await this.call("leave_room", text ? { text } : {});
    this.forget();
    this.#set({ phase: "ended", trouble: { code: "left", message: roomWords.left, reason } });
  }

  /** Another tab has changed what this browser keeps of the seat. */
  #kept(what) {
    if (what === "read") this.unread.readTo(storage.readOf(this.seat.token));
    if (what !== "forgotten") return;
    this.close();
    this.#set({ phase: "ended", trouble: { code: "no_seat", message: "" } });
  }
}
