// Up to where the person has read a room, and what is unread. This browser keeps it, and its tabs share it.

import * as storage from "./storage.js";
import { isOwn } from "./talk/names.js";

export class Unread {
  #readTo = ""; // the id of the last message that the person has read

  /**
   * @param {{token: () => string, history: () => import("./history.js").History,
   *   me: () => string,
   *   show: (parts: Partial<import("./types.d.ts").State>) => void}} room
   *   token is the seat's, history what is loaded, and me the name of the seat
   */
  constructor(room) {
    this.room = room;
  }

  /** Takes up what this browser has kept. */
  begin() {
    this.#show(storage.readOf(this.room.token()));
  }

  /** Notes that the person has read up to a message. */
  readTo(id) {
    const [history, token, before] = [this.room.history(), this.room.token(), this.#readTo];
    if (!history.has(id) || (history.has(before) && !history.precedes(before, id))) return;
    if (!history.precedes(id, storage.readOf(token))) storage.keepRead(token, id);
    this.#show(id);
  }

  /** Returns the messages of others that the person has not read, of those that are loaded. */
  messages() {
    if (!this.#readTo) return [];
    const after = this.room.history().after(this.#readTo);
    return after.filter((message) => message.type === "message" && !isOwn(message, this.room.me()));
  }

  /** Marks the first of them: the person comes to the page. */
  mark() {
    this.room.show({ firstUnread: this.messages()[0]?.id ?? "" });
  }

  #show(readTo) {
    this.#readTo = readTo;
    this.room.show({ readTo });
  }
}
