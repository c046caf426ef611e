// The rooms of this person: the seats of this browser, what is new in each and what there needs the person. The open
// one tells at once; the others are looked at while the tab is visible. The pages, the title and the icon all show what
// is here, so that they never disagree.

import { clock as realClock } from "../clock.js";
import { Refusal } from "../mcp.js";
import { isOnline } from "../presence.js";
import * as storage from "../storage.js";
import { needsInLook, needsOf } from "./needs.js";
import { look, newsIn } from "./news.js";
import { RoomsWatch } from "./watch.js";

/**
 * A room as its person sees it from outside. name is that of the agent, where the person has several in the room, and
 * here the names of those present. state is "" while nothing is known, known, closed, ended, or failed where the only
 * looks so far have failed; code says why it has ended.
 * @typedef {{seat: import("../types.d.ts").Seat, open: boolean, title: string, name: string, state: string,
 *   code: string, here: string[], needs: import("./needs.js").Need[], unread: number, more: boolean,
 *   last?: import("../results.d.ts").Message, proposal?: {who: string, text: string} | null}} Mine
 */

export class MyRooms {
  /** @type {Mine[]} */
  rooms = []; // replaced, never changed
  /** @type {string[]} */
  #order = []; // the tokens of their seats
  /** @type {import("../types.d.ts").Seat[]} */
  #seats = [];
  #known = new Map(); // by token, what the last look has brought
  #made = new Map(); // by token, {of, room}: what was made of what
  #room = /** @type {any} */ (null); // that is open
  #shown = ""; // its seat, as the list shows it
  #unsubscribe = () => {};
  #listeners = new Set();
  /** @type {RoomsWatch | null} */
  #watch = null;
  #visible = true;
  #offline = false; // the open room has no connection
  #stirred = ""; // why the list is to be sorted after the looks that are due: "back" or "news"; "" for not
  #stop = new AbortController();

  /**
   * @param {import("../types.d.ts").Clock} clock
   * @param {(news: boolean) => boolean} pointed tells whether nothing may move: the person points at the list, or has
   *   the focus there, or may touch it when news comes
   */
  constructor(clock = realClock, pointed = () => false) {
    this.clock = clock;
    this.pointed = pointed;
  }

  /** Calls listen after each change of them or of the open room, until the function that it returns is called. */
  subscribe(listen) {
    this.#listeners.add(listen);
    return () => this.#listeners.delete(listen);
  }

  /** How many things need the person, in all rooms. */
  get count() {
    return countNeeds(this.rooms);
  }

  /** Takes a Room for the one that is open; null if none is. */
  show(room) {
    this.#unsubscribe();
    this.#room = room;
    this.#unsubscribe = room?.subscribe(() => this.#follow()) ?? (() => {});
    this.sort();
  }

  /**
   * Sorts the rooms anew, by when something was said there last: the list is opened, or was stirred. None moves by a
   * click, or where the person points.
   */
  sort() {
    this.#order = [];
    this.read();
  }

