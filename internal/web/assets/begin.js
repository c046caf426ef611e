// What does not wait for the rest of the page. A browser runs this before the first paint: it chooses the colours, on
// the page of a room it names the room, and it makes the first calls, which are answered while main.js is on its way.

import "./push/worker-address.js"; // before anything else
import { pageSize } from "./history.js";
import { ahead } from "./mcp.js";
import { choose, claimed } from "./seats.js";
import { root } from "./site.js";
import * as storage from "./storage.js";
import { isClaim, isMessage, isTask, roomOf } from "./token.js";
import { showTheme } from "./ui/shown-theme.js";

/**
 * Returns what stands behind the # in the address: the secret of a link, or the id of a message, a draft or a task,
 * with the number of a seat where this browser may have several. What people paste may end with the sentence around it.
 */
export const fragment = () => location.hash.slice(1).toLowerCase().replace(/[^0-9a-z]+$/, "");

/** Returns the seat that the address of a room opens, if that is plain: main.js sees to all else. */
function seatAt(id) {
  const [to, number] = fragment().split(".");
  if (isClaim(to)) return roomOf(to) === id ? claimed(to) : undefined;
  if (to && !isMessage(to) && !isTask(to)) return undefined;
  if (number) choose(id, Number(number));
  return storage.seatIn(id);
}

/** Makes the calls with which room.js opens a room, in the same order: what is open is read after the messages. */
async function ask({ token, claim, spare }) {
  if (spare || (claim && !storage.lasts())) return; // one of two works, and seats.js finds out; a link opens once
  const own = { agent_token: token };
  if (claim) await ahead("supervise", { ...own, claim }, { bearer: claim });
  await ahead("message_history", { ...own, limit: pageSize }, { bearer: token });
  for (const tool of ["room_info", "supervise", "list_tasks"]) ahead(tool, own, { bearer: token });
}

function begin(/** @type {string} */ id) {
  const seat = seatAt(id);
  hasMoreRoomsThan(1);
  const name = document.querySelector(".opening h1");
  if (name && seat?.title) name.textContent = seat.title;
  if (seat) ask(seat).catch(() => {}); // main.js hears of it, too
}

/** Says to the styles of what stands there at first whether there will be a list of rooms. */
const hasMoreRoomsThan = (n) => document.documentElement.classList.toggle("has-rooms", storage.seats().length > n);

showTheme();
const path = location.pathname.slice(root.pathname.length);
const [, kind, name] = /^([ri])\/([^/]+)\/?$/.exec(path) ?? [];
if (kind === "r") begin(name);
else {
  const own = path ? import("./pages.js") : import("./home.js");
  for (const part of [import("./shared.js"), import("./landing.js"), own]) part.catch(() => {}); // see ui/later.js
}
if (kind === "i") ahead("room_info", {}, { path: `i/${name}/mcp` });
if (!path) {
  hasMoreRoomsThan(0);
  ahead("list_rooms", {}, { bearer: storage.key() });
}
