// What is new in a room that is not open: its latest messages, what room_info tells, and what follows from them.

import { History } from "../history.js";
import { call } from "../mcp.js";
import { endsSeat } from "../seats.js";
import { known } from "../talk/known.js";
import { isOwn } from "../talk/names.js";

const most = 100; // messages that one look brings, as many as the server gives
const kept = 200; // messages
const minute = 60_000; // ms

/** Makes calls for a seat. */
export const asker = (seat, /** @type {AbortSignal | undefined} */ signal = undefined) => (tool, args) =>
  call(tool, { agent_token: seat.token, ...args }, { bearer: seat.token, signal });

/**
 * Looks at the room of a seat, by two calls, or by one where a minute has not passed since room_info was read and
 * nothing has come. Returns {messages: the latest, earlier: there are more before them, more: there are more after
 * them, info: as of room_info, at: when that was read, in ms, drafts: those that wait, then: the message that was read
 * last}, or {ended: code} of a seat that is none any more. before is what the last look returned, and now in ms.
 */
export async function look(seat, before, now, signal = /** @type {any} */ (undefined)) {
  const ask = asker(seat, signal);
  try {
    const isOld = !(now - (before?.at ?? -Infinity) < minute);
    const [latest, read] = await Promise.all([latestOf(ask, before), isOld && ask("room_info", {})]);
    const came = latest.messages.at(-1)?.id !== before?.messages?.at(-1)?.id;
    if (!read && !came) return { ...before, ...latest, then: seat.read };
    const info = read || (await ask("room_info", {}));
    const drafts = await draftsOf(ask, info, [latest.messages, before?.drafts]);
    return { ...latest, info, at: now, drafts, then: seat.read };
  } catch (problem) {
    if (endsSeat(problem)) return { ended: problem.code };
    throw problem;
  }
}

/** Returns the drafts that wait: by a further call where one of them is not among those that are known. */
async function draftsOf(ask, { draft_ids: ids = [] }, known) {
  const all = known.flat().filter(Boolean);
  const drafts = ids.map((id) => all.find((one) => one.id === id));
  return drafts.every(Boolean) ? drafts : (await ask("supervise", {})).drafts;
}

/** Returns the latest messages: all at first, then with what came since. */
async function latestOf(ask, before) {
  const last = before?.messages?.at(-1);
  if (!last) {
    const got = await ask("message_history", { limit: most });
    return { messages: got.messages, earlier: !!got.has_more, more: false };
  }
  const { messages, earlier } = before;
  try {
    const got = await ask("message_history", { after: last.id, limit: most });
    return { messages: added(messages, got.messages), earlier, more: !!got.has_more };
  } catch (problem) {
    if (problem.code !== "invalid_argument") throw problem;
    return { messages: [], earlier: false, more: false }; // the room has forgotten it; the next look begins anew
  }
}

function added(messages, fresh) {
  const history = new History();
  history.append(messages);
  history.append(fresh);
  return history.messages.slice(-kept);
}

/**
 * Returns what the latest messages are to the person of a seat: {unread: how many of them it has not
 * read, more: there are more than that, last: the last message, proposal: what is known of what that answers}. Where
 * it has read nothing yet, all is read, and so it is where another tab has read on since the look that brought them:
 * then is what was read last at that time.
 */
export function newsIn(/** @type {any} */ { messages, earlier, more, then, info = {} }, { read = "", name: me = "" }) {
  const at = messages.findLastIndex(({ id }) => id === read);
  const fresh = read && (at >= 0 || (then ?? read) === read) ? messages.slice(at + 1) : [];
  const last = messages.findLast(({ type }) => type === "message");
  const others = fresh.filter((message) => message.type === "message" && !isOwn(message, me));
  return {
    unread: others.length,
    more: !!fresh.length && !!(more || (at < 0 && earlier)),
    last, proposal: known(last?.reply_to, messages.find(({ id }) => id === last?.reply_to), info),
  };
}
