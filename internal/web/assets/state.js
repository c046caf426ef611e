// What is known of a room. It is replaced and never changed; the fields of messages, agents and requests have the names
// of docs/tools.md.

import { unheld } from "./supervision.js";

/**
 * What is known before anything is loaded.
 * @type {import("./types.d.ts").State}
 */
export const nothing = {
  phase: "opening", // then live, offline (tries again by itself), or ended
  trouble: null, // when ended: {code, message}; when offline only if the person can do something
  me: "", // the name of the seat
  alone: false, // the person has no agent there
  room: null, // as in room_info; if it is closed, nothing more comes
  colours: new Map(), // of who is or was seated, by name
  messages: [], // in the order of the room, without gaps up to the newest
  quoted: [], // messages before those, each loaded for a quote alone
  earlier: false, // there are more before those
  partial: false, // there were more before those when the page ended
  loading: false, // they are being loaded
  missed: null, // what was unread when the person came to the page: what came after read, up to last, by their ids
  readTo: "", // the id of the last message that the person has read
  welcomed: true, // the person has put away what is said at the first opening, or has spoken here
  asksName: false, // what the person says waits for its name: see naming.js
  givesName: false, // and that is being told to the room
  requests: [],
  differing: [], // checks that differ of what the seat did, and that the person has not put away
  asOf: "", // the id of the last message when the requests were read
  agreements: [],
  banned: [], // names, for an admin
  unsent: 0, // drafts that waited when the room was closed
  hidden: 0, // messages to all from before the seat's time
  renewed: 0, // how often what this person did ended the invite and made another
  supervision: unheld,
  restraint: {}, // what waits until the server hears of it: see restraint.js
  dismissed: [], // the ids of knocks that the person has dismissed
  late: [], // the words of the person that came too late for a draft; "" of a press without any
  approved: [], // drafts that were sent, until the log shows that
  deciding: {}, // what the person has decided, until that is sent: {decision, text, held, ends, sent} by draft
  pending: [], // what is being sent: {key, args, state: sending | held | refused, why, credential}
  sharing: [], // files that are being shared: see files/sharing.js
  tasks: [], // that are neither done nor dropped
  titles: new Map(), // of these and of others that were heard of, by their ids
  clock: 0, // ms to add to this machine's time for the server's
};

/** The state of one room, and those who listen for its changes. */
export class RoomState {
  #listeners = new Set();

  /** @param {Partial<import("./types.d.ts").State>} parts what is known at first, beside nothing */
  constructor(parts) {
    this.state = { ...nothing, ...parts };
  }

  /** Calls listen after each change, until the function that it returns is called. */
  subscribe(listen) {
    this.#listeners.add(listen);
    return () => this.#listeners.delete(listen);
  }

  /** Replaces parts of the state, and calls the listeners if one has changed. */
  set(parts) {
    if (Object.keys(parts).every((name) => this.state[name] === parts[name])) return;
    this.state = { ...this.state, ...parts };
    for (const listen of this.#listeners) listen();
  }
}
