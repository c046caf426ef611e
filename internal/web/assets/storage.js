// What this browser keeps between visits: the seats of its person with their tokens, drafts,
// what is being sent and what was read. Nothing of it is ever sent in an address. Each has an
// entry of its own, so that two tabs do not overwrite each other.
//
// A seat is {room: id, token, claim: "" once it is open, spare: a newer link for the same seat,
// name: the agent's, title: the room's, alone: the person has no agent there, used: when it was last
// opened, in ms, active: when something was said there last, or else when the seat was taken, in ms,
// read: the id of the last message read}.

import * as store from "./local-storage.js";
import { seatNumberOf } from "./token.js";

const seatName = (token) => "parley.seat." + token;
const readName = (token) => "parley.read." + token;
const notesName = (token) => "parley.notes." + token;
const outName = (token) => "parley.out." + token + ".";

/** Reports whether this browser has kept everything so far. */
export const lasts = store.lasts;

/** Returns the seats, the latest opened first. */
export const seats = () =>
  store
    .all(seatName(""))
    .filter((seat) => typeof seat?.token === "string" && typeof seat.room === "string")
    .map((seat) => ({ ...seat, read: store.get(readName(seat.token)) ?? "" }))
    .sort((a, b) => (b.used ?? 0) - (a.used ?? 0));

/**
 * Returns the seat in the room of this id that this tab has shown (here in its history, or last), else the latest
 * opened; undefined if there is none. Another tab may show another seat there: a reload would turn this one into that.
 */
export function seatIn(room) {
  const there = seats().filter((seat) => seat.room === room);
  return there.find(({ token }) => String(seatNumberOf(token)) === shownIn(room)) ?? there[0];
}

const shownName = (room) => "parley.tab." + room;

/** Returns the number of the seat that this tab shows in a room. */
function shownIn(room) {
  const { seat } = globalThis.history?.state ?? {}; // see main.js: only where the address is that of a room
  if (seat !== undefined) return String(seat);
  try {
    return sessionStorage.getItem(shownName(room));
  } catch {
    return null;
  }
}

/** Keeps, for this tab alone, that it shows a seat. */
export function keepShown({ room, token }) {
  try {
    sessionStorage.setItem(shownName(room), String(seatNumberOf(token)));
  } catch {
    // the latest opened seat has to do
  }
}

/**
 * Adds a seat, or changes what is kept of the one with its token, but for what was read and said there: see
 * keepRead and keepActive.
 * @param {Partial<import("./types.d.ts").Seat> & {token: string}} seat
 */
export function keep({ read: _, active: __, ...seat }) {
  const old = store.get(seatName(seat.token));
  const made = old ?? { active: seat.used ?? Date.now() }; // nothing was said there yet that this browser knows
  const now = { used: Date.now(), ...made, ...seat };
  if (JSON.stringify(now) !== JSON.stringify(old)) store.put(seatName(seat.token), now);
}

/** Keeps when something was said in the room of a seat last, in ms. */
export function keepActive(token, at) {
  const seat = store.get(seatName(token));
  if (seat && at > (seat.active ?? 0)) store.put(seatName(token), { ...seat, active: at });
}

/** Forgets a seat, and what belongs to it. */
export function forget(token) {
  store.removeAll(outName(token));
  for (const name of [notesName(token), readName(token), seatName(token)]) store.remove(name);
}

/** Gives what belongs to a seat to the one that the same person has in its place. */
export function inherit(token, from) {
  note(token, notesOf(from));
  const read = readOf(from);
  if (read) store.put(readName(token), read);
  for (const message of pendingOf(from)) post(token, message);
  forget(from);
}

/** Returns the id of the last message read; "" if none was. */
export const readOf = (token) => store.get(readName(token)) ?? "";

/** Keeps what belongs to a seat. What comes of a page after its seat was forgotten is forgotten, too. */
const keepFor = (token, name, value) => void (store.get(seatName(token)) && store.put(name, value));

/** Keeps it. */
export const keepRead = (token, id) => keepFor(token, readName(token), id);

/**
 * Returns what is kept for a seat beside it: {draft, edits: what is written in place of drafts of the agent, by their
 * ids, and why one was refused if that came too late, restraint: see restraint.js, approval: of which messages, as a
 * tab has set it last, notices, colours: of names, as a list of pairs, knocks: the ids of those that were dismissed,
 * unnamed: the person wants no name, errands, held and wished: see rooms/errands.js, push: see push/push.js, deciding:
 * until when a tab may still send or undo what it has decided about a draft, in ms, what that is, and whether it was
 * sent, by its id}.
 */
export const notesOf = (token) => store.get(notesName(token)) ?? {};

/** Replaces parts of what is kept for a seat. */
export const note = (token, parts) => keepFor(token, notesName(token), { ...notesOf(token), ...parts });

/** Returns what is being sent, the oldest first. */
export const pendingOf = (token) =>
  store
    .all(outName(token))
    .filter((message) => message?.key)
    .sort((a, b) => a.at - b.at);

/** Keeps a message that is being sent. */
export const post = (token, message) => keepFor(token, outName(token) + message.key, message);

/** Forgets it. */
export const unpost = (token, key) => store.remove(outName(token) + key);

/** Returns how many things needed the person in each room, as far as this browser knew, by the seats: see seatOf. */
export const waited = () => store.get("parley.needs") ?? {};

export const keepWaited = (counts) => store.put("parley.needs", counts);

/** Reports whether the person has put away what is said at the first opening of a room, or has spoken in one. */
export const isWelcomed = () => !!store.get("parley.welcomed");

export const keepWelcomed = () => store.put("parley.welcomed", true);

/** Returns the name of the person for all rooms; "" if it wants none, and undefined if it was not asked yet. */
export const name = () => store.get("parley.name");

export const keepName = (text) => store.put("parley.name", text);

/**
 * Returns the wish of the person for notifications in all rooms, {on, words, at: when it was made, in ms}; undefined if
 * there is none.
 */
export const notices = () => store.get("parley.notices");

export const keepNotices = (wish) => store.put("parley.notices", wish);

/** Returns the key with which this person uses the server; "" if it has none. */
export const key = () => store.get("parley.key") ?? "";

/** Keeps such a key; "" forgets it. */
export const keepKey = (text) => (text ? store.put("parley.key", text) : store.remove("parley.key"));

/**
 * Calls listen when another tab has changed what is kept of a seat: with "read", "pending", "notes"
 * or "forgotten". Returns how to end that.
 */
export const watch = (token, listen) =>
  store.watch((name) => {
    if (name === null || name === seatName(token)) store.get(seatName(token)) ?? listen("forgotten");
    if (name === readName(token)) listen("read");
    if (name === notesName(token)) listen("notes");
    if (name?.startsWith(outName(token))) listen("pending");
  });
