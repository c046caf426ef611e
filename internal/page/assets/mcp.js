// Calls the tools of the server over MCP (Streamable HTTP, without sessions), as any other
// client does.

import { at } from "./site.js";

/** A call that the server refused. Its code is one of docs/tools.md. */
export class Refusal extends Error {
  constructor(code, message, retryAfter) {
    super(message);
    this.code = code;
    this.retryAfter = retryAfter; // seconds, or undefined
  }
}

/** A call without an answer: it may have taken effect. */
export class NoAnswer extends Error {}

const silence = 40_000; // ms without a sign of life: the server gives one every 15 s by default

/**
 * Calls a tool and returns its structured result. Throws a Refusal or a NoAnswer.
 * @param {string} tool
 * @param {object} args
 * @param {{bearer?: string, path?: string, signal?: AbortSignal}} how the secret that admits
 *   the call, the address of MCP below the root, and what cancels the call
 */
export async function call(tool, args, { bearer = "", path = "mcp", signal } = {}) {
  const stop = new AbortController();
  let timer;
  const alive = () => {
    clearTimeout(timer);
    timer = setTimeout(() => stop.abort(new NoAnswer("silence")), silence);
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
      cache: "no-store",
      credentials: "omit",
      referrerPolicy: "no-referrer",
    });
    return resultOf(await messageOf(answer, alive));
  } catch (problem) {
    if (problem instanceof Refusal || signal?.aborted) throw problem;
    throw new NoAnswer(String(problem));
  } finally {
    clearTimeout(timer);
  }
}

/** Returns the JSON-RPC answer in an HTTP answer of either form. */
async function messageOf(answer, alive) {
  const type = answer.headers.get("Content-Type") ?? "";
  if (type.startsWith("application/json")) return answer.json();
  if (type.startsWith("text/event-stream")) return lastEvent(answer.body, alive);
  if (answer.status === 429 || answer.status === 503) {
    throw new Refusal("unavailable", await answer.text(), Number(answer.headers.get("Retry-After")) || 5);
  }
  if (answer.status === 404) throw new Refusal("key_invalid", await answer.text());
  throw new NoAnswer("HTTP " + answer.status);
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
    rest = events.pop();
    for (const event of events) {
      const data = event.split(/\r?\n/).filter((line) => line.startsWith("data:")).map((line) => line.slice(5)).join("\n");
      if (!data.trim()) continue;
      const message = JSON.parse(data);
      if (message.id === 1) return message;
    }
  }
}

function resultOf({ result, error }) {
  if (error) throw new Refusal(error.data?.code ?? "internal", error.message, error.data?.retry_after_seconds);
  const got = result.structuredContent;
  if (result.isError) throw new Refusal(got.code, got.message, got.retry_after_seconds);
  return got;
}
