import { happens, newBrowser, rest } from "./platform.js";
import "./page.js";
import { FakeServer } from "./server.js";

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";

import { messageOf, shownReaders } from "../assets/compose/draft.js";
import { beginAnswer } from "../assets/rooms/answer.js";
import { MyRooms } from "../assets/rooms/mine.js";
import { inPlace, leftOf, shownOf } from "../assets/rooms/order.js";
import { OtherRooms } from "../assets/rooms/other.js";
import { heightOf } from "../assets/rooms/steady.js";
import * as storage from "../assets/storage.js";

let server, mine, others;
beforeEach(() => {
  newBrowser();
  server = new FakeServer();
  server.tokens.add("p1");
  storage.keep({ room: "r1", token: "p1", name: "Ada", title: "den" });
  storage.keepWelcomed();
  storage.note("p1", { unnamed: true });
  mine = new MyRooms(server.clock);
});
afterEach(() => {
  others?.close();
  mine.close();
});

/** Returns the room as the inbox has it. */
async function known() {
  mine.show(null);
  mine.begin();
  await rest();
  others = new OtherRooms(mine, server.clock);
  return others.of("p1");
}

/** Has Bo ask the agent, and returns the id of the question. */
function asks(text, more = {}) {
  const id = server.says("Bo", text, { kind: "request", ask: ["Ada"], ...more });
  server.requests = [...server.requests, { id, from: "Bo", owed_by: ["Ada"], text, minutes: 0 }];
  return id;
}

test("a draft leaves the number at the press, comes back by undo, and not by news of before", async () => {
  const draft = server.drafts("Because");
  const room = await known();
  assert.equal(mine.count, 1);
  const first = room.supervision.decisions.take(draft, "send");
  assert.equal(mine.count, 0);
  room.supervision.decisions.undo(draft);
  await first;
  assert.equal(mine.count, 1);
  const numbers = [];
  const end = mine.subscribe(() => numbers.push(mine.count));
  const sent = room.supervision.decisions.take(draft, "send");
  await server.clock.advance(5_000);
  await sent;
  end();
  assert.deepEqual([server.supervision.drafts, [...new Set(numbers)]], [[], [0]]);
});

test("an offline press is not taken, and a vote waits for the network; each is made once", async () => {
  const draft = server.drafts("Because");
  const offer = asks("Let us go", { kind: "proposal" });
  const room = await known();
  happens("offline");
  assert.ok(room.isOffline); // see Draft: it says so
  server.offline = true;
  await room.send({ kind: "agree", reply_to: offer });
  await server.clock.pass(8_000);
  assert.equal(server.messages.filter(({ reply_to: to }) => to === offer).length, 0);
  server.offline = false;
  happens("online");
  await server.clock.pass(8_000);
  assert.equal(server.messages.filter(({ reply_to: to }) => to === offer).length, 1);
  assert.ok(room.state.supervision.drafts.some(({ id }) => id === draft));
});

test("what was pressed is sent when the page is left, and a seat that is gone says what it did not take", async () => {
  const [one, two] = [server.drafts("Because"), server.drafts("And")];
  const room = await known();
  room.supervision.decisions.take(one, "refuse", "No.").catch(() => {});
  happens("pagehide");
  await rest();
  assert.deepEqual(server.supervision.drafts.map(({ id }) => id), [two]);
  server.refused.set("p1", { code: "key_invalid", message: "revoked" });
  server.refusal = { code: "key_invalid", message: "revoked" };
  await assert.rejects(room.supervision.change({ draft: two, decision: "send" }), { code: "key_invalid" });
  const answer = asks("Why?");
  await room.send({ text: "So", reply_to: answer });
  await server.clock.pass(1_000);
  assert.deepEqual(storage.pendingOf("p1").map(({ args, state }) => [args.text, state]), [["So", "refused"]]);
});

test("an answer has the readers of its question, and what was being written waits beside it", async () => {
  const secret = asks("Between us?", { to: ["Ada"] });
  const open = asks("And to all?");
  const room = await known();
  const { draft } = room;
  const message = (id) => room.state.messages.find((one) => one.id === id);
  draft.change({ text: "For everyone" });
  beginAnswer(room, message(secret), "");
  draft.change({ text: "Warm" });
  assert.deepEqual([shownReaders(draft.now, "Ada"), messageOf(draft.now, "Ada")],
    [["Bo"], { text: "Warm", reply_to: secret }], "the server knows who could read it");
  beginAnswer(room, message(open), "");
  assert.deepEqual([draft.now.text, shownReaders(draft.now, "Ada")], ["", undefined]);
  draft.change({ text: "Hot" });
  assert.deepEqual(messageOf(draft.now, "Ada"), { text: "Hot", reply_to: open });
  draft.clear();
  assert.equal(draft.now.text, "Warm");
  draft.clear();
  assert.equal(draft.now.text, "For everyone");
});

