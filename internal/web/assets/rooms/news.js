// What is new in the rooms that are not in sight: one call for all of them, and what follows from its answer.

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
  ended: "", failed: false, info: null, needs: { drafts: [], asks: [], questions: [] }, messages: [], earlier: false,
  tag: "", then: "",
};

/**
 * What a call has told: of each seat where something was new also its token, and after which message it was asked; and
 * after how many seconds the next call may come. page is the version of the page that the server has.
 * @typedef {import("../results.d.ts").NewsSeat & {token: string, after: string}} NewsOf
 * @typedef {{seats: NewsOf[], poll: number, page: string}} Told
 */

/**
 * Asks what is new for the persons of some seats, and waits for that up to so many seconds where the server does.
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
    const got = await answer.json().catch(() => ({})); // of a proxy
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
 * Returns what is known of a seat with what was told, by this tab's call or another's; undefined if what came between
 * is missing. read is the id of the message that its person has read.
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
 * Returns what the latest messages are to the person of a seat: {unread: how many of them it has not
 * read, more: there are more than that, last: the last message, proposal: what is known of what that answers}. Where
 * it has read nothing yet, all is read, and so it is where another tab has read on since they came: then is what was
 * read last at that time.
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