  /** Reads anew which seats this browser keeps. */
  read() {
    const seats = storage.seats().sort((a, b) => activeIn(b) - activeIn(a));
    for (const { token } of seats) if (!this.#order.includes(token)) this.#order.push(token);
    const place = ({ token }) => this.#order.indexOf(token);
    this.#seats = seats.sort((a, b) => place(a) - place(b));
    this.#change();
  }

  /** Looks at the rooms that are not open, and follows what other tabs keep, until close. */
  begin() {
    if (this.#watch) return;
    this.#stirred = "back"; // the order that is known may be stale
    const { signal } = this.#stop;
    const watch = this.#watch = new RoomsWatch({
      seats: () => storage.seats().filter((seat) => !seat.claim && !this.#isOpen(seat) && !this.#isOver(seat)),
      look: (seat, signal) => this.#look(seat, signal), clock: this.clock, signal,
      idle: () => {
        if (!this.#stirred || this.pointed(this.#stirred === "news")) return;
        this.#stirred = "";
        this.sort();
      },
    });
    addEventListener("storage", () => this.#heard(), { signal });
    addEventListener("online", () => this.#stir(), { signal });
    watch.here(this.#visible);
    watch.run();
  }

  /** Says whether the tab is seen. */
  here(visible) {
    if (visible && !this.#visible) this.#stirred = "back";
    this.#visible = visible;
    this.#watch?.here(visible);
  }

  /** Looks at rooms again, at all or some: there may be news. */
  #stir(/** @type {import("../types.d.ts").Seat[] | undefined} */ seats = undefined) {
    this.#stirred = "back";
    this.#watch?.wake(seats);
  }

  /** Another tab has kept something: where it has heard more than this one, there is news. */
  #heard() {
    const before = new Map(this.#seats.map(({ token, active }) => [token, active]));
    this.read();
    const news = this.#seats.filter((seat) => !this.#isOpen(seat) && (seat.active ?? 0) >
      Math.max(before.get(seat.token) ?? -1, saidLast(this.#known.get(seat.token)?.messages) || -1));
    if (news.length) this.#stir(news);
  }

  /**
   * Returns the latest that the server told of a seat; undefined while nothing is known.
   * @returns {import("../types.d.ts").Known | undefined}
   */
  knownOf(token) {
    return this.#known.get(token);
  }

  /** Forgets a seat in this browser. */
  forget(token) {
    storage.forget(token);
    this.read();
  }

  close() {
    this.#unsubscribe();
    this.#stop.abort();
  }

  #isOpen = ({ token }) => token === this.#room?.seat.token;

  /** Reports whether nothing comes in a room any more. */
  #isOver({ token }) {
    const { ended, info } = this.#known.get(token) ?? {};
    return !!ended || !!info?.room.closed;
  }

  async #look(seat, signal) {
    const before = this.#known.get(seat.token);
    try {
      const known = /** @type {any} */ (await look(seat, before, this.clock.now(), signal));
      this.#known.set(seat.token, known);
      if (saidLast(known.messages) > (saidLast(before?.messages) || 0)) this.#stirred ||= "news";
      keepActive(seat, known.messages);
    } catch (problem) {
      if (signal.aborted) return;
      const alone = problem instanceof Refusal && !["rate_limited", "unavailable"].includes(problem.code);
      for (const { token, claim } of alone ? [seat] : this.#seats)
        if (!claim && !this.#known.has(token)) this.#known.set(token, { failed: true });
      if (!alone) throw problem;
    } finally {
      if (!signal.aborted) this.#change();
    }
  }

  /** Follows the open room: what it knows of its seat stands in the list. */
  #follow() {
    const { seat, state } = this.#room;
    if (state.phase !== "opening") this.begin();
    if (this.#offline && state.phase === "live") this.#stir();
    this.#offline = state.phase === "offline";
    keepActive(seat, state.messages);
    const shown = [seat.token, seat.claim, seat.title, seat.name].join("\n");
    if (shown === this.#shown) return this.#change();
    this.#shown = shown;
    return this.read();
  }

  #change() {
    const rooms = this.#seats.map((seat) => this.#roomOf(seat));
    if (rooms.length !== this.rooms.length || rooms.some((room, n) => room !== this.rooms[n])) this.rooms = rooms;
    for (const listen of this.#listeners) listen();
  }

  /** Returns a room as it is known, the same one as before while nothing of that has changed. */
  #roomOf(seat) {
    const { token } = seat;
    const others = this.#seats.filter((other) => other !== seat && other.room === seat.room);
    const name = others.length ? (seat.name ?? "") : "";
    const own = others.filter(({ alone }) => alone).map(({ name }) => name);
    const state = this.#isOpen(seat) ? this.#room.state : null;
    const of = [seat, name, own.join("\n"), this.#known.get(token), ...parts.map((part) => state?.[part])];
    const made = this.#made.get(token);
    if (made?.of.every((one, n) => one === of[n])) return made.room;
    const now = { ...nothing, seat, name, title: seat.title ?? "", ...(state ? this.#here() : this.#there(seat, own)) };
    this.#made.set(token, { of, room: now });
    return now;
  }

  /** Returns what is known of the open room. What is new there is told there. */
  #here() {
    const { state } = this.#room;
    const { last, proposal } = newsIn({ messages: state.messages, info: state }, {});
    return {
      open: true, state: state.phase === "opening" ? "" : "known", needs: needsOf(state), last, proposal,
      ...(state.room && { title: state.room.name }),
    };
  }

  /**
   * Returns what the looks at another room have brought. own are the names under which the person speaks there itself:
   * what it has asked under those needs it at no other seat.
   */
  #there(seat, own) {
    const { ended, failed, info, ...latest } = this.#known.get(seat.token) ?? {};
    if (ended) return { state: "ended", code: ended };
    if (!info) return { state: failed ? "failed" : "" };
    const { name: title, closed, agents } = info.room;
    const me = { ...seat, name: agents.find(({ you }) => you)?.name ?? seat.name };
    const needs = needsInLook({ ...latest, info }).filter(({ what, who }) =>
      what === "task" || !own.includes(who));
    const here = agents.filter(isOnline).map(({ name }) => name);
    return { state: closed ? "closed" : "known", title, here, needs, ...newsIn({ ...latest, info }, me) };
  }
}

/** Returns when something was said in the room of a seat last, or else when the seat was taken, in ms. */
const activeIn = ({ active, used = 0 }) => active ?? used;

/** Returns when the last of messages was said, in ms; NaN for none. */
const saidLast = (messages = /** @type {any[]} */ ([])) =>
  Date.parse(messages.findLast(({ type }) => type === "message")?.at);

/** Keeps when the last of messages was said. */
const keepActive = ({ token }, messages) => storage.keepActive(token, saidLast(messages));

/** What of the state of the open room the list shows. */
const parts = [
  "phase", "room", "me", "messages", "quoted", "requests", "agreements", "supervision", "deciding", "approved",
  "pending", "tasks", "asOf",
];

const nothing = { open: false, state: "", code: "", here: [], needs: [], unread: 0, more: false };

/** Returns how many things need the person in rooms. */
export const countNeeds = (/** @type {Mine[]} */ rooms) => rooms.reduce((sum, { needs }) => sum + needs.length, 0);

// The order of what needs the person. Drafts hold up most: nobody else can decide about them.
const kinds = ["draft", "proposal", "request", "task"];

/**
 * Returns all that needs the person, with its room, in the order of kinds, and of each kind in that of the rooms.
 * @param {Mine[]} rooms
 */
export const needsOfAll = (rooms) =>
  rooms.flatMap((room) => room.needs.map((need) => ({ need, room })))
    .sort((a, b) => kinds.indexOf(a.need.what) - kinds.indexOf(b.need.what));
