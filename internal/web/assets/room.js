// One room as the person behind a seat sees it: what is known of it, and the parts by which the person acts
// there, such as its supervision and its tasks. It knows nothing of the page. What is known is in `state`, which
// is replaced and never changed; the fields of messages, agents and requests have the names of docs/tools.md.

import { Admin } from "./admin.js";
import { Calling } from "./calling.js";
import { clock as realClock } from "./clock.js";
import { Gallery } from "./files/gallery.js";
import { Limit } from "./files/limit.js";
import { Sharing } from "./files/sharing.js";
import { addressIn, get, put } from "./files/wire.js";
import { Following } from "./follow.js";
import { Invites } from "./invites.js";
import * as storage from "./storage.js";
import { Refusal } from "./mcp.js";
import { Naming } from "./naming.js";
import { Paging } from "./paging.js";
import { Pending } from "./pending.js";
import { Refresh } from "./refresh.js";
import { refusals } from "./refusal-words.js";
import { roomWords } from "./room-words.js";
import { open } from "./seats.js";
import { Supervision, unheld } from "./supervision.js";
import { actor } from "./talk/names.js";
import { TaskList } from "./tasks/list.js";
import { withColours } from "./ui/colour.js";
import { Unread } from "./unread.js";

const mostKnocks = 20; // that are kept as dismissed: a room has six in ten minutes

/**
 * What is known before anything is loaded.
 * @type {import("./types.d.ts").State}
 */
const nothing = {
  phase: "opening", // then live, offline (tries again by itself), or ended
  trouble: null, // when ended: {code, message}; when offline only if the person can do something
  me: "", // the name of the seat
  alone: false, // the person has no agent there
  room: null, // as in room_info; if it is closed, nothing more comes
  colours: new Map(), // of who is or was seated, by name
  messages: [], // in the order of the room, without gaps up to the newest
  quoted: [], // messages before those, each loaded for a quote alone
  earlier: false, // there are more before those
  partial: false, // there were more before those when the page ended
  loading: false, // they are being loaded
  firstUnread: "", // the id of the first message that was unread when the person came to the page
  readTo: "", // the id of the last message that the person has read
  welcomed: true, // the person has put away what is said at the first opening, or has spoken here
  asksName: false, // what the person says waits for its name: see naming.js
  requests: [],
  asOf: "", // the id of the last message when the requests were read
  agreements: [],
  banned: [], // names, for an admin
  unsent: 0, // drafts that waited when the room was closed
  hidden: 0, // messages to all from before the seat's time
  renewed: 0, // how often what this person did ended the invite and made another
  supervision: unheld,
  restraint: {}, // what waits until the server hears of it: see restraint.js
  dismissed: [], // the ids of knocks that the person has dismissed
  late: [], // the words of the person that came too late for a draft; "" of a press without any
  approved: [], // drafts that were sent, until the log shows that
  deciding: {}, // what the person has decided, until that is sent: {decision, text, held, ends, sent} by draft
  pending: [], // what is being sent: {key, args, state: sending | held | refused, why, credential}
  sharing: [], // files that are being shared: see files/sharing.js
  tasks: [], // that are neither done nor dropped
  clock: 0, // ms to add to this machine's time for the server's
};

export class Room {
  /** @type {Pending} undefined until the seat is open */
  pending = /** @type {any} */ (undefined);
  #listeners = new Set();
  #cursor = "";
  #stop = new AbortController();
  /** @type {Calling} */
  #calling;
  #visible = true;
  #watching = false; // what other tabs keep
  #cameBack = false; // the next look brings what came while the person was not there

  /**
   * @param {import("./types.d.ts").Seat} seat
   * @param {import("./types.d.ts").Clock} clock
   */
  constructor(seat, clock = realClock) {
    this.seat = seat;
    this.clock = clock;
    const { knocks: dismissed = [], restraint = {} } = storage.notesOf(seat.token);
    this.state = { ...nothing, me: seat.name ?? "", alone: !!seat.alone, dismissed, restraint };

    const { signal } = this.#stop;
    const call = (tool, args, stop) => this.call(tool, args, stop);
    const show = (parts) => this.#set(parts);
    const token = () => this.seat.token;
    const history = () => this.#history;
    this.#calling = new Calling({ token, refusal: () => this.#refusal });
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
    this.supervision = new Supervision({
      call: (args, how) => this.#calling.call("supervise", args, how),
      again: () => this.refresh.want({ supervision: true }),
      isOffline: () => this.isOffline,
      notes: () => storage.notesOf(token()),
      note: (parts) => storage.note(token(), parts), show, clock, signal,
    });
    this.naming = new Naming({
      needed: () => this.#nameless,
      show: (asksName) => this.#set({ asksName }),
      skipped: () => storage.note(token(), { unnamed: true }),
      said: () => this.welcomed(),
    });
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
    if (!seat.claim && !seat.spare) this.#startPending();
  }

  /** Calls listen after each change, until the function that it returns is called. */
  subscribe(listen) {
    this.#listeners.add(listen);
    return () => this.#listeners.delete(listen);
  }

  #set(parts) {
    if (Object.keys(parts).every((name) => this.state[name] === parts[name])) return;
    this.state = { ...this.state, ...parts };
    for (const listen of this.#listeners) listen();
  }

  /** Calls a tool for this seat, as long as it has one. */
  async call(tool, args = {}, signal = this.#stop.signal) {
    return this.#calling.call(tool, args, { signal });
  }

  /** Reports whether there is no connection. Where other tabs alone follow the room, there is one. */
  get isOffline() {
    return this.state.phase === "offline" && !this.state.trouble;
  }

  /** Why no call is made; null if one is. */
  get #refusal() {
    if (this.state.phase === "ended") return new Refusal(this.state.trouble?.code, roomWords.over);
    if (!this.pending) return new Refusal("unavailable", refusals.noAnswer); // the server has not seen the token
    return null;
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