test("a draft is told how its question stands by what was said since, and how much that is", async () => {
  const question = asks("Why?");
  const draft = server.drafts("Because");
  Object.assign(server.supervision.drafts[0], { reply_to: question, answers: { state: "open" } });
  const room = await known();
  const now = () => room.state.supervision.drafts.find(({ id }) => id === draft);
  assert.deepEqual([now().answers.state, now().messages_since], ["open", 0]);
  await server.clock.advance(1_000);
  server.says("Bo", "Never mind", { withdraws: question });
  await server.clock.advance(20_000); // the next look
  assert.deepEqual([now().answers.state, now().messages_since], ["withdrawn", 1]);
});

test("a text that was cut is loaded, and stays whole when news comes", async () => {
  const long = "x".repeat(2_500);
  const id = asks(long);
  const room = await known();
  const text = () => room.state.messages.find((one) => one.id === id)?.text ?? "";
  assert.ok(room.state.messages[0].more && text().length < 2_500);
  await room.paging.textOf(id);
  assert.ok(text() === long);
  server.says("Bo", "By the way");
  await server.clock.advance(20_000);
  assert.deepEqual([room.state.messages.length, text() === long], [2, true]);
});

const row = (key, at) => ({ key, at });
const keysOf = (rows) => rows.map(({ key, waits }) => key + (waits ? "" : "-")).join(" ");

test("rows stand the oldest first as they were found, what is decided stays, and what is new comes last", () => {
  const first = inPlace([], [row("b", 2), row("t", Infinity), row("a", 1)]);
  assert.equal(keysOf(first), "a b t");
  const then = inPlace(first, [row("b", 2), row("old", 0), row("new", 9), row("t", Infinity)]);
  assert.equal(keysOf(then), "a- b t old new");
  assert.equal(keysOf(inPlace(then, [row("a", 1)])), "a b- t- old- new-", "an undone one waits again");
  assert.deepEqual([shownOf(then, 2, 0), shownOf(then, 2, 5), shownOf(then, 9, 0)], [3, 5, 5]);
});

test("what expires within three hours is told", () => {
  const hour = 3600_000;
  assert.deepEqual([leftOf(0, 20 * hour), leftOf(0, 22 * hour), leftOf(0, 25 * hour), leftOf(Infinity, 0)],
    [0, 2 * hour, 1, 0]);
});

test("a row has the height of its content while the person opens something there, and else keeps its own", () => {
  const is = { natural: 100, width: 300, waits: true, opened: false, cut: "" };
  const first = heightOf(undefined, is);
  for (const [change, height] of /** @type {[object, number][]} */ ([
    [{}, 100], [{ natural: 140 }, 100], [{ natural: 140, opened: true }, 140], [{ natural: 60, waits: false }, 100],
    [{ natural: 300, cut: "cut" }, 300], [{ natural: 80, width: 500 }, 80],
  ])) assert.equal(heightOf(first, { ...is, ...change }).height, height, JSON.stringify(change));
  const opened = heightOf(first, { ...is, natural: 140, opened: true });
  assert.equal(heightOf(opened, is).height, 100, "it was closed");
  assert.equal(heightOf(opened, { ...is, waits: false }).height, 140, "it was sent");
});

test("a name without an answer holds no words up; a refused one does, and says so in words for names", async () => {
  storage.note("p1", { unnamed: undefined });
  storage.keepName("you");
  const { supervises } = server;
  server.supervises = ({ person_name: name, ...args }) => (name
    ? { isError: true, structuredContent: { code: "invalid_argument", message: "person_name: No." } }
    : supervises.call(server, args));
  const room = await known();
  const said = [];
  await room.naming.speak("hello", () => said.push("hello"));
  assert.match(String(room.state.asksName), /^Choose another name/);
  room.naming.cancel();
  server.loses = (tool) => tool === "supervise";
  server.supervises = supervises;
  await room.naming.speak("hello", () => said.push("hello"));
  assert.deepEqual([said, room.state.asksName], [["hello"], false]);
});

test("who wants no name when asked for the first time wants none in all rooms, until it gives one", async () => {
  storage.note("p1", { unnamed: undefined });
  const room = await known();
  room.naming.speak("hello", () => {});
  assert.equal(room.state.asksName, true);
  room.naming.skip();
  assert.equal(storage.name(), "");
  storage.keepName("Ann");
  assert.equal(room.deciding.nameToGive, "Ann");
  room.naming.skip();
  assert.deepEqual([room.deciding.nameToGive, storage.name()], ["", "Ann"]);
});
