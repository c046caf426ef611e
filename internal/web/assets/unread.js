// Up to which message the person has read a room, and what is unread. This browser keeps the id, and its tabs share it.

import * as storage from "./storage.js";
import { isNew } from "./talk/names.js";

export class Unread {
  #readTo = ""; // the id of the last message that the person has read
  /** @type {import("./types.d.ts").State["missed"]} */
  #missed = null;

  /**
   * @param {{token: () => string, history: () => import("./history.js").History,
   *   me: () => string,
   *   show: (parts: Partial<import("./types.d.ts").State>) => void}} room
   *   token is the seat's, history what is loaded, and me the name of the seat
   */
  constructor(room) {
    this.room = room;
  }

  /** Goes on from the message that this browser has kept. */
  begin() {
    this.#show(storage.readOf(this.room.token()));
  }

  /** Records that the person has read up to a message, unless the person has already read further. */
  readTo(id) {
    const [history, token, before] = [this.room.history(), this.room.token(), this.#readTo];
    if (!history.has(id) || (history.has(before) && !history.precedes(before, id))) return;
    if (!history.precedes(id, storage.readOf(token))) storage.keepRead(token, id);
    this.#show(id);
  }

  /** Returns the loaded messages of others that the person has not read. */
  messages() {
    if (!this.#readTo) return [];
    const after = this.room.history().after(this.#readTo);
    return after.filter((message) => isNew(message, this.room.me()));
  }

  /** Marks, as the person comes to the page, what came after the last read message, if others sent some of it. */
  mark() {
    this.#missed = this.messages().length ? { read: this.#readTo, last: this.#last } : null;
    this.room.show({ missed: this.#missed });
  }

  /** Extends the mark to what came since: the person has come back, and the last messages arrive a moment later. */
  markRest() {
    if (!this.#missed) return this.mark();
    if (this.#missed.last !== this.#last) this.#missed = { ...this.#missed, last: this.#last };
    return this.room.show({ missed: this.#missed });
  }

  /** The id of the last message or event. */
  get #last() {
    return this.room.history().messages.at(-1)?.id ?? "";
  }

  #show(readTo) {
    this.#readTo = readTo;
    this.room.show({ readTo });
  }
}
