// What a person sets once for all rooms of this browser is done in each room as soon as the room can be reached, by any
// page that is open. Beside each seat, this browser keeps what is still to be done there, errands: {pause: {read, at},
// the last message that this browser knew at the press and the time in ms, rename: the name from before}; held: the id
// of the last message before "Pause all my agents" has paused the agent; and wished: when the person made the wish for
// notifications in all rooms that has been told here, or that a wish in this room has replaced.

import { backoff, clock as realClock } from "../clock.js";
import { pageSize } from "../history.js";
import { call, passes } from "../mcp.js";
import { refuseName } from "../naming.js";
import { obey } from "../push/push.js";
import { endsSeat } from "../seats.js";
import * as storage from "../storage.js";
import { useEffect, useMemo, useState } from "../vendor.js";

const most = 6; // rooms at a time: a browser makes as many calls
const rest = 100; // ms from one drawing of what has changed to the next

/** Reports whether an event has paused or resumed the agent, or done what of names. */
const isChange = (/** @type {import("../results.d.ts").Message} */ { type, reason = "" }, of = ["paused", "resumed"]) =>
  type === "supervision" && of.includes(reason);

/** What is done in a room: see Errands.#reach for its parts, and value is that of the errand. */
const works = {
  /**
   * Leaves an agent alone that was paused or resumed since the press: the person has done so elsewhere, or a call
   * without an answer has. An agent that was paused before is not held.
   */
  async pause(room, { read, at }) {
    const { seat: { token }, supervise, changes } = room;
    const { all, last } = await changes(read);
    if (all.some((change) => Date.parse(change.at) + 1_000 > at)) return; // it is in whole seconds
    if ((await supervise({})).paused) return;
    storage.note(token, { held: last });
    await supervise({ paused: true });
    if (!storage.notesOf(token).errands?.pause) await works.resume(room); // given up meanwhile
  },

  /** Leaves a pause alone that is not the last one of pause: the person has decided about that agent since. */
  async resume({ seat: { token }, supervise, changes }) {
    const { all } = await changes(storage.notesOf(token).held);
    if (all.map(({ reason }) => reason).join() === "paused") await supervise({ paused: false });
    storage.note(token, { held: undefined });
  },

  /** Leaves a name alone that the person has chosen in the room. */
  async rename({ supervise }, before) {
    for (let [had, name] = [before, storage.name()]; name !== had; [had, name] = [name, storage.name()]) {
      if ((await supervise({})).person_name !== had) return;
      await supervise(name ? { person_name: name } : { no_name: true }).catch(refuseName);
    }
  },

  async notices(room, wish) {
    await obey({ ...room, state: { supervision: await room.supervise({}) } }, wish);
  },
};

/** @typedef {{seat: import("../types.d.ts").Seat, what: string, value: any}} Errand */

export class Errands {
  /** @type {{what: string, token: string, title: string, why: string}[]} */
  refused = []; // what rooms have refused since the person has set that last
  busy = 0; // rooms in which something is being done
  #running = false;
  #shows = false; // what has changed, in a moment
  #presses = 0; // how often all agents were paused or resumed
  #locks = /** @type {LockManager | undefined} */ (navigator.locks); // none without TLS
  #nap = new AbortController();
  #stop = new AbortController();

