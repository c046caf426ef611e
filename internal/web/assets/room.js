// One room as the person behind a seat sees it: what is known of it, and what the person does
// there. It knows nothing of the page. What it knows is in `state`, which is replaced and
// never changed; the fields of messages, agents and requests have the names of docs/tools.md.

import { clock as realClock } from "./clock.js";
import { Gallery } from "./files/gallery.js";
import { Sharing, mostIn } from "./files/sharing.js";
import { addressIn, get, put } from "./files/wire.js";
import { files as fileWords } from "./files/words.js";
import { Following } from "./follow.js";
import { History, whole } from "./history.js";
import { refusals } from "./refusal-words.js";
import { roomWords } from "./room-words.js";
import * as storage from "./storage.js";
import { call, Refusal } from "./mcp.js";
import { Pending } from "./pending.js";
import { Refresh } from "./refresh.js";
import { Refusals } from "./refusals.js";
import { Restraint } from "./restraint.js";
import { open } from "./seats.js";
import { withColours } from "./ui/colour.js";
import { ui } from "./ui/words.js";

const pageSize = 100; // messages; the server gives no more at once
const mostKnocks = 20; // that are kept as dismissed: a room has six in ten minutes
const mostLoaded = 1000; // messages, of a room at whose end the person is; then half of them are forgotten
const unreadPages = 5; // that are loaded at the opening to find what was read

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
  earlier: false, // there are more before those
  partial: false, // there were more before those when the page ended
  loading: false, // they are being loaded
  firstUnread: "", // the id of the first message that was unread when the person came to the page
  readTo: "", // the id of the last message that the person has read
  requests: [],
  agreements: [],
  banned: [], // names, for an admin
  renewed: 0, // how often what this person did ended the invite and made another
  supervision: { paused: false, approve: false, drafts: [] },
  restraint: {}, // what waits until the server hears of it: {paused: true, approve: true}
  dismissed: [], // the ids of knocks that the person has dismissed
  late: [], // the words of the person that came too late for a draft; "" of a press without any
  refusing: {}, // drafts that the person has refused, until that is sent: {why, sent} by id
  pending: [], // what is being sent: {key, args, state: sending | held | refused, why, credential}
  sharing: [], // files that are being shared: see files/sharing.js
  tasks: [], // that are neither done nor dropped
  clock: 0, // ms to add to this machine's time for the server's
};

/** What waits in a room that is over: nothing. */
const over = { requests: [], supervision: nothing.supervision };

export class Room {
  edits = new Map(); // what the person is writing in place of a draft, by its id; this browser keeps it
  /** @type {Pending} undefined until the seat is open */
  pending = /** @type {any} */ (undefined);
  #listeners = new Set();
  #cursor = "";
  #history = new History();
  /** @type {Promise<void> | null} */
  #earlier = null; // the loading of earlier messages, while there is one
  #backwards = 0; // how many look for an earlier message
  #stop = new AbortController();
  #again = new AbortController(); // has the calls under way that may be made twice made again
  #visible = true;
  #watching = false; // what other tabs keep
  #supervised = 0; // how often the person has paused its agent, or set whether it approves
  #tasked = 0; // how often the person has changed the tasks
  #decided = new Set(); // the ids of drafts that the log says were decided
  #deciding = new Set(); // the ids of drafts about which a call of this page may have decided
  /** @type {Promise<number> | null} */
  #largest = null; // bytes of a file that the server takes, once somebody wants to know; 0 for no answer
  #cameBack = false; // the next look brings what came while the person was not there

