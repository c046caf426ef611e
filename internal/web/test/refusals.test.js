import { HandClock, rest } from "./platform.js";

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { NoAnswer, Refusal } from "../assets/mcp.js";
import { Refusals } from "../assets/refusals.js";

let clock, sent, shown, answer, refusals;
beforeEach(() => {
  clock = new HandClock();
  sent = [];
  shown = {};
  answer = async () => ({});
  refusals = new Refusals({
    send: async (...args) => (sent.push(args), answer()), show: (refusing) => (shown = refusing),
    clock, signal: new AbortController().signal,
  });
});

test("a refusal is sent five seconds after the press, once", async () => {
  refusals.take("d1");
  assert.deepEqual(shown, { d1: { why: "", held: false, sent: false } });
  await clock.advance(4_999);
  assert.deepEqual(sent, []);
  await clock.advance(1);
  assert.deepEqual([sent, shown], [[["d1", "", false]], {}]);
  refusals.leave();
  assert.equal(sent.length, 1);
});

test("a refusal that is undone is never sent", async () => {
  refusals.take("d1");
  await clock.advance(4_000);
  refusals.undo("d1");
  assert.deepEqual(shown, {});
  refusals.leave();
  await clock.advance(10_000);
  assert.deepEqual(sent, []);
  refusals.take("d1"); // and can be refused again
  await clock.advance(5_000);
  assert.equal(sent.length, 1);
});

test("while the reason is written or has words no time runs, and it is sent with the last one", async () => {
  refusals.take("d1");
  await clock.advance(4_000);
  refusals.write("d1", true);
  await clock.advance(60_000);
  assert.deepEqual([sent, shown.d1.held], [[], true]);
  refusals.write("d1", false); // left empty
  await clock.advance(4_000);
  for (const [why, writes] of [["N", true], ["No", true], ["No", false]]) {
    refusals.take("d1", why, writes);
    await clock.advance(60_000);
  }
  assert.deepEqual(sent, []);
  refusals.now("d1");
  await rest();
  assert.deepEqual(sent, [["d1", "No", false]]);
  refusals.write("d1", false); // its field has gone
  assert.deepEqual(shown, {});
});

test("where the page is left it is sent at once, and nothing undoes it then", async () => {
  let done;
  answer = () => new Promise((resolve) => (done = resolve));
  refusals.take("d1", "Not now");
  refusals.take("d2");
  refusals.leave();
  assert.deepEqual(sent, [["d1", "Not now", true], ["d2", "", true]]); // without a turn: none may come
  refusals.undo("d1");
  refusals.take("d1", "Another reason");
  assert.deepEqual(shown.d1, { why: "Not now", held: true, sent: true });
  await clock.advance(60_000);
  assert.equal(sent.length, 2);
  done({});
});

test("where it is refused or gets no answer, that is told, and the draft waits again", async () => {
  const answers = [new NoAnswer("lost"), new Refusal("invalid_argument", "It has been decided.")];
  answer = async () => { throw answers.shift(); };
  for (const problem of [NoAnswer, /decided/]) {
    const told = assert.rejects(refusals.take("d1"), problem);
    await clock.advance(5_000);
    await told;
    assert.deepEqual(shown, {});
  }
});

test("where the page is left and nothing is sent, that is told, and the next refusal has the reason", async () => {
  answer = async () => { throw new NoAnswer("lost"); };
  const told = assert.rejects(refusals.take("d1", "Too long"), NoAnswer);
  refusals.leave();
  await told;
  assert.deepEqual(shown, {});
  answer = async () => ({});
  refusals.take("d1");
  assert.deepEqual(shown, { d1: { why: "Too long", held: true, sent: false } });
  refusals.now("d1");
  await rest();
  assert.deepEqual([sent.at(-1), shown], [["d1", "Too long", false], {}]);
});