  constructor(/** @type {import("./mine.js").MyRooms} */ mine, clock = realClock) {
    this.mine = mine;
    this.clock = clock;
    addEventListener("online", () => this.#nap.abort(), { signal: this.#stop.signal });
  }

  /** Returns the rooms that go on, as far as is known, with what is kept of the seats. */
  get rooms() {
    return this.mine.rooms
      .filter(({ seat, state }) => !seat.claim && state !== "ended" && state !== "closed")
      .map(({ seat }) => {
        const { info, messages = [] } = this.mine.knownOf(seat.token) ?? {};
        const alone = info?.room.agents.find(({ you }) => you)?.alone ?? seat.alone;
        return { seat, alone, info, messages, kept: storage.notesOf(seat.token) };
      });
  }

  /**
   * Returns how the agents stand: the server has said that they are paused, and those held are by the press for all, as
   * far as this browser knows.
   */
  get agents() {
    return this.rooms.filter(({ alone }) => !alone).map(({ seat, info, messages, kept }) => {
      const waits = !!kept.errands?.pause;
      const paused = info ? !!info.paused : !!kept.held && !waits;
      const at = messages.findIndex(({ id }) => id === kept.held);
      const resumed = at >= 0 && messages.slice(at + 1).some((one) => isChange(one, ["resumed"]));
      return { seat, kept, messages, paused, waits: waits && !paused, held: paused && !!kept.held && !resumed };
    });
  }

  /** Pauses the agents that are not paused. */
  pause() {
    this.#presses++;
    const [all, at] = [this.agents.filter(({ paused, waits }) => !paused && !waits), this.clock.now()];
    this.#want("pause", all, ({ messages }) => ({ read: messages.at(-1)?.id, at }));
  }

  /**
   * Resumes those that pause has paused, and gives up those that it has still to pause. What cannot be reached now
   * stays paused: an agent goes on when its person sees that. Returns how many these are.
   */
  async resume() {
    const press = ++this.#presses;
    const { agents } = this;
    this.#forget("pause", "resume");
    for (const { seat, waits } of agents) if (waits) this.#over({ seat, what: "pause" });
    this.mine.read();
    let left = agents.filter(({ held }) => held).map(({ seat }) => ({ seat, what: "resume", value: true }));
    for (let wait = 1; left.length && wait && press === this.#presses;) {
      ({ left, wait } = await this.#doAll(left, () => press === this.#presses));
      await this.clock.pause(1000 * wait, this.#stop.signal);
    }
    return press === this.#presses ? left.length : 0;
  }

  /** Takes a name for all rooms, "" for none: it takes the place of the one from before. */
  rename(name, before) {
    storage.keepName(name);
    const beforeIn = ({ kept }) => kept.errands?.rename ?? before;
    this.#want("rename", this.agents.filter(beforeIn), beforeIn);
  }

  /** Takes a wish for notifications, {on, words}, in place of those of the rooms. */
  wish(wish) {
    storage.keepNotices({ ...wish, at: this.clock.now() });
    for (const { seat } of this.rooms) storage.note(seat.token, { notices: undefined });
    this.#want("notices");
  }

  /** Reports whether the wish for notifications is still to be told in a room. */
  isToBeTold({ kept }) {
    const wish = storage.notices();
    return !!wish && wish.at !== kept.wished && (!wish.on || globalThis.Notification?.permission === "granted");
  }

  #want(what, rooms = /** @type {any[]} */ ([]), valueOf = (/** @type {any} */ _) => {}) {
    this.#forget(what);
    for (const room of rooms)
      storage.note(room.seat.token, { errands: { ...room.kept.errands, [what]: valueOf(room) } });
    this.#nap.abort();
    this.goOn();
    this.mine.read();
  }

  #forget(...whats) {
    this.refused = this.refused.filter(({ what }) => !whats.includes(what));
  }

  #over({ seat: { token }, what, value = /** @type {any} */ (null) }) {
    if (what === "notices") return storage.note(token, { wished: value.at });
    const { [what]: _, ...errands } = storage.notesOf(token).errands ?? {};
    return storage.note(token, { errands });
  }

