// A person sets a name, a wish for notifications and a pause once for all rooms of this browser. Any open page then
// does so in each room, as soon as the room can be reached: these are errands. Beside each seat, this browser keeps
// - errands: {pause: {read: the id of the last message that this browser knew at the press, at: the press, in ms},
//   rename: the name from before}, while they are still to be done,
// - held: the id of the last message before "Pause all my agents" paused the agent,
// - wished: the time of the newest wish for all rooms that was told in this room, or that a wish in this room replaced.

import { backoff, clock as realClock } from "../clock.js";
import { pageSize } from "../history.js";
import { call, passes } from "../mcp.js";
import { refuseName } from "../naming.js";
import { obey } from "../push/push.js";
import { endsSeat } from "../seats.js";
import * as storage from "../storage.js";
import { useEffect, useMemo, useState } from "../vendor.js";

const atOnce = 6; // errands: a browser makes as many calls to a server at a time
const drawAfter = 100; // ms from the end of an errand until all rooms are drawn

/** Reports whether an event is a change by supervise for one of the reasons. */
const isChange = (/** @type {import("../results.d.ts").Message} */ { type, reason = "" }, reasons) =>
  type === "supervision" && reasons.includes(reason);

/** How each kind of errand is done: in a room, as Errands.#reach returns one, with the value of the errand. */
const works = {
  /**
   * Pauses the agent, unless it was paused or resumed since the press: by the person elsewhere, or by an earlier try
   * whose answer was lost. An agent that was paused before the press gets no held, so that resume leaves it paused.
   */
  async pause(room, { read, at }) {
    const { seat: { token }, supervise, changes } = room;
    const { all, last } = await changes(read);
    if (all.some((change) => Date.parse(change.at) + 1_000 > at)) return; // change.at is in whole seconds
    if ((await supervise({})).paused) return;
    storage.note(token, { held: last });
    await supervise({ paused: true });
    if (!storage.notesOf(token).errands?.pause) await works.resume(room); // the person resumed all meanwhile
  },

  /** Resumes the agent if its pause for all is the only change since held: else the person has decided since. */
  async resume({ seat: { token }, supervise, changes }) {
    const { all } = await changes(storage.notesOf(token).held);
    if (all.map(({ reason }) => reason).join() === "paused") await supervise({ paused: false });
    storage.note(token, { held: undefined });
  },

  /** Gives the room the name for all rooms, unless the person has chosen another one there since. */
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
  refused = []; // errands that rooms have refused, until the person sets the same for all rooms again
  busy = 0; // errands that are being done
  #running = false;
  #drawsSoon = false;
  #presses = 0; // of the buttons that pause and resume all agents
  #locks = /** @type {LockManager | undefined} */ (navigator.locks); // none without TLS
  #nap = new AbortController(); // aborted to try again at once
  #stop = new AbortController();

  constructor(/** @type {import("./mine.js").MyRooms} */ mine, clock = realClock) {
    this.mine = mine;
    this.clock = clock;
    addEventListener("online", () => this.#nap.abort(), { signal: this.#stop.signal });
  }

  /** Returns the rooms that have not ended, as far as this browser knows, each with its notes of the seat. */
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
   * Returns the agents of this browser, and of each, as far as this browser knows: paused, as its room said last;
   * waits: the pause for all is still to be done; held: the pause for all has paused it, and nobody has resumed it.
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

  /** Pauses the agents that are not paused, each as soon as its room can be reached. */
  pause() {
    this.#presses++;
    const [all, at] = [this.agents.filter(({ paused, waits }) => !paused && !waits), this.clock.now()];
    this.#add("pause", all, ({ messages }) => ({ read: messages.at(-1)?.id, at }));
  }

  /**
   * Resumes the agents that pause has paused, and drops the pauses that are still to be done. An agent that cannot be
   * reached now stays paused: it must not go on later, when its person does not see that. Returns how many stay paused
   * so, 0 after another press.
   */
  async resume() {
    const press = ++this.#presses;
    const { agents } = this;
    this.#forgetRefused("pause", "resume");
    for (const { seat, waits } of agents) if (waits) this.#drop({ seat, what: "pause" });
    this.mine.read();
    let left = agents.filter(({ held }) => held).map(({ seat }) => ({ seat, what: "resume", value: true }));
    for (let wait = 1; left.length && wait && press === this.#presses;) {
      ({ left, wait } = await this.#doAll(left, () => press === this.#presses));
      await this.clock.pause(1000 * wait, this.#stop.signal);
    }
    return press === this.#presses ? left.length : 0;
  }

  /** Sets the name for all rooms, "" for none. Rooms that know the name from before are told. */
  rename(name, before) {
    storage.keepName(name);
    const beforeIn = ({ kept }) => kept.errands?.rename ?? before;
    this.#add("rename", this.agents.filter(beforeIn), beforeIn);
  }

  /** Sets the wish for notifications in all rooms, {on, words}, in place of the wishes in single rooms. */
  wish(wish) {
    storage.keepNotices({ ...wish, at: this.clock.now() });
    for (const { seat } of this.rooms) storage.note(seat.token, { notices: undefined });
    this.#add("notices");
  }

  /** Reports whether the wish for notifications is still to be told in a room. */
  isToBeTold({ kept }) {
    const wish = storage.notices();
    return !!wish && wish.at !== kept.wished && (!wish.on || globalThis.Notification?.permission === "granted");
  }

  /** Gives rooms an errand, each with the value that valueOf returns for the room, and begins. */
  #add(what, rooms = /** @type {any[]} */ ([]), valueOf = (/** @type {any} */ _) => {}) {
    this.#forgetRefused(what);
    for (const room of rooms)
      storage.note(room.seat.token, { errands: { ...room.kept.errands, [what]: valueOf(room) } });
    this.#nap.abort();
    this.goOn();
    this.mine.read();
  }

  #forgetRefused(...whats) {
    this.refused = this.refused.filter(({ what }) => !whats.includes(what));
  }

  /** Drops an errand that is done, or will not be. */
  #drop({ seat: { token }, what, value = /** @type {any} */ (null) }) {
    if (what === "notices") return storage.note(token, { wished: value.at });
    const { [what]: _, ...errands } = storage.notesOf(token).errands ?? {};
    return storage.note(token, { errands });
  }

  /** Returns the errands of a room, without those that the room has refused since the page was loaded. */
  #dueIn({ seat, kept }) {
    const notices = this.isToBeTold({ kept }) ? [["notices", storage.notices()]] : [];
    return [...Object.entries(kept.errands ?? {}), ...notices].map(([what, value]) => ({ seat, what, value }))
      .filter(({ what }) => !this.refused.some((one) => one.token === seat.token && one.what === what));
  }

  /** @returns {Errand[]} */
  get #due() {
    return this.rooms.flatMap((room) => this.#dueIn(room));
  }

  /** Does all errands, also those from before the page was loaded, and tries again until none is left. */
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
   * Does errands, a few at a time, until the server asks to wait. isStillDue is asked just before each. Returns the
   * errands that are left, and for how many seconds to wait.
   */
  async #doAll(/** @type {Errand[]} */ errands, isStillDue) {
    const left = /** @type {Errand[]} */ ([]);
    const next = errands.values();
    let wait = 0;
    const work = async () => {
      for (const errand of next) {
        if (this.#stop.signal.aborted || !isStillDue(errand)) continue;
        const problem = wait ? {} : await this.#do(errand);
        if (problem) left.push(errand);
        wait = Math.max(wait, problem?.retryAfter ?? 0);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, work));
    return { left, wait };
  }

  /** Does one errand. Returns why it is to be tried again; null if it is not. */
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
      const workIf = async (lock) => (lock ? work() : {}); // else another errand of the seat is being done
      const problem = await (locks ? locks.request(name, { ifAvailable: true }, workIf) : work());
      if (problem) return problem;
    } catch (problem) {
      if (problem.name === "SecurityError") this.#locks = undefined; // the browser gives none
      if (this.#stop.signal.aborted || passes(problem)) return problem;
      const { token, title = "" } = seat;
      const ends = endsSeat(problem);
      if (!ends) this.refused = [...this.refused, { what, token, title, why: problem.message }];
      if (!ends && what === "rename") return null; // it stays: the next name replaces the same name from before
    } finally {
      this.busy--;
      this.#drawSoon();
    }
    this.#drop(errand);
    return null;
  }

  /** Has the page draw all rooms, once for several errands. */
  async #drawSoon() {
    if (this.#drawsSoon) return;
    this.#drawsSoon = true;
    await this.clock.pause(drawAfter, this.#stop.signal);
    this.#drawsSoon = false;
    this.mine.read();
  }

  /**
   * Returns a room with the calls for its seat. supervise also has the list of rooms show its answer. changes(after)
   * returns {all: the events after a message that paused or resumed the agent, last: the id of the last message now}.
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
      const orNewest = (problem) => (problem.code === "invalid_argument" ? newest() : Promise.reject(problem));
      for (let more = true; more;) {
        const got = await (after ? ask("message_history", { after, limit: pageSize }).catch(orNewest) : newest());
        all.push(...got.messages.filter((one) => isChange(one, ["paused", "resumed"])));
        after = got.messages.at(-1)?.id ?? after;
        more = after && got.has_more;
      }
      return { all, last: after };
    };
    return { seat, clock: this.clock, supervise, supervision: { change: supervise }, changes };
  }

  /** Returns one room with its supervision, for push/push.js: a room that has answered, if there is one. */
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
