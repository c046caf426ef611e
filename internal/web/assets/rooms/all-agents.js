// The agents of this browser, paused and resumed all at once. Of each seat, this browser keeps held: "" from the press
// on, then, from before the call that pauses the agent, the id of the last message before it; and resumes, from the
// press that resumes it on.

import { Refusal, patiently } from "../mcp.js";
import * as storage from "../storage.js";

export class AllAgents {
  #stay = 0; // agents that stay paused, by the last press
  #failed = 0; // agents that could not be resumed, by the last press
  #under = new Set(); // the tokens of seats whose agents are being resumed

  /**
   * @param {import("./other.js").OtherRooms} others
   * @param {() => void} changed is called when a call for an agent has ended
   */
  constructor(others, changed) {
    this.others = others;
    this.changed = changed;
  }

  /**
   * Returns how they stand: how many there are, are paused, are to be paused once they can be reached, and were paused
   * by the press for all; and, after a press that resumed them, how many stay paused and how many could not be reached.
   */
  get state() {
    const all = this.#all;
    const count = (is) => all.filter(is).length;
    return {
      all: all.length, paused: count(isPaused), waits: count(waits), ours: count((one) => isHeld(one) || waits(one)),
      stay: this.#stay, failed: this.#failed,
    };
  }

  get #all() {
    return withAgents(this.others);
  }

  /** Pauses those that are not paused, each once it can be reached: see Restraint. */
  pause() {
    [this.#stay, this.#failed] = [0, 0];
    for (const { token, other, kept } of this.#all.filter((one) => !isPaused(one) && !waits(one))) {
      storage.note(token, { held: "", resumes: undefined, restraint: { ...kept.restraint, paused: true } });
      other?.supervision.restrain({ paused: true }).catch(() => {}).then(this.changed); // it is shown as not paused
    }
    this.changed();
  }

  /** Resumes those that it has paused and nobody else has since. Those that are still to be paused no longer are. */
  resume() {
    [this.#stay, this.#failed] = [0, 0];
    for (const one of this.#all) {
      const { token, other, kept } = one;
      if (waits(one)) {
        const { paused, ...restraint } = kept.restraint;
        storage.note(token, { restraint, ...(kept.held === "" && { held: undefined }) });
        other?.supervision.restraint.show();
      } else if (isHeld(one)) storage.note(token, { resumes: true });
    }
    this.goOn();
    this.changed();
  }

  /** Resumes those that are to be, also by a press from before the page was loaded. */
  goOn() {
    for (const { token, other, kept } of this.#all)
      if (other && kept.resumes && !this.#under.has(token)) this.#resume(token, other, kept.held);
  }

  async #resume(token, other, held) {
    const { turns, clock } = this.others;
    const call = () => turns.take(async () => {
      if (await isOurs(other, held)) await other.supervision.change({ paused: false });
      else this.#stay++;
    });
    this.#under.add(token);
    try {
      await patiently(call, clock, turns.signal);
      storage.note(token, { held: undefined, resumes: undefined });
    } catch {
      if (turns.signal.aborted) return;
      this.#failed++;
      storage.note(token, { resumes: undefined });
    }
    this.#under.delete(token);
    this.changed();
  }
}

/** Returns the seats with an agent in rooms that go on, as far as is known, each with what this browser keeps. */
export function withAgents(/** @type {import("./other.js").OtherRooms} */ others) {
  return others.mine.rooms
    .map(({ seat, state }) => ({ token: seat.token, seat, state, other: others.of(seat.token) }))
    .filter(({ seat, state, other }) => !seat.claim && state !== "ended" && state !== "closed" &&
      !(other ? other.state.alone : seat.alone))
    .map((one) => ({ ...one, kept: storage.notesOf(one.token) }));
}

const isPaused = ({ other }) => !!other?.state.supervision.paused;
const waits = ({ kept }) => !!kept.restraint?.paused;
const isHeld = (one) => isPaused(one) && !!one.kept.held;

/**
 * Reports whether the last pause of an agent, after the message of an id, is the only thing that happened to it since.
 * Who has resumed or paused it on another device or in its room has decided about it anew.
 */
async function isOurs(room, held) {
  let [after, more, pauses] = [held, true, 0];
  while (more) {
    const got = await room.deciding.call("message_history", { after }).catch((problem) => {
      if (problem instanceof Refusal && problem.code === "invalid_argument") return { messages: [] }; // expired
      throw problem;
    });
    pauses += got.messages.filter(({ type, reason }) => type === "supervision" && isPause(reason)).length;
    after = got.messages.at(-1)?.id;
    more = !!got.has_more;
  }
  return pauses === 1;
}

const isPause = (reason) => reason === "paused" || reason === "resumed";
