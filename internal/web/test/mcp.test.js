import "./platform.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { NoAnswer, Refusal, ahead, call } from "../assets/mcp.js";

/** Makes a call that is answered so, and returns what was asked. */
function answered(answer) {
  const asked = {};
  globalThis.fetch = async (address, init) => (Object.assign(asked, init, { address: String(address) }), answer(init));
  return asked;
}

const json = (status, value, headers = {}) =>
  new Response(JSON.stringify(value), { status, headers: { "Content-Type": "application/json", ...headers } });
const result = (structuredContent, isError = false) => ({
  jsonrpc: "2.0",
  id: 1,
  result: { structuredContent, isError },
});

test("a call is JSON-RPC to the server that the page came from, with the secret in a header alone", async () => {
  const asked = answered(() => json(200, result({ ok: true })));
  assert.deepEqual(await call("room_info", { a: 1 }, { bearer: "p1", path: "i/x/mcp" }), { ok: true });
  assert.match(asked.address, /\/i\/x\/mcp$/);
  assert.ok(!asked.address.includes("p1"));
  assert.equal(asked.headers.Authorization, "Bearer p1");
  const { method, params } = JSON.parse(asked.body);
  assert.deepEqual([method, params], ["tools/call", { name: "room_info", arguments: { a: 1 } }]);
  assert.deepEqual([asked.credentials, asked.referrerPolicy, asked.cache], ["omit", "no-referrer", "no-store"]);
});

test("without a secret there is no header for it", async () => {
  const asked = answered(() => json(200, result({})));
  await call("list_rooms", {});
  assert.ok(!("Authorization" in asked.headers));
});

const stream = (...parts) => () => {
  const body = new ReadableStream({
    start(controller) {
      for (const part of parts) controller.enqueue(new TextEncoder().encode(part));
      controller.close();
    },
  });
  return new Response(body, { headers: { "Content-Type": "text/event-stream" } });
};

test("an answer may come as a stream of events, cut anywhere", async () => {
  const text = JSON.stringify(result({ text: "ünï" }));
  answered(stream(": ping\n\n", "data:\n\n", 'data: {"id":7}\r\n\r\n', "event: message\nda", "ta: " + text.slice(0, 30),
    text.slice(30), "\n", "\n"));
  assert.deepEqual(await call("x", {}), { text: "ünï" });
});

test("an event may have several lines", async () => {
  answered(stream('data: {"jsonrpc":"2.0","id":1,\ndata: "result":{"structuredContent":{"n":1}}}\n\n'));
  assert.deepEqual(await call("x", {}), { n: 1 });
});

test("a stream that ends before the answer is none", async () => {
  answered(stream("data: {\"id\":2}\n\n", 'data: {"jsonrpc"'));
  await assert.rejects(call("x", {}), NoAnswer);
});

