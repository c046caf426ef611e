import { HandClock, newBrowser, rest } from "./platform.js";
import { sentenceOf } from "./elements.js";
import { drawn } from "./page.js";
import { FakeServer } from "./server.js";

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Last, Rooms } from "../assets/rooms/list.js";
import { needsInLook } from "../assets/rooms/needs.js";
import { look, newsIn } from "../assets/rooms/news.js";
import { RoomsWatch } from "../assets/rooms/watch.js";

let server;
beforeEach(() => {
  newBrowser();
  server = new FakeServer();
  server.tokens.add("p1");
});

const seat = (more = {}) => ({ room: "r", token: "p1", name: "Ada", read: "", ...more });

/** Looks at the room of a seat, by two calls. */
async function looked(one, before = undefined) {
  const made = server.calls.length;
  const how = await look(one, before).finally(() => assert.equal(server.calls.length, made + 2));
  return how;
}

/** Returns the news of a seat. */
const newsOf = async (one) => newsIn(await looked(one), one);

test("a room that is not open: what is unread, and the last line", async () => {
  const read = server.says("Bo", "read");
  assert.deepEqual((await newsOf(seat({ read }))).unread, 0);
  server.says("Bo", "one");
  server.says("Ada", "mine", { person: true });
  server.says("Ada", "approved", { draft: "m1", reason: "sent" });
  const last = server.says("Cy", "two");
  server.happens({ type: "joined", agent: "Dee" });
  const news = await newsOf(seat({ read }));
  assert.deepEqual([news.unread, news.more, news.last.id], [2, false, last]);
  assert.equal((await newsOf(seat())).unread, 0, "where nothing was read yet, nothing is new");
});

test("a room that is not open: more than one look brings is not counted", async () => {
  const read = server.says("Bo", "read");
  for (let n = 0; n < 130; n++) server.says("Bo", "word " + n);
  const { unread, more } = await newsOf(seat({ read }));
  assert.deepEqual([unread, more], [100, true]);
});

test("a room that is not open: what another tab has read since the look is not new", async () => {
  const read = server.says("Bo", "read");
  for (const text of ["one", "two"]) server.says("Bo", text);
  const how = await looked(seat({ read }));
  assert.deepEqual([newsIn(how, seat({ read })).unread, newsIn(how, seat({ read: "m000009" })).unread], [2, 0]);
  assert.equal(newsIn({ ...how, then: "m000000" }, seat({ read: "m000000" })).unread, 3, "it is older than those");
});

test("a room that is not open: a further look asks for what came since, and shows no removed text", async () => {
  const read = server.says("Bo", "read");
  const last = server.says("Bo", "a secret");
  const first = await looked(seat());
  assert.equal((await looked(seat(), first)).messages.length, 2);
  assert.deepEqual(server.calls.at(-2).args.after, last);
  server.happens({ type: "room", changes: { redacted: last } });
  const then = await looked(seat(), first);
  assert.deepEqual(newsIn(then, seat({ read })).last.text, "removed");
  for (let n = 0; n < 130; n++) server.says("Bo", "word " + n);
  const news = newsIn(await looked(seat(), then), seat({ read }));
  assert.deepEqual([news.unread, news.more], [101, true]);
  server.messages = server.messages.slice(-5); // the others have expired
  const lost = await looked(seat(), then);
  assert.deepEqual([lost.messages.length, (await looked(seat(), lost)).messages.length], [0, 5], "it begins anew");
});

test("a room that is not open: a draft and a suggestion keep their words however much is said after them", async () => {
  server.agents = [{ name: "Ada", you: true }];
  server.supervision.drafts = [{ id: "m000999", text: "May I?" }];
  const id = server.says("Bo", "Let us", { kind: "proposal", ask: ["Ada"] });
  server.requests.push({ id, from: "Bo", owed_by: ["Ada"], text: "Let us", proposal: true, minutes: 0 });
  for (let n = 0; n < 120; n++) server.says("Bo", "word " + n);
  const first = await look(seat());
  const needs = (how) => needsInLook(how).map(({ what, who, text }) => [what, who, text].join("|")).join();
  assert.equal(needs(first), "draft|Ada|May I?,proposal|Bo|Let us");
  assert.equal(needs(await looked(seat(), first)), needs(first), "the draft is not asked for again");
});

test("a room that is not open: what messages do not tell is read once a minute, and after one", async () => {
  const made = () => server.calls.splice(0).map(({ tool }) => tool).sort().join();
  server.agents = [{ name: "Ada", you: true }];
  let how = await look(seat(), null, 0);
  assert.equal(made(), "message_history,room_info");
  how = await look(seat(), how, 59_999);
  assert.equal(made(), "message_history");
  server.says("Bo", "So");
  how = await look(seat(), how, 59_999);
  assert.deepEqual([made(), how.messages.length, how.info.room.name], ["message_history,room_info", 1, "den"]);
  await look(seat(), how, 119_999);
  assert.equal(made(), "message_history,room_info");
});

test("a room that is not open: only a refusal of the seat ends it", async () => {
  assert.deepEqual(await looked(seat({ token: "p2" })), { ended: "token_invalid" });
  server.refusal = { code: "rate_limited", message: "x" };
  await assert.rejects(looked(seat()), { code: "rate_limited" });
});

/**
 * Starts a watch of rooms. active is when something was said there. Returns [what it looked at, the watch, its clock,
 * how to end it].
 */
