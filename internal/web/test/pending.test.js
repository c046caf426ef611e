import { HandClock, newBrowser, rest, until } from "./platform.js";

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { NoAnswer, Refusal } from "../assets/mcp.js";
import { Pending } from "../assets/pending.js";
import * as storage from "../assets/storage.js";

const token = "p0000001abcde";
const mine = ({ person }) => person;

/** A tab with pending messages: what it calls, what the log has, and what is shown. */
class Tab {
  calls = [];
  log = [];
  shown = []; // each time
  doubts = 0;
  answers = async ({ idempotency_key: key }) => ({ sent: true, id: "m" + key });
  stop = new AbortController();

  constructor(clock) {
    this.pending = new Pending(token, {
      send: async (args) => (this.calls.push(args), this.answers(args)),
      has: (id) => this.log.some((message) => message.id === id),
      timeOf: ({ at }) => at,
      show: (pending) => this.shown.push(pending),
      doubt: () => this.doubts++,
      clock,
      signal: this.stop.signal,
    });
    this.pending.begin();
  }

  /** Brings messages into the log. */
  arrive(...messages) {
    this.log.push(...messages);
    this.pending.arrived(messages, mine);
  }

  get states() {
    return this.pending.shown.map(({ args, state }) => args.text + " " + state);
  }
}

let clock;
let tab;
beforeEach(() => {
  newBrowser();
  storage.keep({ room: "r", token });
  clock = new HandClock();
  tab = new Tab(clock);
});

const lost = async () => {
  throw new NoAnswer("lost");
};
const said = (text, id) => ({ id, person: true, text, at: clock.at });

test("a message is sent with its key until an answer comes, and in order", async () => {
  const answers = tab.answers;
  let left = 3;
  tab.answers = (args) => (left-- > 0 ? lost() : answers(args));
  const first = tab.pending.take({ text: "first" });
  await rest();
  tab.pending.take({ text: "second" });
  for (let n = 0; n < 3; n++) await clock.advance(30_000);
  assert.deepEqual(tab.calls.map(({ text }) => text), ["first", "first", "first", "first", "second"]);
  assert.equal(new Set(tab.calls.slice(0, 4).map((call) => call.idempotency_key)).size, 1);
  assert.equal(tab.calls[0].idempotency_key, first);
  assert.equal(tab.doubts, 3);
});

test("ten presses are one message, and another text or a later one is another", async () => {
  const keys = Array.from({ length: 10 }, () => tab.pending.take({ text: "yes" }));
  assert.equal(new Set(keys).size, 1);
  assert.notEqual(tab.pending.take({ text: "no" }), keys[0]);
  assert.notEqual(tab.pending.take({ text: "yes" }), keys[0]);
  const again = tab.pending.take({ text: "yes" });
  clock.at += 1_000;
  assert.notEqual(tab.pending.take({ text: "yes" }), again);
  await rest();
  assert.equal(tab.calls.length, 5 - 1);
});

test("a message is in sight all the time and never twice: the log has it before the answer", async () => {
  const answers = tab.answers;
  tab.answers = lost;
  const key = tab.pending.take({ text: "here" });
  await rest();
  const before = tab.shown.length;
  tab.arrive(said("here", "m" + key));
  assert.deepEqual(tab.pending.shown, []);
  tab.answers = answers;
  await clock.advance(30_000);
  assert.deepEqual(storage.pendingOf(token), []);
  assert.ok(tab.shown.slice(before).every((pending) => pending.length === 0));
});

test("a message is in sight all the time and never twice: the answer comes before the log has it", async () => {
  const key = tab.pending.take({ text: "here" });
  await rest();
  assert.deepEqual(tab.states, ["here sending"]);
  tab.arrive(said("here", "m" + key));
  assert.deepEqual(tab.pending.shown, []);
  assert.deepEqual(storage.pendingOf(token), []);
});

test("a message of the log that only looks like it is taken for it no longer than the answer says", async () => {
  tab.answers = lost;
  const key = tab.pending.take({ text: "yes" });
  await rest();
  tab.arrive(said("yes", "of another tab"));
  assert.deepEqual(tab.pending.shown, []);
  tab.answers = async () => ({ sent: true, id: "m" + key });
  await clock.advance(30_000);
  assert.deepEqual(tab.states, ["yes sending"]);
  tab.arrive(said("yes", "m" + key));
  assert.deepEqual(tab.pending.shown, []);
});

