// News of the rooms that are not open: one call for all of them, and what follows from its answer.

import { History } from "../history.js";
import { NoAnswer, Refusal, refusalOf } from "../mcp.js";
import { endsSeat } from "../seats.js";
import { at, version } from "../site.js";
import { known } from "../talk/known.js";
import { isOwn } from "../talk/names.js";

const kept = 200; // messages
const silence = 40_000; // ms after which a call is given up

/** @type {import("../types.d.ts").Known} */
const nothing = {
  ended: "", failed: false, info: null, needs: { drafts: [], asks: [], questions: [], differing: [] }, messages: [],
  earlier: false, tag: "", then: "",
};

/**
 * What a call has told: of each seat with news, which has token, after the message of the id after. The next call may
 * come after poll seconds. page is the version of the page that the server has.
 * @typedef {import("../results.d.ts").NewsSeat & {token: string, after: string}} NewsOf
 * @typedef {{seats: NewsOf[], poll: number, page: string}} Told
 */

/**
 * Asks for news of some seats. Where the server waits for news, it does so for up to so many seconds.
 * Throws a Refusal or a NoAnswer, or what signal was aborted with.
 * @param {{token: string, known?: import("../types.d.ts").Known}[]} seats
 * @returns {Promise<Told>}
 */
export async function ask(seats, seconds, signal) {
  const asked = seats.map(({ token, known: { tag, messages } = nothing }) =>
    ({ token, tag: tag || undefined, after: messages.at(-1)?.id }));
  try {
    const answer = await fetch(at("v1/news"), {
      method: "POST", headers: { "Content-Type": "application/json", Accept: "application/json" },
      body: JSON.stringify({ wait_seconds: seconds, seats: asked }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(silence)]),
      cache: "no-store", credentials: "omit", referrerPolicy: "no-referrer",
    });
    const later = Number(answer.headers.get("Retry-After")) || undefined;
    const got = await answer.json().catch(() => ({})); // a proxy answers with a page
    if (got.code) throw refusalOf("room_info", { retry_after_seconds: later, ...got });
    if (!answer.ok) throw new NoAnswer("HTTP " + answer.status, later, answer.status);
    return {
      seats: got.seats.map(({ n, ...one }) => ({ ...one, token: asked[n].token, after: asked[n].after ?? "" })),
      poll: Number(got.poll_after_seconds) || 0, page: answer.headers.get("Parley-Page") || version,
    };
  } catch (problem) {
    if (signal.aborted) throw signal.reason;
    throw problem instanceof Refusal || problem instanceof NoAnswer ? problem : new NoAnswer(problem);
  }
}

/**
 * Returns what is known of a seat, with the news that this tab or another one got; undefined if messages between are
 * missing. read is the id of the last message that the person has read.
 * @param {import("../types.d.ts").Known} before
 * @returns {import("../types.d.ts").Known | undefined}
 */
export function knownWith(before = nothing, /** @type {NewsOf} */ one, read) {
  const { refused, info = before.info, needs } = one;
  if (refused) {
    const problem = refusalOf("room_info", /** @type {any} */ (refused));
    return endsSeat(problem) ? { ...nothing, ended: problem.code } : { ...before, failed: true };
  }
  const same = one.info || one.after === (before.messages.at(-1)?.id ?? ""); // else the tag is for more than is known
  const tag = (same && one.tag) || before.tag;
  const joined = info && withMessages(before, one);
  const waiting = one.info ? { ...nothing.needs, ...needs } : before.needs;
  return joined ? { ...nothing, info, needs: waiting, tag, ...joined, then: read } : undefined;
}

/** Returns the latest messages with those that have come; undefined if some between them have not. */
function withMessages({ messages, earlier }, /** @type {NewsOf} */ { messages: fresh = [], after, forgot, ...one }) {
  if (!fresh.length && !forgot) return { messages, earlier };
  const there = new Set(messages.map(({ id }) => id));
  const follow = !forgot && (there.has(after) || fresh.some(({ id }) => there.has(id)));
  if (!follow && after && !forgot) return undefined;
  const history = new History();
  if (follow) history.append(messages);
  history.append(fresh);
  const all = history.messages;
  return { messages: all.slice(-kept), earlier: all.length > kept || !!(follow ? earlier : one.earlier) };
}

/**
 * Returns what the latest messages are to the person of a seat: {unread: how many of them the person has not read,
 * more: there are more unread ones, last: the last message, proposal: what is known of the message that it answers}.
 * None is unread if the person has read nothing in the room yet, or if another tab has read on since the messages came:
 * then is the id of the message that was read last at that time.
 */
export function newsIn(/** @type {any} */ { messages, earlier, then, info = {} }, { read = "", name: me = "" }) {
  const at = messages.findLastIndex(({ id }) => id === read);
  const fresh = read && (at >= 0 || (then ?? read) === read) ? messages.slice(at + 1) : [];
  const last = messages.findLast(({ type }) => type === "message");
  const others = fresh.filter((message) => message.type === "message" && !isOwn(message, me));
  return {
    unread: others.length,
    more: !!fresh.length && at < 0 && !!earlier,
    last, proposal: known(last?.reply_to, messages.find(({ id }) => id === last?.reply_to), info),
  };
}