  /** Returns what is still to be done in a room, and was not refused while the page is open. */
  #dueIn({ seat, kept }) {
    const told = this.isToBeTold({ kept }) ? [["notices", storage.notices()]] : [];
    return [...Object.entries(kept.errands ?? {}), ...told].map(([what, value]) => ({ seat, what, value }))
      .filter(({ what }) => !this.refused.some((one) => one.token === seat.token && one.what === what));
  }

  /** @returns {Errand[]} */
  get #due() {
    return this.rooms.flatMap((room) => this.#dueIn(room));
  }

  /** Does all that is to be done, also from before the page was loaded, again and again until nothing is left. */
  async goOn() {
    if (this.#running) return;
    this.#running = true;
    const { signal } = this.#stop;
    for (let failed = 0; this.#due.length && !signal.aborted;) {
      this.#nap = new AbortController();
      const { left, wait } = await this.#doAll(this.#due, ({ seat, what }) =>
        this.#dueIn({ seat, kept: storage.notesOf(seat.token) }).some((one) => one.what === what));
      failed = left.length && failed + 1;
      if (!failed) continue;
      await this.clock.pause(Math.max(backoff(failed), 1000 * wait), AbortSignal.any([this.#nap.signal, signal]));
    }
    this.#running = false;
  }

  /**
   * Does errands that still stand, a few at a time, until the server asks to wait. Returns those that are left, and for
   * how many seconds to wait.
   */
  async #doAll(/** @type {Errand[]} */ errands, stands) {
    const left = /** @type {Errand[]} */ ([]);
    const next = errands.values();
    let wait = 0;
    const some = async () => {
      for (const errand of next) {
        if (this.#stop.signal.aborted || !stands(errand)) continue;
        const problem = wait ? {} : await this.#do(errand);
        if (problem) left.push(errand);
        wait = Math.max(wait, problem?.retryAfter ?? 0);
      }
    };
    await Promise.all(Array.from({ length: most }, some));
    return { left, wait };
  }

  /** Does one. Returns why it is to be tried again; null if it is over. */
  async #do(/** @type {Errand} */ errand) {
    const { seat, what, value } = errand;
    this.busy++;
    const work = async () => {
      await works[what](this.#reach(seat), value);
      return null;
    };
    try {
      const locks = this.#locks;
      const name = "parley.errand." + seat.token;
      const once = async (lock) => (lock ? work() : {}); // another tab does it
      const problem = await (locks ? locks.request(name, { ifAvailable: true }, once) : work());
      if (problem) return problem;
    } catch (problem) {
      if (problem.name === "SecurityError") this.#locks = undefined; // the browser gives none
      if (this.#stop.signal.aborted || passes(problem)) return problem;
      const { token, title = "" } = seat;
      const ends = endsSeat(problem);
      if (!ends) this.refused = [...this.refused, { what, token, title, why: problem.message }];
      if (!ends && what === "rename") return null; // the next name takes the place of the one from before
    } finally {
      this.busy--;
      this.#show();
    }
    this.#over(errand);
    return null;
  }

  /** Shows what has changed, for several errands at once: the page draws all rooms then. */
  async #show() {
    if (this.#shows) return;
    this.#shows = true;
    await this.clock.pause(rest, this.#stop.signal);
    this.#shows = false;
    this.mine.read();
  }

  /**
   * Returns a room by the calls for its seat: supervise, whose answer the list of rooms shows; and changes, which
   * returns {all: what has paused and resumed the agent after a message, last: the last message now}, by its id.
   */
  #reach(seat) {
    const { token } = seat;
    const { signal } = this.#stop;
    const ask = (tool, args) => call(tool, { agent_token: token, ...args }, { bearer: token, signal });
    const supervise = async (args) => {
      const got = await ask("supervise", args);
      this.mine.learn(token, got);
      return got;
    };
    const changes = async (after) => {
      const all = /** @type {import("../results.d.ts").Message[]} */ ([]);
      const newest = () => ask("message_history", { limit: 1 });
      const gone = (problem) => (problem.code === "invalid_argument" ? newest() : Promise.reject(problem));
      for (let more = true; more;) {
        const got = await (after ? ask("message_history", { after, limit: pageSize }).catch(gone) : newest());
        all.push(...got.messages.filter((one) => isChange(one)));
        after = got.messages.at(-1)?.id ?? after;
        more = after && got.has_more;
      }
      return { all, last: after };
    };
    return { seat, clock: this.clock, supervise, supervision: { change: supervise }, changes };
  }

  /** Returns a room, for push/push.js. */
  async first() {
    const room = this.#reach((this.rooms.find(({ info }) => info) ?? this.rooms[0]).seat);
    return { ...room, state: { supervision: await room.supervise({}) } };
  }

  close() {
    this.#stop.abort();
  }
}

/** Returns the errands of this browser, now and after each change of a room. */
export function useErrands(mine) {
  const [, setChanges] = useState(0);
  const errands = useMemo(() => new Errands(mine), [mine]);
  useEffect(() => {
    const end = mine.subscribe(() => setChanges((n) => n + 1));
    return () => (end(), errands.close());
  }, [errands]);
  useEffect(() => void errands.goOn());
  return errands;
}
