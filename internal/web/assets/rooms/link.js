// Links to rooms.

import { at } from "../site.js";
import * as storage from "../storage.js";
import { seatNumberOf } from "../token.js";

/**
 * Returns the attributes of a link to the room of a seat, and to a place there. The link names the seat where this
 * browser has several in the room: it may open in another tab.
 */
export function linkTo({ room, token }, id = "") {
  const several = storage.seats().filter((seat) => seat.room === room).length > 1;
  const place = id + (several ? "." + seatNumberOf(token) : "");
  return { href: at("r/" + room) + (place && "#" + place) };
}