test("a message from before the call, of somebody else or to others is not it", async () => {
  tab.answers = lost;
  clock.at += 60_000;
  tab.pending.take({ text: "yes" });
  await rest();
  tab.arrive({ ...said("yes", "old"), at: clock.at - 5_000 });
  tab.arrive({ ...said("yes", "Bo's"), person: false });
  tab.arrive({ ...said("yes", "private"), to: ["Bo"] });
  tab.arrive({ ...said("yes", "answer"), reply_to: "m1" });
  assert.deepEqual(tab.states, ["yes sending"]);
});

test("an answer is shown as for those whom the server names, and known in the log whoever reads it", async () => {
  const readers = () => tab.pending.shown.map(({ to }) => to);
  tab.answers = async ({ idempotency_key: key }) => ({ sent: true, id: "m" + key, to: ["Bo"] });
  const key = tab.pending.take({ text: "yes", reply_to: "m1" }, ["Bo", "Cy"]);
  assert.deepEqual(readers(), [["Bo", "Cy"]]);
  await rest();
  assert.deepEqual([readers(), tab.calls[0].to], [[["Bo"]], undefined]);
  tab.arrive({ ...said("yes", "m" + key), to: ["Bo"], reply_to: "m1" });
  tab.answers = lost;
  tab.pending.take({ text: "or no", reply_to: "m1" }, ["Bo", "Cy"]);
  await rest();
  tab.arrive({ ...said("or no", "m9"), to: ["Bo"], reply_to: "m1" });
  assert.deepEqual(readers(), []);
  tab.pending.take({ text: "to all", reply_to: "m1", to: ["everyone"] });
  assert.deepEqual(readers(), [[]]);
});

test("what waits is sent after a reload, with the same key", async () => {
  tab.answers = lost;
  const key = tab.pending.take({ text: "kept" });
  await rest();
  tab.stop.abort();
  const again = new Tab(clock);
  await rest();
  assert.deepEqual(again.calls, [{ text: "kept", idempotency_key: key }]);
});

test("what was answered before a reload is forgotten: the log has it, further up", async () => {
  tab.pending.take({ text: "kept" });
  await rest();
  const again = new Tab(clock);
  await rest();
  assert.deepEqual([again.calls.length, again.pending.shown, storage.pendingOf(token)], [0, [], []]);
});

test("a refused message stays with its reason, lets others pass, and can be sent once more", async () => {
  const answers = tab.answers;
  tab.answers = async ({ to, ...args }) => {
    if (to) throw new Refusal("agent_not_found", "There is no agent Nobody.");
    return answers(args);
  };
  const key = tab.pending.take({ text: "to whom?", to: ["Nobody"] });
  tab.pending.take({ text: "another" });
  await rest();
  assert.deepEqual(tab.states, ["to whom? refused", "another sending"]);
  assert.equal(tab.pending.shown[0].why, "There is no agent Nobody.");

  const again = new Tab(clock); // after a reload
  again.answers = tab.answers;
  await rest();
  assert.deepEqual(again.states, ["to whom? refused"]);
  again.pending.retry(key);
  await rest();
  assert.deepEqual(again.calls.map(({ text }) => text), ["to whom?"]);
  assert.deepEqual(again.states, ["to whom? refused"]);
  assert.deepEqual(again.pending.drop(key), { text: "to whom?", to: ["Nobody"] });
  assert.deepEqual([again.pending.shown, storage.pendingOf(token)], [[], []]);
});

test("a dropped text can be said again at once", async () => {
  const key = tab.pending.take({ text: "oops" });
  tab.pending.drop(key);
  assert.notEqual(tab.pending.take({ text: "oops" }), key);
});

test("what is held back says why, and is sent once its person says so", async () => {
  const answers = tab.answers;
  tab.answers = async () => ({ sent: false, credential: "a GitHub token" });
  const key = tab.pending.take({ text: "secret" });
  await rest();
  assert.deepEqual(tab.states, ["secret held"]);
  assert.equal(tab.pending.shown[0].credential, "a GitHub token");
  await clock.advance(3600_000);
  assert.equal(tab.calls.length, 1);
  tab.answers = answers;
  tab.pending.retry(key);
  await rest();
  assert.equal(tab.calls[1].text, "secret");
  assert.notEqual(tab.calls[1].idempotency_key, key); // else it would be the same call, whose answer was lost
  assert.equal(tab.pending.shown.length, 1);
  assert.equal(tab.pending.shown[0].credential, undefined);
});

