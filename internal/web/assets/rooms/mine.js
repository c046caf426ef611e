// The rooms of this person: the seats of this browser, what is new in each and what needs the person there. The open
// room tells of itself at once; news of the others comes by one call. The pages, the title and the icon show what is
// here, and never disagree.

import { clock as realClock } from "../clock.js";
import { isOnline } from "../presence.js";
import { version } from "../site.js";
import * as storage from "../storage.js";
import { seatOf } from "../token.js";
import { needsInOther, needsOf } from "./needs.js";
import { ask, knownWith, newsIn } from "./news.js";
import { RoomsWatch } from "./watch.js";

const most = 100; // seats that a call may have

/**
 * A room as its person sees it from outside. name is the agent's, where the person has several seats in the room, and
 * here has the names of those present. state is "" while nothing is known, known, closed, ended, or failed where the
 * server does not tell; code says why the room has ended. waits is how many things need the person there, as far as
 * this browser knows.
 * @typedef {{seat: import("../types.d.ts").Seat, open: boolean, title: string, name: string, state: string,
 *   code: string, here: string[], needs: import("./needs.js").Need[], waits: number, unread: number, more: boolean,
 *   last?: import("../results.d.ts").Message, proposal?: {who: string, text: string} | null}} Mine
 */

export class MyRooms {
  /** @type {Mine[]} */
  rooms = []; // replaced, never changed
  /** @type {string[]} */
  #order = []; // the tokens of their seats
  /** @type {import("../types.d.ts").Seat[]} */
  #seats = [];
  /** @type {Map<string, import("../types.d.ts").Known>} */
  #known = new Map(); // by token
  #halves = new Map(); // by token: see attend
  #asks = 0; // how many calls were answered
  #settled = false; // all is known that the server tells now; until then, the numbers are those of the last visit
  #failing = 0; // how many calls have failed in a row
  #page = version; // that the server has
  #waited = {}; // how many things needed the person in each room when that was last kept
  #waits = ""; // the numbers that this tab has kept
  #missing = ""; // as it was shown
  #made = new Map(); // by token: {of, known, room}, a room and what it was made of
  #room = /** @type {any} */ (null); // that is open
  #shown = ""; // its seat, as the list shows it
  #unsubscribe = () => {};
  #listeners = new Set();
  /** @type {RoomsWatch | null} */
  #watch = null;
  #visible = true;
  #offline = false; // the open room has no connection
  #stirred = ""; // why the list is to be sorted after the next answer: "back" or "news"; "" for not
  #stop = new AbortController();

  /**
   * @param {import("../types.d.ts").Clock} clock
   * @param {(news: boolean) => boolean} pointed reports whether no room may move: the person points at the list, has
   *   the focus there, or may touch the list when news comes
   */
  constructor(clock = realClock, pointed = () => false) {
    this.clock = clock;
    this.pointed = pointed;
  }

  /** Calls listen after each change of the rooms, until the function that it returns is called. */
  subscribe(listen) {
    this.#listeners.add(listen);
    return () => this.#listeners.delete(listen);
  }

  /** How many things need the person, in all rooms. */
  get count() {
    return countNeeds(this.rooms);
  }