test("a refusal has its code, words for a person and when to come again", async () => {
  answered(() => json(200, result({ code: "rate_limited", message: "Slowly.", retry_after_seconds: 7 }, true)));
  await assert.rejects(
    call("x", {}),
    (problem) =>
      problem instanceof Refusal &&
      problem.code === "rate_limited" &&
      problem.message === "Too many requests. Try again in 7 seconds." &&
      problem.retryAfter === 7,
  );
  answered(() =>
    json(401, { jsonrpc: "2.0", id: 1, error: { code: -32000, message: "No.", data: { code: "key_invalid" } } }),
  );
  await assert.rejects(call("x", {}), (problem) => problem instanceof Refusal && problem.code === "key_invalid");
  answered(() => json(200, { jsonrpc: "2.0", id: 1, error: { code: -32602, message: "Odd." } }));
  await assert.rejects(call("x", {}), (problem) => problem instanceof Refusal && problem.code === "internal");
  for (const [tool, code, says] of [
    ["update_room", "invalid_argument", /^Check the name/],
    ["room_info", "invalid_argument", /^This wasn't accepted/],
    ["send_message", "of_another_version", /^This couldn't be done/],
  ]) {
    answered(() => json(200, result({ code, message: "Call room_info with agent_token." }, true)));
    await assert.rejects(call(tool, {}), (problem) => says.test(problem.message) && problem.code === code);
  }
  answered(() => new Response("", { status: 413 }));
  await assert.rejects(call("x", {}), (problem) => problem instanceof Refusal && problem.code === "message_too_long");
});

test("where nothing was decided there is no answer, and the call may have taken effect", async () => {
  for (const status of [408, 429, 500, 502, 503]) {
    answered(() =>
      json(status, { jsonrpc: "2.0", id: 1, error: { code: -32603, message: "Stopping." } }, { "Retry-After": "9" }),
    );
    await assert.rejects(
      call("x", {}),
      (problem) => problem instanceof NoAnswer && problem.retryAfter === 9,
      String(status),
    );
  }
  answered(() => new Response("<html>", { status: 502, headers: { "Content-Type": "text/html" } }));
  await assert.rejects(call("x", {}), (problem) => problem instanceof NoAnswer && problem.retryAfter === undefined);
  answered(() => new Response("{cut", { headers: { "Content-Type": "application/json" } }));
  await assert.rejects(call("x", {}), NoAnswer);
  answered(() => {
    throw new TypeError("fetch failed");
  });
  await assert.rejects(call("x", {}), NoAnswer);
});

test("a call that its caller ends fails with the reason", async () => {
  const stop = new AbortController();
  answered(({ signal }) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))));
  const made = call("x", {}, { signal: stop.signal });
  stop.abort(new Error("closed"));
  await assert.rejects(made, /closed/);
});

test("forty seconds without a sign of life end a call, and each part of an answer is one", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  let part;
  const body = new ReadableStream({
    start: (controller) => void (part = () => controller.enqueue(new Uint8Array([58, 10]))),
  });
  answered(({ signal }) => {
    signal.addEventListener("abort", () => body.cancel().catch(() => {}));
    return new Promise((resolve, reject) => {
      resolve(new Response(body, { headers: { "Content-Type": "text/event-stream" } }));
      signal.addEventListener("abort", () => reject(signal.reason));
    });
  });
  let failed = null;
  const stop = new AbortController();
  call("x", {}, { signal: stop.signal }).catch((problem) => (failed = problem));
  const turns = async () => {
    for (let n = 0; n < 20; n++) await new Promise(setImmediate);
  };
  await turns();
  t.mock.timers.tick(39_000);
  part();
  await turns();
  t.mock.timers.tick(39_000);
  await turns();
  assert.equal(failed, null);

  let aborted = false;
  answered(
    ({ signal }) =>
      new Promise((_, reject) => signal.addEventListener("abort", () => ((aborted = true), reject(signal.reason)))),
  );
  const silent = call("x", {});
  t.mock.timers.tick(39_999);
  assert.ok(!aborted);
  t.mock.timers.tick(1);
  assert.ok(aborted);
  await assert.rejects(silent, NoAnswer);
  stop.abort();
});

test("a call that was made ahead answers the next one that asks the same, once, as long as that waits", async () => {
  let calls = 0;
  answered(() => json(200, result({ n: ++calls })));
  ahead("room_info", { agent_token: "p1" }, { bearer: "p1" });
  assert.deepEqual(await call("room_info", { agent_token: "p2" }), { n: 2 });
  assert.deepEqual(await call("room_info", { agent_token: "p1" }), { n: 1 });
  assert.deepEqual(await call("room_info", { agent_token: "p1" }), { n: 3 });

  ahead("room_info", {}, {});
  const stop = new AbortController();
  const waiting = call("room_info", {}, { signal: stop.signal });
  stop.abort("enough");
  await assert.rejects(waiting, (problem) => problem === "enough");

  answered(() => json(200, result({ code: "removed", message: "" }, true)));
  await ahead("list_tasks", {}, {}).catch(() => {});
  await assert.rejects(call("list_tasks", {}), ({ code }) => code === "removed");
});

test("an answer that was called ahead long ago is asked for again", async (t) => {
  t.mock.timers.enable({ apis: ["Date"] });
  let calls = 0;
  answered(() => json(200, result({ n: ++calls })));
  ahead("room_info", {}, {});
  t.mock.timers.tick(11_000);
  assert.deepEqual(await call("room_info", {}), { n: 2 });
});
