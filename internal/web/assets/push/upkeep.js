// What a room's page does for the notifications of this device while it is open. It shows nothing.

import { useEffect } from "../vendor.js";
import { closeOver, pushOf, renew } from "./push.js";
import { needsOf } from "../rooms/needs.js";

/** Renews the subscription of a device that is called, and closes the notifications of what is over. */
export function PushUpkeep({ room, state }) {
  const on = !!pushOf(state.supervision);
  const ids = needsOf(state).map(({ id }) => id);
  useEffect(() => void (on && renew(room).catch(() => {})), [on]); // the next page tries again
  useEffect(() => void closeOver(room.seat.room, ids).catch(() => {}), [ids.join()]);
  return null;
}
