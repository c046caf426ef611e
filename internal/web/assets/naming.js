// What a person says before others know its name: it waits until the person was asked for one, and has given or
// skipped it. What is said without a connection does not wait: the next is asked for.

export class Naming {
  /** @type {(() => void) | null} says what waits */
  #say = null;

  /**
   * @param {{needed: () => boolean, show: (asks: boolean) => void, skipped: () => void, said: () => void}} room
   *   needed tells whether to ask; show whether that is going on; skipped that the person wants no name; said that it
   *   has spoken
   */
  constructor(room) {
    this.room = room;
  }

  /** Calls say, which says something, once the person need not be asked any more. */
  speak(say) {
    if (!this.room.needed()) return this.#go(say);
    this.#say = say;
    this.room.show(true);
  }

  /** The person has given its name. */
  given() {
    const say = this.cancel();
    if (say) this.#go(say);
  }

  /** The person wants no name. */
  skip() {
    this.room.skipped();
    this.given();
  }

  /** The person says nothing now. What it has written is still where it was. Returns what would have said it. */
  cancel() {
    const say = this.#say;
    this.#say = null;
    this.room.show(false);
    return say;
  }

  #go(say) {
    say();
    this.room.said();
  }
}