  /**
   * Why news may be missing: "stale" where the server has another version of the page, "silent" where the server gives
   * none, and "some" where this browser has more rooms than a call takes; "" where none is missing.
   */
  get missing() {
    if (this.#page !== version) return "stale";
    if (this.#failing > 1) return "silent";
    return this.#goingOn().length > most ? "some" : "";
  }

  /** Whether it is known what needs the person, as far as the server tells. */
  get settled() {
    return this.#settled || this.#seats.every(({ claim }) => claim);
  }

  /** Takes a Room for the one that is open; null if none is. */
  show(room) {
    this.#unsubscribe();
    this.#room = room;
    this.#unsubscribe = room?.subscribe(() => this.#follow()) ?? (() => {});
    const { ended, failed } = this.#known.get(room?.seat.token) ?? {};
    if (ended || failed) this.#known.delete(room.seat.token); // when it is out of sight again, it is asked for
    this.#watch?.again();
    this.sort();
  }

  /**
   * Sorts the rooms by when something was said there last: the list is opened, or was stirred. No room moves by a
   * click, or while the person points at the list.
   */
  sort() {
    this.#order = [];
    this.read();
  }

  /** Reads again which seats this browser keeps. */
  read() {
    const before = new Map(this.#seats.map((seat) => [JSON.stringify(seat), seat]));
    const seats = storage.seats().map((seat) => before.get(JSON.stringify(seat)) ?? seat)
      .sort((a, b) => activeIn(b) - activeIn(a));
    this.#waited = storage.waited();
    for (const { token } of seats) if (!this.#order.includes(token)) this.#order.push(token);
    const place = ({ token }) => this.#order.indexOf(token);
    this.#seats = seats.sort((a, b) => place(a) - place(b));
    this.#change();
  }

  /** Asks for news of the rooms that are not open, and follows what other tabs keep, until close. */
  begin() {
    if (this.#watch) return;
    this.#stirred = "back"; // the order that is known may be stale
    const { signal } = this.#stop;
    const watch = this.#watch = new RoomsWatch({
      ask: (how, signal) => this.#ask(how, signal), hear: (told) => this.#take(told),
      fail: () => this.#fail(), clock: this.clock, signal,
    });
    addEventListener("storage", () => this.read(), { signal });
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

  /** The network is back. */
  #stir() {
    this.#stirred = "back";
    this.#watch?.again();
  }

  /**
   * Takes the deciding half of a room that is not open: what is decided there needs the person no more. null takes the
   * half away.
   * @param {import("../types.d.ts").Half | null} half
   */
  attend(token, half) {
    this.#halves.get(token)?.end();
    this.#halves.delete(token);
    if (half) this.#halves.set(token, { half, end: half.subscribe(() => this.#change()) });
    this.#change();
  }

  /**
   * Returns the latest that the server told of a seat; undefined while nothing is known.
   * @returns {import("../types.d.ts").Known | undefined}
   */
  knownOf(token) {
    return this.#known.get(token);
  }

  /** Takes in what the answer to a call for a seat has told of its supervision. The next change shows that. */
  learn(token, { paused, person_name }) {
    const known = this.#known.get(token);
    const { info } = known ?? {};
    if (!info || (!!info.paused === paused && info.person_name === person_name)) return;
    this.#known.set(token, { .../** @type {any} */ (known), info: { ...info, paused, person_name } });
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

  /** Reports whether nothing comes of a room any more. */
  #isOver({ token }) {
    const { ended, failed, info } = this.#known.get(token) ?? {};
    return !!(ended || failed || info?.room.closed);
  }

  /** Returns the seats in rooms that go on, as far as is known: those that need the person first, then by news. */
  #goingOn() {
    const waits = ({ token }) => this.#made.get(token)?.room.waits > 0;
    return this.#seats.filter((seat) => !seat.claim && !this.#isOver(seat))
      .sort((a, b) => Number(waits(b)) - Number(waits(a)) || activeIn(b) - activeIn(a));
  }

  /** Returns the seats to ask for; all is whether the seat in the open room is one of them. */
  #asked(all) {
    return this.#goingOn().slice(0, most).filter((seat) => all || !this.#isOpen(seat));
  }

  /** Asks for news, where there is something to ask: see RoomsWatch. */
  async #ask({ seconds, all }, signal) {
    const seats = this.#asked(all).map(({ token }) => ({ token, known: this.#known.get(token) }));
    const told = seats.length ? await ask(seats, seconds, signal) : null;
    this.#asks++;
    this.#take(told ?? { seats: [], poll: 0, page: this.#page });
    return told;
  }

  /** Takes in what this tab or another one has heard. Returns false if this tab lacks what came before. */
  #take(/** @type {import("./news.js").Told} */ { seats, page }) {
    [this.#failing, this.#page] = [0, page];
    let whole = true;
    for (const one of seats) {
      const { token } = one;
      const before = this.#known.get(token);
      const known = knownWith(before, one, storage.readOf(token));
      if (!known) {
        whole = false;
        continue;
      }
      this.#known.set(token, known);
      if (saidLast(known.messages) > (saidLast(before?.messages) || 0)) this.#stirred ||= "news";
      keepActive({ token }, known.messages);
    }
    this.#settled ||= this.#asks > 1 || this.#asked(false).every(({ token }) => this.#known.has(token));
    this.#change();
    if (this.#stirred && !this.pointed(this.#stirred === "news")) {
      this.#stirred = "";
      this.sort();
    }
    return whole;
  }

