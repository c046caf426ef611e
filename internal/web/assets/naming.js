// What a person says before others know its name: it waits until the person was asked for one, and has given or
// skipped it. What is said without a connection does not wait: the next is asked for.

export class Naming {
  /** @type {Map<string, () => void>} each says what waits, by what it is: until the question is there, more may come */
  #says = new Map();

  /**
   * @param {{needed: () => boolean, show: (asks: boolean) => void, skipped: () => void, said: () => void}} room
   *   needed tells whether to ask; show whether that is going on; skipped that the person wants no name; said that it
   *   has spoken
   */
  constructor(room) {
    this.room = room;
  }

  /**
   * Calls say, which says something, once the person need not be asked any more. The button of what was pressed twice
   * says it once.
   */
  speak(what, say) {
    if (!this.room.needed()) return this.#go(say);
    this.#says.set(what, say);
    this.room.show(true);
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
    this.room.show(false);
    return says;
  }

  #go(say) {
    say();
    this.room.said();
  }
}
