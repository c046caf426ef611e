// What is new in a room that is not open: its latest messages, and what follows from them.

import { isMeant } from "../compose/notices.js";
import { History } from "../history.js";
import { call } from "../mcp.js";
import { endsSeat } from "../seats.js";

const most = 30; // messages that one look brings, unless more are asked for
const kept = 100; // messages
const draftLife = 24 * 3600_000; // ms that a draft waits

/** Makes calls for a seat. */
export const asker = (seat, /** @type {AbortSignal | undefined} */ signal = undefined) => (tool, args) =>
  call(tool, { agent_token: seat.token, ...args }, { bearer: seat.token, signal });

/**
 * Returns the latest messages of the room of a seat: {messages, earlier: there are more before them, more:
 * there are more after them}. It is one call: after a look of before, for what came since.
 */
export async function latestOf(ask, before = /** @type {any} */ (null), limit = most) {
  const last = before?.messages.at(-1);
  if (last) {
    const got = await ask("message_history", { after: last.id, limit }).catch(unlessUnknown);
    if (got) return { ...before, messages: added(before.messages, got.messages), more: !!got.has_more };
  }
  const got = await ask("message_history", { limit });
  return { messages: got.messages, earlier: !!got.has_more, more: false };
}

/** Says nothing of a message that the server does not know any more. */
const unlessUnknown = (problem) => {
  if (problem.code !== "invalid_argument") throw problem;
};

function added(messages, fresh) {
  const history = new History();
  history.append(messages);
  history.append(fresh);
  return history.messages.slice(-kept);
}

/** Returns {ended: code} of a refusal after which a seat is none any more, else undefined. */
export const endOf = (problem) => (endsSeat(problem) ? { ended: problem.code } : undefined);

/**
 * Returns what the latest messages are to the person of a seat: {unread: how many of them it has not
 * read, more: there are more than that, calls: one is meant for it or its agent, or a draft waits, last:
 * the last message}. Where it has read nothing yet, all is read, and so it is where another tab has read on
 * since the look that brought them: then is what was read last at that time.
 */
export function newsIn({ messages, earlier = false, more = false, then }, { read = "", name: me = "" }) {
  const at = messages.findLastIndex(({ id }) => id === read);
  const fresh = read && (at >= 0 || (then ?? read) === read) ? messages.slice(at + 1) : [];
  const others = fresh.filter((message) => message.type === "message" && !(message.person && message.from === me));
  return {
    unread: others.length,
    more: !!fresh.length && (more || (at < 0 && earlier)),
    calls: others.some((message) => isMeant(message, { me, messages })) || hasDraft(messages),
    last: messages.findLast(({ type }) => type === "message"),
  };
}

/** Reports whether a message of the agent waits for a decision. */
function hasDraft(messages) {
  const decided = new Set(messages.map(({ draft }) => draft)); // one that was sent is a message, as others are
  const waits = ({ at }) => Date.now() - Date.parse(at) < draftLife;
  return messages.some((one) => one.type === "draft" && !one.reason && !decided.has(one.id) && waits(one));
}
