// How the rooms of this person are: what is new in them, and who is there.

import * as storage from "../storage.js";
import { Refusal, call } from "../mcp.js";

const most = 100; // messages that are looked at
const atOnce = 2; // seats; there are two calls for each

/**
 * Looks at each seat in turn, a few at once, and calls found(seat, how) with {title, closed, here,
 * unread, more} (the names of those present, how many messages are unread, and whether there are
 * more than that), {ended: code} for a seat that no longer is one, or {} without an answer.
 */
export async function lookAt(seats, found, signal) {
  const queue = seats.filter((seat) => !seat.claim);
  const work = async () => {
    for (let seat = queue.shift(); seat && !signal.aborted; seat = queue.shift()) {
      const how = await look(seat, signal);
      if (!signal.aborted) found(seat, how);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
}

const nothingNew = { messages: [], has_more: false };

async function look(seat, signal) {
  const ask = (tool, args) => call(tool, { agent_token: seat.token, ...args }, { bearer: seat.token, signal });
  try {
    const [{ room }, news] = await Promise.all([
      ask("room_info", {}),
      seat.read ? newsAfter(ask, seat.read) : nothingNew,
    ]);
    const me = room.agents.find((agent) => agent.you)?.name;
    const mine = (message) => message.person && message.from === me;
    const unread = news.messages.filter((message) => message.type === "message" && !mine(message)).length;
    const here = room.agents.filter(present).map(({ name }) => name);
    return { title: room.name, closed: !!room.closed, here, unread, more: !!news.has_more };
  } catch (problem) {
    return problem instanceof Refusal && ended.includes(problem.code) ? { ended: problem.code } : {};
  }
}

const ended = ["token_invalid", "removed", "room_not_found", "room_closed", "key_invalid"];

const present = ({ state, person_here: watched }) => watched || ["waiting", "standby", "busy"].includes(state);

/** Returns what came after a message; nothing if the server does not know that message any more. */
async function newsAfter(ask, after) {
  try {
    return await ask("message_history", { after, limit: most });
  } catch (problem) {
    if (problem instanceof Refusal && problem.code === "invalid_argument") return nothingNew;
    throw problem;
  }
}

/** Makes a seat the one that its room opens with, in this browser. */
export const choose = (seat) => storage.keep({ token: seat.token, used: Date.now() });
