// Calls the tools of the server over MCP (Streamable HTTP, without sessions), as any other
// client does.

import { refusals } from "./refusal-words.js";
import { at } from "./site.js";

/** A call that the server refused. Its code is one of docs/tools.md, and its message is for a person. */
export class Refusal extends Error {
  constructor(code, message, retryAfter, why, said = "") {
    super(message);
    this.code = code;
    this.retryAfter = retryAfter; // seconds, or undefined
    this.why = why; // of a seat that is gone: {reason, by, note}; by and note are words of others
    this.said = said; // the server's own sentence, which is mostly for models
  }
}

/** Returns the refusal of a call of a tool, in the words of the page: those of the server are for models. */
export function refusalOf(tool, { code, message, retry_after_seconds: later, reason, by, note }) {
  const { of, other, tooMuch } = refusals;
  const text = code === "rate_limited" && later ? tooMuch(later) : (of[tool]?.[code] ?? of.any[code] ?? other);
  return new Refusal(code, text, later, reason && { reason, by, note }, message);
}

/** A call without an answer: it may have taken effect. */
export class NoAnswer extends Error {
  constructor(cause, retryAfter, status = 0) {
    super(refusals.noAnswer, { cause });
    this.retryAfter = retryAfter; // seconds, or undefined
    this.status = status; // of HTTP; 0 where nothing came over the network
  }
}

/** Reports whether the same call can succeed later, after what it has met. */
export const passes = (problem) =>
  !(problem instanceof Refusal) || problem.code === "rate_limited" || problem.code === "unavailable";

const silence = 40_000; // ms without a sign of life

const fresh = 10_000; // ms for which an answer stands that was asked for ahead
const early = new Map(); // calls that begin.js has made, by what they ask: each is for one who asks the same
const nameOf = (tool, args) => JSON.stringify([tool, args]);

/** Makes a call, whose answer is for the next one who makes the same call. */
export function ahead(tool, args, how) {
  const answer = made(tool, args, how);
  early.set(nameOf(tool, args), { answer, until: Date.now() + fresh });
  answer.catch(() => {}); // who asks hears of it
  return answer;
}

/** Waits for what was called ahead, until signal ends that. */
function waited(answer, /** @type {AbortSignal | undefined} */ signal) {
  return Promise.race([answer, new Promise((_, fail) => {
    if (signal?.aborted) fail(signal.reason);
    signal?.addEventListener("abort", () => fail(signal.reason), { once: true });
  })]);
}

/**
 * Calls a tool and returns its structured result. Throws a Refusal or a NoAnswer, or what
 * signal was aborted with.
 * @param {string} tool
 * @param {object} args
 * @param {{bearer?: string, path?: string, signal?: AbortSignal, keepalive?: boolean}} how the secret that
 *   admits the call, the address of MCP below the root, what cancels the call, and whether it outlives the page
 */
export function call(tool, args, how = {}) {
  const name = nameOf(tool, args);
  const { answer, until } = early.get(name) ?? { until: 0 };
  early.delete(name);
  return answer && Date.now() < until ? waited(answer, how.signal) : made(tool, args, how);
}

async function made(tool, args, /** @type {Parameters<typeof call>[2]} */ how = {}) {
  const { bearer = "", path = "mcp", signal, keepalive = false } = how;
  const stop = new AbortController();
  let timer;
  const alive = () => {
    clearTimeout(timer);
    timer = setTimeout(() => stop.abort(), silence);
  };
  alive();
  try {
    const answer = await fetch(at(path), {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        Accept: "application/json, text/event-stream",
        ...(bearer && { Authorization: "Bearer " + bearer }),
      },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: tool, arguments: args } }),
      signal: signal ? AbortSignal.any([signal, stop.signal]) : stop.signal,
      keepalive,
      cache: "no-store",
      credentials: "omit",
      referrerPolicy: "no-referrer",
    });
    return resultOf(tool, await messageOf(answer, alive), answer);
  } catch (problem) {
    if (signal?.aborted) throw signal.reason;
    if (problem instanceof Refusal || problem instanceof NoAnswer) throw problem;
    throw new NoAnswer(problem);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Makes a call, and makes it again when the server asks for that, until signal ends it.
 * @param {() => Promise<any>} work
 * @param {import("./types.d.ts").Clock} clock
 * @param {AbortSignal} signal
 */
export async function patiently(work, clock, signal) {
  for (;;) {
    try {
      return await work();
    } catch (problem) {
      if (signal.aborted || !problem.retryAfter) throw problem;
      await clock.pause(problem.retryAfter * 1000, signal);
    }
  }
}

/** Returns the JSON-RPC message in an HTTP answer of either form. */
async function messageOf(answer, alive) {
  const type = answer.headers.get("Content-Type") ?? "";
  if (type.startsWith("application/json")) return answer.json();
  if (type.startsWith("text/event-stream")) return lastEvent(answer.body, alive);
  return {}; // of a proxy
}

/** Reads a stream of server-sent events up to the answer, and says of each part that it came. */
async function lastEvent(body, alive) {
  let rest = "";
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) throw new NoAnswer("the answer was cut off");
    alive();
    const events = (rest + value).split(/\r?\n\r?\n/);
    rest = events.pop() ?? "";
    for (const event of events) {
      const data = event
        .split(/\r?\n/)
        .filter((line) => line.startsWith("data:"))
        .map((line) => line.slice(5))
        .join("\n");
      if (!data.trim()) continue;
      const message = JSON.parse(data);
      if (message.id === 1) return message;
    }
  }
}

/**
 * Returns the result in a JSON-RPC message. Where it says nothing that was decided here, as when the
 * server stops, there is no answer.
 */
function resultOf(tool, { result, error }, { status, headers }) {
  const got = result?.structuredContent;
  if (got && !result.isError) return got;
  const refused = got ?? { ...error?.data, message: error?.message };
  const later = refused.retry_after_seconds ?? (Number(headers.get("Retry-After")) || undefined);
  const refusal = (code) => refusalOf(tool, { ...refused, code, retry_after_seconds: later });
  if (refused.code) throw refusal(refused.code);
  if (status === 413) throw refusal("message_too_long");
  if (error && status < 500 && status !== 408 && status !== 429) throw refusal("internal");
  throw new NoAnswer("HTTP " + status, later, status);
}
