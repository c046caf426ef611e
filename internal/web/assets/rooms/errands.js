// What a person sets once for all rooms of this browser is done in each room as soon as it can be reached, by any page
// that is open. Beside each seat, this browser keeps what is still to be done there, errands: {pause: true, rename: the
// name from before}; held: the id of the last message before "Pause all my agents" has paused the agent; and wished: of
// which wish for notifications that is, as the person has set it last, for all rooms or in this one.

import { backoff, clock as realClock } from "../clock.js";
import { pageSize } from "../history.js";
import { Refusal, call } from "../mcp.js";
import { obey } from "../push/push.js";
import { endsSeat } from "../seats.js";
import * as storage from "../storage.js";
import { useEffect, useMemo, useState } from "../vendor.js";

const most = 6; // rooms at a time: a browser makes as many calls
const rest = 100; // ms from one drawing of what has changed to the next

/** What is done in a room: see Errands.#reach for what it is done with, and value is that of the errand. */
const works = {
  /** Notes nothing as held if the agent was paused before: another press, or a person in the room, has done that. */
  async pause(room) {
    const { seat: { token }, supervise, history, changes } = room;
    if (storage.notesOf(token).held) {
      if ((await changes()).length) return; // a call without an answer has done it
    } else {
      const { messages } = await history({ limit: 1 });
      const { paused } = await supervise({});
      const last = messages.at(-1)?.id ?? "none"; // of those that the person may see
      const { held = paused ? "" : last } = storage.notesOf(token); // another tab may have come first
      if (!held) return;
      storage.note(token, { held });
    }
    await supervise({ paused: true });
    if (!storage.notesOf(token).errands?.pause) await works.resume(room); // given up meanwhile
  },

  /** Leaves a pause alone that is not the last one of pause: the person has decided about that agent since. */
  async resume({ seat: { token }, supervise, changes }) {
    if ((await changes()).join() === "paused") await supervise({ paused: false });
    storage.note(token, { held: undefined });
  },

  /** Leaves a name alone that the person has chosen in the room. */
  async rename({ supervise }, before) {
    for (let [had, name] = [before, storage.name()]; name !== had; [had, name] = [name, storage.name()]) {
      if ((await supervise({})).person_name !== had) return;
      await supervise(name ? { person_name: name } : { no_name: true });
    }
  },

  async notices(room, wish) {
    await obey({ ...room, state: { supervision: await room.supervise({}) } }, wish);
  },
};

/** @typedef {{seat: import("../types.d.ts").Seat, what: string, value: any}} Errand */

export class Errands {
  /** @type {{what: string, title: string, why: string}[]} */
  refused = []; // what rooms have refused since the person has set that last
  busy = 0; // rooms in which something is being done
  #running = false;
  #shows = false; // what has changed, in a moment
  #presses = 0; // how often all agents were paused or resumed
  #locks = /** @type {LockManager | undefined} */ (navigator.locks); // none without TLS
  #nap = new AbortController();
  #stop = new AbortController();

  /**
   * @param {import("./mine.js").MyRooms} mine
   */
  constructor(mine, clock = realClock) {
    this.mine = mine;
    this.clock = clock;
    addEventListener("online", () => this.#nap.abort(), { signal: this.#stop.signal });
  }

  /** Returns the rooms that go on, as far as is known, with what is kept of the seats. */
  get rooms() {
    return this.mine.rooms
      .filter(({ seat, state }) => !seat.claim && state !== "ended" && state !== "closed")
      .map(({ seat }) => {
        const info = this.mine.knownOf(seat.token)?.info;
        const alone = info?.room.agents.find(({ you }) => you)?.alone ?? seat.alone;
        return { seat, alone, info, kept: storage.notesOf(seat.token) };
      });
  }

  /** Returns how the agents stand: the server has said that they are paused, and held are by the press for all. */
  get agents() {
    return this.rooms.filter(({ alone }) => !alone).map(({ seat, info, kept }) => {
      const waits = !!kept.errands?.pause;
      const paused = info ? !!info.paused : !!kept.held && !waits;
      return { seat, kept, paused, waits: waits && !paused, held: paused && !!kept.held };
    });
  }

  /** Pauses the agents that are not paused. */
  pause() {
    this.#presses++;
    const all = this.agents.filter(({ paused, waits }) => !paused && !waits).map(({ seat }) => seat);
    for (const { token } of all) storage.note(token, { held: undefined });
    this.#want("pause", true, all);
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
    if (!before) return;
    const agents = this.rooms.filter(({ alone }) => !alone);
    for (const { seat, kept } of agents) this.#want("rename", kept.errands?.rename ?? before, [seat]);
  }

  /** Takes a wish for notifications, {on, words}, in place of those of the rooms. */
  wish(wish) {
    storage.keepNotices({ ...wish, at: this.clock.now() });
    for (const { seat } of this.rooms) storage.note(seat.token, { notices: undefined });
    this.#want("notices", wish, []);
  }

  /** Reports whether the wish for notifications is still to be told in a room. */
  isToBeTold({ kept }) {
    const wish = storage.notices();
    return !!wish && wish.at !== kept.wished && (!wish.on || globalThis.Notification?.permission === "granted");
  }

  #want(what, value, seats) {
    this.#forget(what);
    for (const { token } of seats)
      storage.note(token, { errands: { ...storage.notesOf(token).errands, [what]: value } });
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

  /** Returns what is still to be done in a room. */
  #dueIn(room) {
    const told = this.isToBeTold(room) ? [["notices", storage.notices()]] : [];
    return [...Object.entries(room.kept.errands ?? {}), ...told]
      .map(([what, value]) => ({ seat: room.seat, what, value }));
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
      const passes = !(problem instanceof Refusal) || problem.retryAfter || problem.code === "unavailable";
      if (this.#stop.signal.aborted || passes) return problem;
      if (!endsSeat(problem)) this.refused = [...this.refused, { what, title: seat.title ?? "", why: problem.message }];
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
   * Returns a room by the calls for its seat: supervise, whose answer the list of rooms shows; history; and changes,
   * which returns what has paused and resumed the agent since it was held.
   */
  #reach(seat) {
    const { token } = seat;
    const { signal } = this.#stop;
    const ask = (tool, args) => call(tool, { agent_token: token, ...args }, { bearer: token, signal });
    const history = (args) => ask("message_history", args);
    const supervise = async (args) => {
      const got = await ask("supervise", args);
      this.mine.learn(token, got);
      return got;
    };
    const changes = async () => {
      let [after, more, all] = [storage.notesOf(token).held, true, /** @type {string[]} */ ([])];
      while (more) {
        const got = await history({ after, limit: pageSize }).catch((problem) => {
          if (problem instanceof Refusal && problem.code === "invalid_argument") return { messages: [] }; // it is gone
          throw problem;
        });
        const set = got.messages.filter(({ type }) => type === "supervision");
        all = [...all, ...set.map(({ reason }) => reason).filter((why) => why === "paused" || why === "resumed")];
        after = got.messages.at(-1)?.id;
        more = !!got.has_more;
      }
      return all;
    };
    return { seat, clock: this.clock, supervise, supervision: { change: supervise }, history, changes };
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
