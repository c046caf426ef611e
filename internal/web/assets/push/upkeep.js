// What a page does for the notifications of this device while it is open. It shows nothing.

import { useErrands } from "../rooms/errands.js";
import { useMyRooms } from "../rooms/list.js";
import { useRoom } from "../use-room.js";
import { html, useEffect, useRef } from "../vendor.js";
import { drop, keyOfSeat, pushOf, renew, renewOthers, settle, tidy } from "./push.js";

/** Of the page of a room: renews the subscription of a device that is told, and gives it up with the room. */
export function PushUpkeep({ room, mine }) {
  const state = useRoom(room);
  const over = state.phase === "ended" || !!state.room?.closed;
  const { push_key: key } = state.supervision;
  const hook = pushOf(state.supervision);
  const on = !!hook && !hook.ended;
  const was = useRef(false); // on, in this page
  useEffect(() => {
    const stopped = was.current && !on;
    was.current = on;
    const done = over ? drop(room) : renew(room, stopped);
    done.then(renewOthers).catch(() => {}); // the next page tries again
  }, [over, on, key]);
  useErrands(mine);
  return html`<${Upkeep} rooms=${useMyRooms(mine)} />`;
}

/** Of any page: closes the notifications of what is over, and takes back what is of rooms that were left. */
export function Upkeep({ rooms }) {
  const seats = rooms.map(({ seat }) => seat.token).join();
  useEffect(() => void tidy().catch(() => {}), [seats]);
  const known = rooms.filter(({ open, state }) => open || (state && state !== "failed"));
  const needs = known.map(({ seat, needs }) => [keyOfSeat(seat), needs.map(({ id }) => id)]);
  useEffect(() => void settle(/** @type {any} */ (needs)).catch(() => {}), [JSON.stringify(needs)]);
  return null;
}