  /** A call of any tab has failed. */
  #fail() {
    this.#failing++;
    this.#settled = true;
    this.#change();
  }

  /** Shows in the list what the open room knows of its seat. */
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
    const { missing } = this;
    if (rooms.length !== this.rooms.length || missing !== this.#missing ||
      rooms.some((room, n) => room !== this.rooms[n])) this.rooms = rooms;
    this.#missing = missing;
    this.#keepWaits();
    for (const listen of this.#listeners) listen();
  }

  /** Keeps the numbers for the next visit, each change once: two tabs may disagree for a moment. */
  #keepWaits() {
    if (!this.#settled || !this.#visible) return;
    const waiting = this.rooms.filter(({ waits }) => waits > 0).map(({ seat, waits }) => [seatOf(seat.token), waits]);
    const now = JSON.stringify(waiting);
    if (now !== this.#waits) storage.keepWaited(Object.fromEntries(waiting));
    this.#waits = now;
  }

  /** Returns a room as it is known: the same object as before while nothing has changed. */
  #roomOf(seat) {
    const { token } = seat;
    const others = this.#seats.filter((other) => other !== seat && other.room === seat.room);
    const name = others.length ? (seat.name ?? "") : "";
    const own = others.filter(({ alone }) => alone).map(({ name }) => name);
    const state = this.#isOpen(seat) ? this.#room.state : null;
    const half = this.#halves.get(token)?.half.state;
    const of = [seat, name, own.join("\n"), this.#known.get(token), this.#failing > 0,
      ...halfParts.map((part) => half?.[part]), ...openParts.map((part) => state?.[part])];
    const made = this.#made.get(token);
    const same = made?.of.every((one, n) => one === of[n]);
    const known = same ? made.known : state ? this.#here() : this.#there(seat, own, half);
    const waits = this.#settled && known.needs ? known.needs.length : (this.#waited[seatOf(token)] ?? 0);
    if (same && made.room.waits === waits) return made.room;
    const room = { ...nothing, seat, name, title: seat.title ?? "", waits, ...known };
    this.#made.set(token, { of, known, room });
    return room;
  }

  /** Returns what is known of the open room, as soon as it is loaded. The room itself tells what is unread. */
  #here() {
    const { state } = this.#room;
    const loaded = state.phase === "ended" || (state.phase !== "opening" && state.room);
    const { last, proposal } = newsIn({ messages: state.messages, info: state }, {});
    return {
      open: true, last, proposal, ...(state.room && { title: state.room.name }),
      ...(loaded && { state: "known", needs: needsOf(state) }),
    };
  }

  /**
   * Returns what was told of another room. own are the names under which the person speaks there without an agent: what
   * the person has asked under them does not need the person at another seat.
   */
  #there(seat, own, half) {
    const known = this.#known.get(seat.token);
    if (known?.ended) return { state: "ended", code: known.ended, needs: [] };
    const failed = known ? known.failed : this.#failing > 0 && !seat.claim;
    if (!known?.info) return { state: failed ? "failed" : "" };
    const { name: title, closed, agents } = known.info.room;
    const me = { ...seat, name: agents.find(({ you }) => you)?.name ?? seat.name };
    const needs = needsInOther(known, half).filter(({ what, who }) => what === "task" || !own.includes(who));
    const here = /** @type {any[]} */ (agents).filter(isOnline).map(({ name }) => name);
    return { state: failed ? "failed" : closed ? "closed" : "known", title, here, needs, ...newsIn(known, me) };
  }
}

/** Returns when something was said in the room of a seat last, or else when the seat was taken, in ms. */
const activeIn = (/** @type {import("../types.d.ts").Seat} */ { active, used = 0 }) => active ?? used;

/** Returns when the last of messages was said, in ms; NaN for none. */
const saidLast = (messages = /** @type {any[]} */ ([])) =>
  Date.parse(messages.findLast(({ type }) => type === "message")?.at);

/** Keeps when the last of messages was said. */
const keepActive = ({ token }, messages) => storage.keepActive(token, saidLast(messages));

/** The parts of the state of the open room that the list shows. */
const openParts = [
  "phase", "room", "me", "messages", "quoted", "requests", "differing", "agreements", "supervision", "deciding",
  "approved", "pending", "tasks", "asOf",
];

/** The parts of the state of a deciding half that the list shows. */
const halfParts = ["deciding", "approved", "pending", "supervision", "differing"];

const nothing = { open: false, state: "", code: "", here: [], needs: [], unread: 0, more: false };

/** Returns how many things need the person in rooms. */
export const countNeeds = (/** @type {Mine[]} */ rooms) => rooms.reduce((sum, { waits }) => sum + waits, 0);