  /**
   * @param {import("./types.d.ts").Seat} seat
   * @param {import("./types.d.ts").Clock} clock
   */
  constructor(seat, clock = realClock) {
    const signal = this.#stop.signal;
    this.seat = seat;
    this.clock = clock;
    const { knocks: dismissed = [], restraint = {} } = storage.notesOf(seat.token);
    this.state = {
      ...nothing, me: seat.name ?? "", alone: !!seat.alone, readTo: storage.readOf(seat.token), dismissed, restraint,
    };
    this.following = new Following({
      open: (turn) => this.#open(turn),
      look: (seconds, turn) => this.#look(seconds, turn),
      show: (parts) => (parts.phase === "ended" ? this.#end(parts) : this.#set(parts)),
      back: () => this.refresh.want({ info: true, tasks: true, supervision: true }),
      again: () => this.#callAgain(),
      online: () => navigator.onLine,
      clock,
      signal,
    });
    this.refresh = new Refresh({
      read: (what) => this.#read(what), stalls: () => this.state.tasks.some(({ by }) => by),
      calls: () => !!this.state.supervision.hooks?.length, clock, signal,
    });
    this.refusals = new Refusals({
      send: (draft, text, leaving) =>
        this.supervise(
          { draft, decision: "refuse", ...(text && { text }) }, leaving ? { keepalive: true } : { signal }),
      show: (refusing) => this.#set({ refusing }),
      clock,
      signal,
    });
    this.restraint = new Restraint({
      call: (args) => this.supervise(args),
      kept: () => storage.notesOf(this.seat.token).restraint ?? {},
      keep: (restraint) => storage.note(this.seat.token, { restraint }),
      show: (restraint) => this.#set({ restraint }),
      clock,
      signal,
    });
    this.gallery = new Gallery((id) => this.fileOf(id));
    this.sharing = new Sharing({
      call: (tool, args, stop) => this.call(tool, { cursor: this.#cursor, ...args }, stop),
      put,
      has: (id) => this.#history.has(id),
      show: (sharing) => this.#set({ messages: this.#history.messages, sharing }),
      clock,
      signal,
    });
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
    return this.#call(tool, args, { signal });
  }

  /** Makes a call, and makes it again where that is safe and the network may have swallowed it. */
  async #call(tool, args, how) {
    const again = mayRepeat(tool, args) ? this.#again.signal : null;
    const signal = again ? AbortSignal.any([how.signal, again]) : how.signal;
    if (this.state.phase === "ended") throw new Refusal(this.state.trouble?.code, roomWords.over);
    if (!this.pending) throw new Refusal("unavailable", refusals.noAnswer); // the server does not know the token yet
    try {
      return await call(tool, { agent_token: this.seat.token, ...args }, { bearer: this.seat.token, ...how, signal });
    } catch (problem) {
      if (!again?.aborted || problem !== again.reason) throw problem;
      return this.#call(tool, args, how);
    }
  }

  #told = (args, signal) => this.call("message_history", args, signal);

  /** Opens the link if that is still to be done, loads the room and follows it, until close. */
  async run() {
    await this.following.run();
    this.refresh.end(); // nothing changes any more
  }

  close() {
    this.refusals.leave();
    this.#stop.abort();
  }

  /**
   * Ends the page: what is loaded stays, and nothing more is asked. The last that a seat hears is who took it; a
   * refusal that came first says so, too.
   */
  #end(/** @type {Partial<import("./types.d.ts").State>} */ { trouble = null }) {
    const last = this.#history.messages.at(-1);
    const { reason, by, note } = last?.type === "left" && last.agent === this.state.me ? last : (trouble ?? {});
    const unsent = (item) => ({ ...item, state: "refused", why: roomWords.over });
    const { earlier, pending, sharing } = this.state;
    this.close();
    this.#set({
      ...over, phase: "ended", trouble: trouble && { ...trouble, reason, by, note }, earlier: false, partial: earlier,
      pending: pending.map(unsent), sharing: sharing.map(unsent),
    });
  }

  /** Says whether the tab is seen, and whether the person is at it. */
  here(visible, focused = visible) {
    if (visible && !this.#visible) this.#set({ firstUnread: this.#firstUnread() });
    this.#visible = visible;
    if (this.following.here(visible, focused)) {
      this.#cameBack = true;
      this.#callAgain();
    }
    this.refresh.here(visible);
  }

  /** Looks at once: the network is back. */
  wake() {
    this.following.wake();
    this.#callAgain();
  }

  /**
   * Makes what waits for its turn and what is under way at once: on a phone that has changed networks, nothing tells
   * that a call of before gets no answer any more.
   */
  #callAgain() {
    this.#again.abort();
    this.#again = new AbortController();
    this.pending?.wake();
    this.sharing.wake();
    this.restraint.wake();
  }

  async #open(turn) {
    const seat = await open(this.seat, turn);
    if (seat !== this.seat) {
      this.seat = seat;
      this.#set({ readTo: storage.readOf(seat.token) });
    }
    if (!this.pending) this.#startPending();
    if (!this.#watching) this.#watchTabs();
    this.edits = new Map(Object.entries(this.#written));
    let page = await this.#told({ limit: pageSize }, turn);
    const [cursor, history] = [page.cursor, new History()];
    history.prepend(page.messages);
    const { readTo } = this.state;
    const pages = readTo ? unreadPages : 1;
    for (let n = 1; n < pages && page.has_more && !history.has(readTo); n++) {
      page = await this.#told({ limit: pageSize, before: history.messages[0].id }, turn);
      history.prepend(page.messages);
    }
    await this.refresh.begin();
    [this.#cursor, this.#history] = [cursor, history];
    this.#set({ earlier: !!page.has_more });
    this.pending.arrived(history.messages, this.#isMine);
    if (!readTo && history.messages.length) this.read(history.messages.at(-1).id);
    this.#set({ firstUnread: this.#firstUnread(), phase: "live" });
    this.pending.begin();
    this.restraint.begin();
  }

  #startPending() {
    this.pending = new Pending(this.seat.token, {
      send: (args) => this.call("send_message", { cursor: this.#cursor, ...args }),
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
    if (this.#cameBack) this.#set({ firstUnread: this.state.firstUnread || this.#firstUnread() });
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
    for (const { draft } of fresh) if (draft) this.#decided.add(draft);
    this.#showSupervision(this.state.supervision);
    for (const { changes } of fresh) if (changes?.redacted) this.gallery.forget(changes.redacted);
    this.refresh.after(fresh);
  }

  /** Reports whether this person has said a message, and not its agent. */
  #isMine = ({ from, person }) => from === this.state.me && !!person;

  /** Reads anew who is there and what is open, the tasks, or the supervision. */
  async #read(/** @type {import("./types.d.ts").Due} */ { info, tasks, supervision }) {
    const supervised = this.#supervised;
    const [got, held] = await Promise.all([
      info && this.call("room_info"),
      supervision && !this.state.alone && this.call("supervise"),
      tasks && this.#readTasks(),
    ]);
    if (supervised !== this.#supervised) this.refresh.want({ supervision: true }); // what came may be from before
    else if (held) this.#showSupervision(held);
    if (!got) return;
    const you = got.room.agents.find((agent) => agent.you);
    const [me, alone] = you ? [you.name, !!you.alone] : [this.state.me, this.state.alone];
    this.seat = { ...this.seat, name: me, title: got.room.name, alone };
    storage.keep(this.seat);
    const now = Date.parse(got.now) + 500; // it is in whole seconds
    const { requests = [], agreements = [], banned = [] } = got;
    this.#set({
      ...this.#seated(got.room), me, alone, requests, agreements, banned, clock: now - this.clock.now(),
      ...(got.room.closed && over),
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

  /** Loads what was said before. */
  loadEarlier() {
    return (this.#earlier ??= this.#loadEarlier().finally(() => {
      this.#earlier = null;
      this.#set({ loading: false });
    }));
  }

  async #loadEarlier() {
    const [first] = this.state.messages;
    if (!first || !this.state.earlier) return;
    this.#set({ loading: true });
    const got = await this.#told({ limit: pageSize, before: first.id });
    this.#history.prepend(got.messages);
    this.#set({ messages: this.#history.messages, earlier: !!got.has_more });
  }

  /** Loads what was said before up to a message. Resolves true if that is there. */
  async loadBack(id) {
    this.#backwards++;
    try {
      if (!this.#history.has(id) && !(await this.#exists(id))) return false;
      while (!this.#history.has(id) && this.state.earlier) await this.loadEarlier();
      return this.#history.has(id);
    } finally {
      this.#backwards--;
    }
  }

  /** The person is at the end: what was said long ago is forgotten, and loaded again once somebody wants it. */
  atEnd() {
    const { phase, messages } = this.state;
    if (phase === "ended" || messages.length <= mostLoaded || this.#earlier || this.#backwards) return;
    this.#history.keep(mostLoaded / 2);
    this.#set({ messages: this.#history.messages, earlier: true });
  }

  async #exists(id) {
    try {
      return (await this.#told({ id })).messages.length > 0;
    } catch (problem) {
      if (problem instanceof Refusal && problem.code === "invalid_argument") return false;
      throw problem;
    }
  }

  /** Loads the rest of a long text, and puts the whole into messages. */
  async textOf(id) {
    const message = this.state.messages.find((message) => message.id === id);
    if (!message?.more) return;
    this.#history.replace(await whole(this.#told, message));
    this.#set({ messages: this.#history.messages });
  }

  /**
   * Returns all that this seat may see, with whole texts, however long the server makes it wait
   * in between. onProgress hears how many messages there are so far; signal ends it.
   */
  async everything(/** @type {(n: number) => void} */ onProgress = () => {}, signal = this.#stop.signal) {
    if (this.state.phase === "ended") return this.state.messages;
    const told = (args) => this.#patiently(() => this.#told(args, signal), signal);
    await this.#read({ info: true, tasks: true }).catch(() => {}); // offline, what is known has to do
    let { messages: all, earlier } = this.state;
    while (earlier) {
      const got = await told({ limit: pageSize, before: all[0].id });
      [all, earlier] = [[...got.messages, ...all], got.has_more];
      onProgress(all.length);
    }
    const full = [];
    for (const message of all) full.push(message.more ? await whole(told, message) : message);
    return full;
  }

  /** Makes a call, and makes it again when the server asks for that. */
  async #patiently(work, signal) {
    for (;;) {
      try {
        return await work();
      } catch (problem) {
        if (signal.aborted || !problem.retryAfter) throw problem;
        await this.clock.pause(problem.retryAfter * 1000, signal);
      }
    }
  }

  /**
   * Sends a message, {text, to, ask, reply_to, kind, withdraw}, once, whatever fails. Resolves with
   * its key among the pending when it is kept.
   */
  async send(args) {
    if (!this.pending) throw new Refusal("unavailable", refusals.noAnswer);
    return this.pending.take(args);
  }

  /** Sends a message that was held back or refused once more. */
  async retry(key) {
    this.pending.retry(key);
  }

  /** Takes a message out of those that are pending, and returns its args. */
  async drop(key) {
    return this.pending.drop(key);
  }

  /** Pauses the agent or has its messages approved, {paused: true} or {approve: true}, once there is a connection. */
  restrain(args) {
    const done = this.restraint.take(args);
    if (this.state.phase === "offline") this.restraint.show(); // a call may take long to fail
    return done;
  }

  /**
   * Pauses the agent, sets whether its messages are approved, ends a hook, or decides about a draft: {paused,
   * approve, end_hook, draft, decision, text}. Returns the supervision. A decision that comes too late throws,
   * and state.late has it: the draft has left the page. how is of mcp.js.
   */
  async supervise(args, /** @type {object} */ how = { signal: this.#stop.signal }) {
    const { draft } = args;
    const again = this.#deciding.has(draft);
    if (draft) this.#deciding.add(draft);
    try {
      const supervision = await this.#call("supervise", args, how);
      this.edit(draft, null);
      this.#supervised++;
      this.#showSupervision(supervision);
      return supervision;
    } catch (problem) {
      if (!draft || !(problem instanceof Refusal)) throw problem;
      await this.#read({ supervision: true }).finally(() => this.#deciding.delete(draft));
      if (this.state.supervision.drafts.some(({ id }) => id === draft)) throw problem;
      if (again) { // a call without an answer has done it
        this.edit(draft, null);
        return this.state.supervision;
      }
      this.#tooLate(draft);
      throw new Refusal("decided", roomWords.late);
    }
  }

  /** Shows the supervision without what the log says was decided meanwhile, at once. */
  #showSupervision(supervision) {
    const drafts = supervision.drafts.filter(({ id }) => !this.#decided.has(id));
    this.#set({ supervision: drafts.length < supervision.drafts.length ? { ...supervision, drafts } : supervision });
    for (const id of this.edits.keys())
      if (!this.#deciding.has(id) && !drafts.some((draft) => draft.id === id)) this.#tooLate(id);
  }

  /** Notes what the person is writing in place of a draft; null for nothing any more. */
  edit(id, text) {
    const { [id]: before, ...others } = this.#written;
    if (text === null) this.edits.delete(id);
    else this.edits.set(id, text);
    if (text !== (before ?? null)) this.#keepWritten(text === null ? others : { ...others, [id]: text });
  }

  /** What is kept of that. */
  get #written() {
    return storage.notesOf(this.seat.token).edits ?? {};
  }

  #keepWritten(edits) {
    storage.note(this.seat.token, { edits });
  }

  /** Shows the words of the person for a draft that waits no more, unless another tab has sent or dropped them. */
  #tooLate(id) {
    const words = this.edits.get(id);
    this.edits.delete(id);
    if (words === undefined || Object.hasOwn(this.#written, id))
      this.#set({ late: [...this.state.late, words ?? ""] });
  }

  /** Takes a knock out of sight, here and after a reload. */
  dismiss(id) {
    this.#set({ dismissed: [...this.state.dismissed.slice(1 - mostKnocks), id] });
    storage.note(this.seat.token, { knocks: this.state.dismissed });
  }

  /** The person has read that it came too late. Its words are kept until then. */
  forgetLate() {
    const waiting = this.state.supervision.drafts.map(({ id }) => id);
    this.#keepWritten(Object.fromEntries(Object.entries(this.#written).filter(([id]) => waiting.includes(id))));
    this.#set({ late: [] });
  }

  /** Returns a link for a further device of this person. */
  async newLink() {
    return (await this.supervise({ new_link: true })).watch;
  }

  /** Returns how others are invited: {link: of the page, line: for an agent's person to copy}. */
  async invite() {
    const got = await this.call("join_room");
    if (!got.invite) throw new Refusal("room_full", roomWords.full);
    return { link: got.invite_link ?? "", line: got.invite };
  }

  /** Calls manage_agent: {agent_name, action, note, id, clear}. */
  manage(args) {
    return this.#act("manage_agent", args);
  }

  /** Calls update_room. */
  update(args) {
    return this.#act("update_room", args);
  }

  async #readTasks() {
    const changed = this.#tasked;
    const { tasks } = await this.call("list_tasks");
    if (changed === this.#tasked) this.#set({ tasks: inOrder(tasks) });
    else this.refresh.want({ tasks: true }); // what came may be from before
  }

  /** Calls task: {action, id, tasks, text, for, after, title}. Returns the task that it changed. */
  async task(args) {
    const { task, tasks } = await this.call("task", args);
    this.#tasked++;
    this.#set({ tasks: inOrder(tasks) });
    return task;
  }

  /** Returns tasks that are done or dropped, the newest first: {tasks, has_more}. */
  async closedTasks(before = "") {
    return this.call("list_tasks", { closed: true, ...(before && { id: before }) });
  }

  /** Returns all of them, the oldest first. */
  async allClosedTasks(signal = this.#stop.signal) {
    let all = [];
    for (let more = this.state.phase !== "ended"; more; ) {
      const got = await this.#patiently(() => this.closedTasks(all[0]?.id), signal);
      all = [...got.tasks.reverse(), ...all];
      more = got.has_more && got.tasks.length > 0;
    }
    return all;
  }

  /**
   * Returns why the server takes no file of so many bytes, in words; "" if it does, or is silent. Its limit stands in
   * its refusal of a file that no server takes: any other call would open an upload, of which a seat has few.
   */
  async tooLarge({ size }) {
    this.#largest ??= this.call("share_file", { name: "file", size: Number.MAX_SAFE_INTEGER }).then(() => 0, mostIn);
    const most = await this.#largest;
    if (!most) this.#largest = null;
    return most && size > most ? fileWords.tooLargeHere(ui.size(most)) : "";
  }

  /** Shares files: see Sharing.take. */
  share(files, args) {
    this.sharing.take(files, args);
  }

  /** Returns the bytes of the file of a message. */
  async fileOf(id) {
    const { download } = await this.call("get_file", { id });
    return get(addressIn(download), this.#stop.signal);
  }

  /** Returns messages that carry files, the newest page or the one before a message: {messages, has_more}. */
  filesBefore(id = "") {
    return this.#told({ files: true, limit: pageSize, ...(id && { before: id }) });
  }

  /** Removes the text of a message, and its file. */
  redact(id) {
    return this.#act("update_room", { redact: id });
  }

  /** Calls a tool that changes the room, and shows what it changed. */
  async #act(tool, args) {
    const got = await this.call(tool, args);
    await this.#read({ info: true }).catch(() => this.refresh.want({ info: true }));
    const renewed = tool === "manage_agent" ? got.invite : got.changes?.invite && !args.new_invite;
    if (renewed) this.#set({ renewed: this.state.renewed + 1 });
    return got;
  }

  /** Forgets the seat in this browser. */
  forget() {
    this.close();
    storage.forget(this.seat.token);
  }

  /** Gives up the seat, for the agent as well, and forgets it. */
  async leave(text) {
    await this.call("leave_room", text ? { text } : {});
    this.forget();
    this.#set({ phase: "ended", trouble: { code: "left", message: roomWords.left } });
  }

  /** Notes that the person has read up to a message. */
  read(id) {
    const { readTo } = this.state;
    if (!this.#history.has(id) || (this.#history.has(readTo) && !this.#history.precedes(readTo, id))) return;
    if (!this.#history.precedes(id, storage.readOf(this.seat.token))) storage.keepRead(this.seat.token, id);
    this.#set({ readTo: id });
  }

  /** Returns the messages of others that the person has not read, of those that are loaded. */
  unread() {
    const { readTo } = this.state;
    return readTo
      ? this.#history.after(readTo).filter((message) => message.type === "message" && !this.#isMine(message))
      : [];
  }

  #firstUnread() {
    return this.unread()[0]?.id ?? "";
  }

  /** Follows what other tabs of this browser keep of the seat. */
  #watchTabs() {
    this.#watching = true;
    const end = storage.watch(this.seat.token, (what) => {
      if (what === "read") this.read(storage.readOf(this.seat.token));
      if (what === "pending") this.pending?.reload();
      if (what !== "forgotten") return;
      this.close();
      this.#set({ phase: "ended", trouble: { code: "no_seat", message: "" } });
    });
    this.#stop.signal.addEventListener("abort", end);
  }
}

/** Reports whether a call that may have taken effect can be made again: it reads, has a key, or holds the agent. */
const mayRepeat = (tool, { idempotency_key: key, ...args }) =>
  !!key || ["message_history", "room_info", "get_file", "list_tasks"].includes(tool) ||
  (tool === "supervise" && Object.entries(args).every(([name, value]) => restraints.includes(name) && value));

const restraints = ["paused", "approve"];

/** Returns tasks in the order in which they were added, which is that of what comes first. */
const inOrder = (tasks = []) => [...tasks].sort((a, b) => numberOf(a) - numberOf(b));

const numberOf = ({ id }) => Number(id.slice(1));
