import { HandClock, newBrowser, rest } from "./platform.js";
import { FakeServer } from "./server.js";

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { asker, endOf, latestOf, newsIn } from "../assets/rooms/news.js";
import { RoomsWatch } from "../assets/rooms/watch.js";

let server;
beforeEach(() => {
  newBrowser();
  server = new FakeServer();
  server.tokens.add("p1");
});

const seat = (more = {}) => ({ room: "r", token: "p1", name: "Ada", read: "", ...more });

/** Returns the news of a seat, after one call. */
async function newsOf(one) {
  const before = server.calls.length;
  const news = newsIn(await latestOf(asker(one, undefined)), one);
  assert.equal(server.calls.length, before + 1);
  return news;
}

test("a room that is not open: what is unread, what calls, and the last line, in one call", async () => {
  const read = server.says("Bo", "read");
  assert.deepEqual((await newsOf(seat({ read }))).unread, 0);
  server.says("Bo", "one");
  server.says("Ada", "mine", { person: true });
  const last = server.says("Cy", "two");
  server.happens({ type: "joined", agent: "Dee" });
  const news = await newsOf(seat({ read }));
  assert.deepEqual([news.unread, news.more, news.calls, news.last.id], [2, false, false, last]);
  server.says("Bo", "And you, @Ada?");
  assert.equal((await newsOf(seat({ read }))).calls, true);
  assert.equal((await newsOf(seat())).unread, 0, "where nothing was read yet, nothing is new");
});

test("a room that is not open: more than one look brings is not counted", async () => {
  const read = server.says("Bo", "read");
  for (let n = 0; n < 40; n++) server.says("Bo", "word " + n);
  const { unread, more } = await newsOf(seat({ read }));
  assert.deepEqual([unread, more], [30, true]);
});

test("a room that is not open: what another tab has read since the look is not new", async () => {
  const read = server.says("Bo", "read");
  for (const text of ["one", "two"]) server.says("Bo", text);
  const how = { ...(await latestOf(asker(seat(), undefined))), then: read };
  assert.deepEqual([newsIn(how, seat({ read })).unread, newsIn(how, seat({ read: "m000009" })).unread], [2, 0]);
  assert.equal(newsIn({ ...how, then: "m000000" }, seat({ read: "m000000" })).unread, 3, "it is older than those");
});

test("a room that is not open: a draft calls until it is decided", async () => {
  for (const decide of [
    (draft) => server.says("Ada", "as drafted", { draft, reason: "sent" }),
    (draft) => server.happens({ type: "draft", draft, reason: "refused" }),
  ]) {
    const id = server.happens({ type: "draft" });
    assert.equal((await newsOf(seat())).calls, true);
    decide(id);
    assert.equal((await newsOf(seat())).calls, false);
  }
  server.happens({ type: "draft", at: new Date(Date.now() - 24 * 3600_000).toISOString() });
  assert.equal((await newsOf(seat())).calls, false, "it was dropped after a day");
});

test("a room that is not open: a further look asks for what came since, and shows no removed text", async () => {
  const ask = asker(seat(), undefined);
  const read = server.says("Bo", "read");
  const last = server.says("Bo", "a secret");
  const first = await latestOf(ask);
  assert.equal(await latestOf(ask, first).then(({ messages }) => messages.length), 2);
  assert.deepEqual(server.calls.at(-1).args.after, last);
  server.happens({ type: "room", changes: { redacted: last } });
  const then = await latestOf(ask, first);
  assert.deepEqual(newsIn(then, seat({ read })).last.text, "removed");
  for (let n = 0; n < 40; n++) server.says("Bo", "word " + n);
  const news = newsIn(await latestOf(ask, then), seat({ read }));
  assert.deepEqual([news.unread, news.more], [31, true]);
  server.messages = server.messages.slice(-5); // the others have expired
  assert.equal((await latestOf(ask, then)).messages.length, 5);
});

test("a room that is not open: only a refusal of the seat ends it", async () => {
  const problem = await newsOf(seat({ token: "p2" })).catch((refused) => refused);
  assert.deepEqual(endOf(problem), { ended: "token_invalid" });
  server.refusal = { code: "rate_limited", message: "x" };
  assert.equal(endOf(await newsOf(seat()).catch((refused) => refused)), undefined);
});

/** Starts a watch of rooms. Returns [what it looked at, the watch, its clock, how to end it]. */
function watching(tokens, look = async () => {}) {
  const [looked, clock, stop] = [[], new HandClock(), new AbortController()];
  const watch = new RoomsWatch({
    seats: () => tokens.map((token) => ({ room: "r", token })),
    look: async ({ token }) => {
      looked.push(token);
      await look(token);
    },
    clock,
    signal: stop.signal,
  });
  watch.run();
  return /** @type {const} */ ([looked, watch, clock, stop]);
}

test("rooms are looked at once a minute, and not while the tab is hidden", async () => {
  const [looked, watch, clock, stop] = watching(["p1", "p2"]);
  await rest();
  assert.deepEqual(looked.splice(0), ["p1", "p2"]);
  await clock.advance(59_000);
  assert.deepEqual(looked, []);
  await clock.advance(1_000);
  assert.deepEqual(looked.splice(0), ["p1", "p2"]);
  watch.here(false);
  for (let n = 0; n < 5; n++) await clock.advance(60_000);
  assert.deepEqual(looked, []);
  watch.here(true);
  await rest();
  assert.deepEqual(looked.splice(0), ["p1", "p2"], "seen again after a minute, it looks at once");
  watch.here(false);
  await clock.advance(10_000);
  watch.here(true);
  await rest();
  assert.deepEqual(looked, [], "seen again before, it does not");
  stop.abort();
  await clock.advance(120_000);
  assert.deepEqual(looked, []);
});

test("rooms are looked at one after the other; a failure ends the round, and at most twenty are", async () => {
  const turns = [];
  const [looked, , clock, stop] = watching(["p1", "p2", "p3"], (token) =>
    token === "p2" ? Promise.reject(new Error("no answer")) : new Promise((resolve) => turns.push(resolve)));
  await rest();
  assert.deepEqual(looked, ["p1"]);
  turns.pop()();
  await rest();
  assert.deepEqual(looked, ["p1", "p2"]);
  await clock.advance(60_000);
  assert.deepEqual(looked, ["p1", "p2", "p1"]);
  stop.abort();
  const [many, , , end] = watching(Array.from({ length: 30 }, (_, n) => "p" + n));
  await rest();
  assert.equal(many.length, 20);
  end.abort();
});
