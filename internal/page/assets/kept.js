// What this browser keeps between visits: the seats of its person with their tokens, drafts
// and what was read. Nothing of it is ever sent in an address.
//
// A seat is {room: id, seat: room and seat of the token, token, claim: "" once it is open,
// name: the agent's, title: the room's, alone: the person has no agent there, read: the id of the last message read}.

const seatsKey = "parley.seats";

const read = (key, otherwise) => {
  try {
    return JSON.parse(localStorage.getItem(key)) ?? otherwise;
  } catch {
    return otherwise;
  }
};

/** Returns the seats, the latest opened first. */
export const seats = () => read(seatsKey, []);

/** Returns the seat of the room of this id; undefined if there is none. */
export const seatIn = (room) => seats().find((seat) => seat.room === room);

/** Adds a seat, or changes what is kept of the one with its token. */
export function keep(seat) {
  const all = seats();
  const old = all.find((other) => other.token === seat.token);
  localStorage.setItem(seatsKey, JSON.stringify([{ ...old, ...seat }, ...all.filter((other) => other !== old)]));
}

/** Forgets a seat, and what belongs to it. */
export function forget(token) {
  localStorage.setItem(seatsKey, JSON.stringify(seats().filter((seat) => seat.token !== token)));
  localStorage.removeItem("parley.notes." + token);
}

/** Returns what is kept for a seat beside it: {draft, outbox}. */
export const notesOf = (token) => read("parley.notes." + token, {});

/** Replaces parts of what is kept for a seat. */
export const note = (token, parts) => localStorage.setItem("parley.notes." + token, JSON.stringify({ ...notesOf(token), ...parts }));

/** Returns the key with which this person uses the server; "" if it has none. */
export const key = () => read("parley.key", "");

/** Keeps such a key; "" forgets it. */
export const keepKey = (text) => localStorage.setItem("parley.key", JSON.stringify(text));
