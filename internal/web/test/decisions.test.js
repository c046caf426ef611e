import { HandClock, rest } from "./platform.js";

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { NoAnswer, Refusal } from "../assets/mcp.js";
import { Decisions } from "../assets/decisions.js";

let clock, sent, shown, answer, decisions;
beforeEach(() => {
  clock = new HandClock();
  sent = [];
  shown = {};
  answer = async () => ({});
  decisions = new Decisions({
    send: async (...args) => (sent.push(args), answer()), show: (deciding) => (shown = deciding),
    clock, signal: new AbortController().signal,
  });
});

for (const [decision, text] of [["send"], ["edit", "So"], ["refuse"]]) {
  test(`what is decided by ${decision} is sent five seconds after the press, once`, async () => {
    decisions.take("d1", decision, text);
    const ends = clock.now() + 5_000;
    assert.deepEqual(shown, { d1: { decision, text: text ?? "", held: false, ends, sent: false } });
    await clock.advance(4_999);
    assert.deepEqual(sent, []);
    await clock.advance(1);
    assert.deepEqual([sent, shown], [[["d1", decision, text ?? "", false]], {}]);
    decisions.leave();
    assert.equal(sent.length, 1);
  });
}

test("a decision that is undone is never sent", async () => {
  decisions.take("d1", "refuse");
  await clock.advance(4_000);
  decisions.undo("d1");
  assert.deepEqual(shown, {});
  decisions.leave();
  await clock.advance(10_000);
  assert.deepEqual(sent, []);
  decisions.take("d1", "refuse"); // and can be decided again
  await clock.advance(5_000);
  assert.equal(sent.length, 1);
});

test("while the reason is written or has words no time runs, and it is sent with the last one", async () => {
  decisions.take("d1", "refuse");
  await clock.advance(4_000);
  decisions.write("d1", true);
  await clock.advance(60_000);
  assert.deepEqual([sent, shown.d1.held], [[], true]);
  decisions.write("d1", false); // left empty
  await clock.advance(4_000);
  assert.deepEqual([sent, shown.d1.held], [[], false]);
  for (const [why, writes] of [["N", true], ["No", true], ["No", false]]) {
    decisions.take("d1", "refuse", why, writes);
    await clock.advance(60_000);
  }
  assert.deepEqual(sent, []);
  decisions.now("d1");
  await rest();
  assert.deepEqual(sent, [["d1", "refuse", "No", false]]);
  decisions.write("d1", false); // its field has gone
  assert.deepEqual(shown, {});
});

test("where the page is left it is sent at once, and nothing undoes it then", async () => {
  let done;
  answer = () => new Promise((resolve) => (done = resolve));
  decisions.take("d1", "refuse", "Not now");
  decisions.take("d2", "send");
  decisions.leave();
  const both = [["d1", "refuse", "Not now", true], ["d2", "send", "", true]];
  assert.deepEqual(sent, both); // without a turn: none may come
  decisions.undo("d1");
  decisions.take("d1", "refuse", "Another reason");
  assert.deepEqual([shown.d1.text, shown.d1.sent], ["Not now", true]);
  await clock.advance(60_000);
  assert.equal(sent.length, 2);
  done({});
});

test("where it is refused or gets no answer, that is told, and the draft waits again", async () => {
  const answers = [new NoAnswer("lost"), new Refusal("invalid_argument", "It has been decided.")];
  answer = async () => { throw answers.shift(); };
  for (const problem of [NoAnswer, /decided/]) {
    const told = assert.rejects(decisions.take("d1", "refuse"), problem);
    await clock.advance(5_000);
    await told;
    assert.deepEqual(shown, {});
  }
});

test("where the page is left and nothing is sent, that is told, and the next refusal has the reason", async () => {
  answer = async () => { throw new NoAnswer("lost"); };
  const told = assert.rejects(decisions.take("d1", "refuse", "Too long"), NoAnswer);
  decisions.leave();
  await told;
  assert.deepEqual(shown, {});
  answer = async () => ({});
  decisions.take("d1", "refuse");
  assert.deepEqual([shown.d1.text, shown.d1.held], ["Too long", false]);
  decisions.write("d1", true);
  assert.ok(shown.d1.held);
  decisions.write("d1", false); // unchanged
  await clock.advance(4_999);
  assert.equal(sent.length, 1);
  await clock.advance(1);
  assert.deepEqual([sent.at(-1), shown], [["d1", "refuse", "Too long", false], {}]);
});
