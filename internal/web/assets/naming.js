// What a person says before others know its name: it waits until the room knows the name that the person has given for
// all rooms of this browser, or the person was asked for one, and has given or skipped it. What is said without a
// connection does not wait: the next does.

import { Refusal } from "./mcp.js";
import { refusals } from "./refusal-words.js";

/** Throws what a call of supervise with a name has met, with words about the name: of supervise, they are of drafts. */
export function refuseName(/** @type {any} */ problem) {
  const { code } = problem;
  throw code === "invalid_argument" ? new Refusal(code, refusals.of.join_room[code]) : problem;
}

export class Naming {
  /** @type {Map<string, () => void>} each says what waits, by what it is: until the question is there, more may come */
  #says = new Map();
  #gives = false; // the room is being told the name

  /**
   * @param {{needed: () => boolean, gives: () => Promise<any> | null, skipped: () => void, said: () => void,
   *   show: (asks: boolean | string, gives: boolean) => void}} room
   *   needed tells whether a name is missing; gives tells the room the one for all rooms, and returns null for none;
   *   show whether the person is asked, or why another name is needed, and whether the room is being told; skipped that
   *   the person wants no name; said that it has spoken
   */
  constructor(room) {
    this.room = room;
  }

  /**
   * Calls say, which says something, once no name is missing any more. The button of what was pressed twice says it
   * once. A room that does not take the name for all rooms has the person asked.
   */
  speak(what, say) {
    if (!this.room.needed()) return this.#go(say);
    this.#says.set(what, say);
    if (this.#gives) return undefined;
    const giving = this.room.gives();
    if (!giving) return this.room.show(true, false);
    this.#gives = true;
    this.room.show(false, true);
    return giving.then(() => this.given(), ({ message }) => this.room.show(message || true, false))
      .finally(() => (this.#gives = false));
  }

  /** Reports whether all that waits is a vote, which has no words. */
  get votes() {
    return !this.#says.has("draft");
  }

  /** The person has given its name. */
  given() {
    for (const say of this.cancel().values()) this.#go(say);
  }

  /** The person wants no name. */
  skip() {
    this.room.skipped();
    this.given();
  }

  /** The person says nothing now. What it has written is still where it was. Returns what would have said it. */
  cancel() {
    const says = this.#says;
    this.#says = new Map();
    this.room.show(false, false);
    return says;
  }

  #go(say) {
    say();
    this.room.said();
  }
}