function watching(tokens, look = async (_) => {}, active = {}) {
  const [looked, clock, stop] = [[], new HandClock(), new AbortController()];
  const watch = new RoomsWatch({
    seats: () => tokens.map((token) => ({ room: "r", token, active: active[token] })),
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
  assert.deepEqual(looked.splice(0), ["p1", "p2"], "and so it does a bit later");
  for (let n = 0; n < 9; n++) for (const seen of [false, true]) watch.here(seen);
  await rest();
  assert.deepEqual(looked, [], "but not at each look at the tab");
  stop.abort();
  await clock.advance(120_000);
  assert.deepEqual(looked, []);
});

test("three rooms are looked at at once, and each at most once a minute, however long a look takes", async () => {
  const ends = {};
  const slow = (token) => new Promise((resolve) => (ends[token] = resolve));
  const [looked, , clock, stop] = watching(["p1", "p2", "p3", "p4"], slow);
  await rest();
  assert.deepEqual(looked.splice(0), ["p1", "p2", "p3"]);
  await clock.advance(50_000);
  ends.p2();
  await rest();
  assert.deepEqual(looked.splice(0), ["p4"]);
  ends.p3();
  await clock.advance(10_000);
  assert.deepEqual(looked.splice(0), ["p2"], "p1 is looked at still");
  ends.p1();
  await rest();
  assert.deepEqual(looked.splice(0), ["p1"]);
  for (const token of ["p1", "p2", "p4"]) ends[token]();
  await rest();
  assert.deepEqual(looked.splice(0), ["p3"]);
  await clock.advance(49_000);
  assert.deepEqual(looked, [], "p4 was looked at late");
  await clock.advance(1_000);
  assert.deepEqual(looked, ["p4"]);
  stop.abort();
});

test("a room in which something was said within ten minutes is looked at every five seconds", async () => {
  const [looked, , clock, stop] = watching(["p1", "p2"], undefined, { p2: Date.parse("2030-01-01T11:50:15Z") });
  await rest();
  for (let n = 0; n < 12; n++) await clock.advance(5_000);
  assert.deepEqual(looked.splice(0), ["p1", "p2", "p2", "p2", "p1"]);
  for (let n = 0; n < 12; n++) await clock.advance(5_000);
  assert.deepEqual(looked, ["p2", "p1"], "ten minutes have passed");
  stop.abort();
});

test("a failure ends a round for a minute or until the network is back, and keeps no room from its turn", async () => {
  let fails = true;
  const [looked, watch, clock, stop] = watching(["p1", "p2", "p3", "p4"], async (token) => {
    if (token === "p2" && fails) throw new Error("no answer");
  });
  await rest();
  assert.deepEqual(looked.splice(0), ["p1", "p2", "p3"]);
  await clock.advance(60_000);
  assert.deepEqual(looked.splice(0), ["p4", "p1", "p2"]);
  fails = false;
  watch.wake([{ room: "r", token: "p1" }]);
  await clock.advance(59_000);
  assert.deepEqual(looked, []);
  watch.wake();
  await rest();
  assert.deepEqual(looked.sort(), ["p1", "p2", "p3", "p4"]);
  stop.abort();
});

test("at most a hundred rooms are looked at", async () => {
  const [many, , , end] = watching(Array.from({ length: 130 }, (_, n) => "p" + n));
  await rest();
  assert.equal(many.length, 100);
  end.abort();
});

test("the last line of a room is who said what, and a vote without a word names what it agrees to", () => {
  const said = (message, proposal) => sentenceOf(Last({ message: { from: "Ann", ...message }, proposal })).trim();
  assert.equal(said({ text: "So." }), "[Ann]: So.");
  const vote = { id: "m2", type: "message", from: "Ann", kind: "agree", reply_to: "m1" };
  assert.equal(said(vote, { text: "Paint it red." }), "[Ann] agreed to “Paint it red”");
  assert.equal(said(vote), "[Ann] agreed to an earlier message");
  assert.equal(said({ ...vote, text: "Gladly." }), "[Ann]: Gladly.");
  const marked = said({ text: "So.", to: ["Ada"], file: { name: "a.txt" } });
  assert.equal(marked.replace(/<.*?>/g, ""), "Private: With a file: [Ann]: So.");
  assert.equal(newsIn({ messages: [{ id: "m1", text: "Red?" }, vote] }, {}).proposal.text, "Red?");
  const info = { agreements: [{ id: "m1", by: "Bo", text: "Red!" }] };
  assert.equal(newsIn({ messages: [vote], info }, {}).proposal.text, "Red!");
});

test("a seat of several in a room says which it is, and a room where nothing was said says so", () => {
  const of = (token, more) => ({
    seat: { room: "r1", token }, open: false, title: "den", name: token, state: "known", here: [], unread: 0, needs: [],
    ...more,
  });
  const needs = [{ id: "m1", what: "draft", who: "Ada", text: "So" }];
  const page = drawn(Rooms, { rooms: [of("Ada", { open: true }), of("Bo", { needs }),
    of("Cy", { seat: { room: "r2", token: "Cy" }, title: "hut", needs }),
    of("Di", { seat: { room: "r3", token: "Di" }, title: "inn", name: "", state: "" })] });
  assert.deepEqual(page.find("a").map(({ childNodes }) => childNodes.map(({ textContent }) => textContent).join("|")), [
    "den|as Ada|Nothing to read yet", "den|as Bo|Nothing to read yet|11 needs you",
    "hut|as Cy|Nothing to read yet|11 needs you", "inn||",
    "Draft \u00b7 in this room, for Bo|So", "Draft \u00b7 hut, for Cy|So", "All rooms",
  ]);
});