  /** The page is left: what could still be undone is sent. Resolves when that is over. */
  sendDecisions() {
    return Promise.all([this.supervision.decisions.leave(), this.pending?.leave()]);
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
    const unsent = (item) => ({ ...item, state: "refused", why: roomWords.over, waits: undefined });
    const { pending, sharing } = this.state;
    this.supervision.end(); // first: it tells what would be sent to nobody
    this.close();
    this.#set({
      phase: "ended", trouble: trouble && { ...trouble, reason, by, note }, requests: [],
      earlier: false, partial: this.paging.end(), pending: pending.map(unsent), sharing: sharing.map(unsent),
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
    this.#calling.again();
    this.pending?.wake();
    this.sharing.wake();
    this.supervision.restraint.wake();
  }

  async #open(turn) {
    const seat = await open(this.seat, turn);
    if (seat !== this.seat) {
      this.seat = seat;
      this.unread.begin();
    }
    if (!this.pending) this.#startPending();
    if (!this.#watching) this.#watchTabs();
    this.supervision.open();
    const newest = await this.paging.newest(this.state.readTo, turn);
    await this.refresh.begin();
    this.#cursor = newest.cursor;
    this.paging.begin(newest);
    const { messages } = this.#history;
    this.#set({ asOf: messages.at(-1)?.id ?? "" }); // they were read after those
    this.pending.arrived(messages, this.#isMine);
    if (!this.state.readTo && messages.length) this.unread.readTo(messages.at(-1).id);
    this.unread.mark();
    this.#set({ phase: "live", welcomed: storage.isWelcomed() });
    this.pending.begin();
    this.supervision.restraint.begin();
  }

  #startPending() {
    this.pending = new Pending(this.seat.token, {
      send: (args, leaving) => this.#calling.call("send_message", { cursor: this.#cursor, ...args },
        leaving ? { keepalive: true } : { signal: this.#stop.signal }),
      has: (id) => this.#history.has(id),
      timeOf: ({ at }) => Date.parse(at) - this.state.clock,
      show: (pending) => this.#showSaid(pending),
      doubt: () => this.following.doubt(),
      clock: this.clock,
      signal: this.#stop.signal,
    });
    this.#set({ pending: this.pending.shown });
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
    if (this.#cameBack && !this.state.firstUnread) this.unread.mark();
    this.#cameBack = false;
    this.pending.flush();
    return got.status === "superseded" ? got.status : "";
  }

  /**
   * Shows what is pending and the log at once, so that a message that goes from one to the other is in
   * sight all the time, and never twice.
   */
  #showSaid(pending) {
    const same = !pending.length && !this.state.pending.length;
    this.#set({ messages: this.#history.messages, pending: same ? this.state.pending : pending });
  }

  #append(messages) {
    const fresh = this.#history.append(messages);
    if (!fresh.length) return;
    this.pending.arrived(fresh, this.#isMine); // which shows them
    this.sharing.arrived(fresh, this.#isMine);
    this.supervision.arrived(fresh);
    for (const { changes } of fresh) {
      if (!changes?.redacted) continue;
      this.gallery.forget(changes.redacted);
      this.paging.showQuoted();
    }
    this.refresh.after(fresh);
  }

  /** Reports whether this person has said a message, and not its agent. */
  #isMine = (/** @type {import("./results.d.ts").Message} */ { from, person }) => from === this.state.me && !!person;

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
    const { requests = [], agreements = [], banned = [], hidden = 0 } = got;
    const { closed } = got.room;
    const unsent = this.state.unsent + (closed ? this.state.supervision.drafts.length : 0); // they ended with the room
    if (closed) this.supervision.end();
    this.#set({
      ...this.#seated(got.room), me, alone, requests: closed ? [] : requests, asOf, agreements, banned, hidden, unsent,
      clock: now - this.clock.now(),
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

  /**
   * Sends a message, {text, to, ask, reply_to, kind, withdraw}, once, whatever fails. to is who reads it as far as
   * known. Resolves with its key among the pending when it is kept.
   */
  async send(args, to) {
    if (!this.pending) throw new Refusal("unavailable", refusals.noAnswer);
    return this.pending.take(args, to);
  }

  /** Reports whether others see no name of the person, who can give one now and has not put that off on this device. */
  get #nameless() {
    const { phase, alone, supervision } = this.state;
    return phase === "live" && !alone && !supervision.person_name && !storage.notesOf(this.seat.token).unnamed;
  }

  /** Takes what is said at the first opening out of sight, here and in all rooms that this browser opens later. */
  welcomed() {
    if (!this.state.welcomed) storage.keepWelcomed();
    this.#set({ welcomed: true });
  }

  /** Takes a knock out of sight, here and after a reload. */
  dismiss(id) {
    this.#set({ dismissed: [...this.state.dismissed.slice(1 - mostKnocks), id] });
    storage.note(this.seat.token, { knocks: this.state.dismissed });
  }

  /** Returns the bytes of the file of a message. */
  async fileOf(id) {
    const { download } = await this.call("get_file", { id });
    return get(addressIn(download), this.#stop.signal);
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

  /** Follows what other tabs of this browser keep of the seat. */
  #watchTabs() {
    this.#watching = true;
    const end = storage.watch(this.seat.token, (what) => {
      if (what === "read") this.unread.readTo(storage.readOf(this.seat.token));
      if (what === "pending") this.pending?.reload();
      if (what === "notes") this.supervision.noted();
      if (what !== "forgotten") return;
      this.close();
      this.#set({ phase: "ended", trouble: { code: "no_seat", message: "" } });
    });
    this.#stop.signal.addEventListener("abort", end);
  }
}
