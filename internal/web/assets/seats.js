// How this browser comes to a seat by a link, once, and comes back to it. A person alone takes one by landing/seat.js.

import * as storage from "./storage.js";
import { Refusal, call } from "./mcp.js";
import { newToken, roomOf, seatNumberOf, seatOf } from "./token.js";

/**
 * Returns the seat to which a claim leads, with the token that was made for it. That is kept
 * before the server hears of it, so that a lost answer loses nothing.
 */
export function claimed(claim) {
  const had = storage.seats().find(({ token }) => seatOf(token) === seatOf(claim));
  const made = { room: roomOf(claim), token: newToken(claim), claim };
  const seat = { ...(had ? { ...had, spare: had.claim === claim ? "" : claim } : made), used: Date.now() };
  storage.keep(seat);
  storage.keepShown(seat);
  return seat;
}

/** Makes the seat of this number, if this browser has it, the one with which this tab comes back to a room. */
export function choose(room, number) {
  const seat = storage.seats().find((one) => one.room === room && seatNumberOf(one.token) === number);
  if (!seat) return;
  storage.keep({ token: seat.token, used: Date.now() });
  storage.keepShown(seat);
}

/** Returns the seat of this browser in a room, which was opened before; undefined if there is none. */
export function returned(room) {
  const seat = storage.seatIn(room);
  if (!seat) return undefined;
  const now = { ...seat, used: Date.now() }; // the room keeps the seat once more, and would bring back when it was used
  storage.keep(now);
  storage.keepShown(now);
  return now;
}

/**
 * Opens what is still to be opened, and returns the seat as it is then. Of a link for a seat
 * that this browser has, the token that works is not replaced.
 */
export async function open(seat, signal) {
  if (!seat.claim && !seat.spare) return seat;
  let last;
  for (const one of candidates(seat)) {
    try {
      await call(
        "supervise",
        { agent_token: one.token, ...(one.claim && { claim: one.claim }) },
        { bearer: one.claim || one.token, signal },
      );
    } catch (problem) {
      if (!(problem instanceof Refusal) || !leadsNowhere.includes(problem.code)) throw problem;
      last = one.claim && problem.code === "not_allowed" ? new Refusal("opened", problem.message) : problem;
      if (one.claim && one.token !== seat.token) storage.forget(one.token);
      continue;
    }
    const opened = { ...one, claim: "", spare: "" };
    storage.keep(opened);
    if (opened.token !== seat.token) storage.inherit(opened.token, seat.token);
    return opened;
  }
  if (seat.claim) storage.forget(seat.token); // nobody has ever been let in by it
  else storage.keep({ ...seat, spare: "" });
  throw last;
}

/** Refusals of a token or a claim after which another may do. */
const leadsNowhere = ["token_invalid", "removed", "not_allowed", "key_invalid"];

/** Reports whether a refusal ends a seat, or what was asked for it. */
export const endsSeat = (problem) => problem instanceof Refusal && ends.includes(problem.code);

const ends = ["token_invalid", "removed", "room_closed", "room_not_found", "key_invalid", "opened"];

/**
 * Returns the code of a refusal for the person of a seat. On a server with keys, the secret of
 * a seat that is gone is refused as a key is; the reason tells it from a revoked key, and so it tells a seat from
 * before the server asked for keys.
 */
export const reasonOf = ({ code, why }) =>
  (code === "key_invalid" && { no_seat: "token_invalid", unadmitted: "unadmitted" }[why?.reason]) || code;

/** Yields a seat with each token and claim that may open it, the one that works most likely first. */
function* candidates(seat) {
  const { spare, ...old } = seat;
  const others = () =>
    storage.seats().filter(({ token }) => seatOf(token) === seatOf(seat.token) && token !== seat.token);
  yield old;
  if (spare && !others().some(({ claim }) => claim === spare))
    storage.keep({ ...old, token: newToken(spare), claim: spare });
  yield* others(); // also those of another tab that opens the same link at the same time
}
