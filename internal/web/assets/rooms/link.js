// What leads to a room.

import { at } from "../site.js";
import * as storage from "../storage.js";
import { seatNumberOf } from "../token.js";

/**
 * What leads to the room of a seat, and to a place in it. The seat is named where this browser has several there: the
 * link may open in another tab.
 */
export function linkTo({ room, token }, id = "") {
  const several = storage.seats().filter((seat) => seat.room === room).length > 1;
  const place = id + (several ? "." + seatNumberOf(token) : "");
  return { href: at("r/" + room) + (place && "#" + place) };
}