test("a server that asks for patience gets it, and what is refused in passing is sent again", async () => {
  const answers = tab.answers;
  tab.answers = async () => {
    throw new Refusal("rate_limited", "Too many calls.", 77);
  };
  tab.pending.take({ text: "two" });
  await rest();
  assert.ok(clock.waits(77_000));
  assert.equal(tab.doubts, 0); // it has answered
  tab.answers = answers;
  await clock.advance(76_000);
  assert.equal(tab.calls.length, 1);
  await clock.advance(1_000);
  assert.equal(tab.calls.length, 2);
});

test("the network is back: what waits is sent at once", async () => {
  const answers = tab.answers;
  tab.answers = lost;
  tab.pending.take({ text: "now" });
  await rest();
  tab.answers = answers;
  tab.pending.wake();
  await until("it is sent", () => tab.calls.length === 2);
});

test("a key lives for a day at the server: after twenty hours nothing is sent by itself", async () => {
  const answers = tab.answers;
  tab.answers = lost;
  const key = tab.pending.take({ text: "old" });
  await rest();
  tab.answers = answers;
  await clock.advance(20 * 3600_000 + 1);
  assert.equal(tab.calls.length, 1);
  assert.deepEqual(tab.states, ["old refused"]);
  assert.match(tab.pending.shown[0].why, /^Not confirmed for a day/);
  tab.pending.retry(key);
  await rest();
  assert.equal(tab.calls.length, 2);
});

test("two tabs show the same, one of them sends, and the other does so once that is gone", async () => {
  const other = new Tab(clock);
  tab.answers = lost;
  tab.pending.take({ text: "later" });
  await rest();
  other.pending.reload();
  assert.deepEqual(other.states, ["later sending"]);
  other.pending.flush();
  await rest();
  assert.equal(other.calls.length, 0);
  tab.stop.abort();
  clock.at += 10_001;
  other.pending.flush();
  await rest();
  assert.deepEqual(other.calls.map(({ text }) => text), ["later"]);
  const [{ id, key }] = storage.pendingOf(token);
  other.arrive(said("later", id));
  assert.deepEqual(storage.pendingOf(token), []);
  tab.pending.reload();
  assert.deepEqual(tab.pending.shown.filter((one) => one.key === key), []);
});

test("a closed tab sends nothing more", async () => {
  tab.answers = lost;
  tab.pending.take({ text: "late" });
  await rest();
  tab.stop.abort();
  await clock.advance(3600_000);
  assert.equal(tab.calls.length, 1);
});

test("a vote can be undone for five seconds, and what is said meanwhile does not wait for it", async () => {
  const vote = { kind: "agree", reply_to: "m1" };
  const key = tab.pending.take(vote);
  tab.pending.take({ text: "meanwhile" });
  await clock.pass(4_000);
  assert.deepEqual([tab.calls.map(({ text }) => text), tab.pending.shown[0].waits], [["meanwhile"], true]);
  assert.deepEqual(tab.pending.drop(key), vote);
  await clock.pass(4_000);
  assert.equal(tab.calls.length, 1);
  tab.pending.take({ ...vote, kind: "object", text: "no" });
  await clock.pass(5_000);
  assert.deepEqual([tab.calls[1].kind, tab.pending.shown.at(-1).waits], ["object", undefined]);
});

test("another tab cuts no vote short, can undo it, and sends it once the first is gone", async () => {
  const vote = { kind: "agree", reply_to: "m1" };
  const key = tab.pending.take(vote);
  const other = new Tab(clock);
  other.pending.leave();
  await clock.pass(4_000);
  assert.deepEqual([...tab.calls, ...other.calls], []);
  assert.ok(other.pending.shown[0].waits);
  other.pending.drop(key);
  tab.pending.reload();
  await clock.pass(10_000);
  assert.deepEqual([...tab.calls, ...other.calls, ...tab.pending.shown], []);

  tab.pending.take(vote);
  const restored = new Tab(clock);
  tab.stop.abort();
  await clock.pass(10_001);
  restored.pending.flush();
  await rest();
  assert.deepEqual([...tab.calls, ...restored.calls].map(({ kind }) => kind), ["agree"]);
});

test("a vote is sent when the page is left, and once more when it is opened again", async () => {
  const key = tab.pending.take({ kind: "agree", reply_to: "m1" });
  tab.answers = lost;
  tab.pending.leave();
  tab.stop.abort();
  await rest();
  const again = new Tab(clock);
  await rest();
  assert.deepEqual([...tab.calls, ...again.calls].map((args) => args.idempotency_key), [key, key]);
});
