import { rest, until } from "./platform.js";
import { again, opened, server, talk, textsOf } from "./tabs.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { sinceOf } from "../assets/talk/since.js";

test("what was unread the last time is loaded over several pages, and marked", async () => {
  talk(1_000, 150);
  server.says("Bo", "read");
  let room = await opened();
  room.unread.readTo(room.state.messages.at(-1).id);
  room.close();
  const texts = talk(0, 230);
  const calls = server.called("message_history");
  room = await again(room);
  assert.equal(server.called("message_history"), calls + 3); // no more than it takes
  const first = () => room.state.messages.find(({ id }) => id === sinceOf(room.state)?.first)?.text;
  assert.equal(first(), "line 0");
  assert.deepEqual([textsOf(room).slice(-231), room.unread.messages().length], [["read", ...texts], 230]);
  room.unread.readTo(room.state.messages.at(-1).id);
  room.unread.readTo(room.state.messages[0].id); // nothing becomes unread
  assert.equal(room.unread.messages().length, 0);
  server.says("Bo", "more");
  await until("more has come", () => textsOf(room).at(-1) === "more");
  room = await again(room);
  assert.equal(first(), "more");
});

test("at the first visit nothing is unread, and what comes while nobody looks is marked", async () => {
  server.says("Bo", "long ago");
  const room = await opened();
  assert.deepEqual([sinceOf(room.state), room.unread.messages().length], [null, 0]);
  room.here(false);
  server.says("Bo", "meanwhile");
  await until("it is there", () => textsOf(room).length === 2);
  room.here(true);
  assert.deepEqual(sinceOf(room.state), { first: room.state.messages.at(-1).id, card: null });
});

/** Returns what the card at the red line of a room says: where the line stands, and each count with its first place. */
function cardOf({ state }) {
  const says = (id) => state.messages.find((one) => one.id === id)?.text ?? id;
  const { first, card } = sinceOf(state) ?? {};
  const counts = card?.counts.map(([name, n, id]) => `${n} ${name} ${says(id)}`).join(", ");
  return card && [says(first), card.whole ? "all" : "part", card.minutes, counts];
}

test("a card at the line counts what happened since, each thing once, with where that was first", async () => {
  let room = await opened();
  const task = (action, id, more = {}) =>
    server.happens({ type: "task", agent: "Bo", action, task: { id, ...more.task }, ...more.of });
  server.says("Bo", "old", { kind: "request", ask: ["Cy"] });
  await rest();
  room.unread.readTo(room.state.messages.at(-1).id);
  room.close();
  const done = task("finish", "t1");
  server.says("Ada", "my own words", { person: true });
  for (const n of [1, 2]) server.says("Bo", "word " + n);
  room = await again(room);
  assert.deepEqual(cardOf(room), ["word 1", "all", 0, `2 messages word 1, 1 done ${done}`]);
  room.here(false);
  server.clock.set(8 * 3600_000 + 59_000);
  server.says("Bo", "a plan", { kind: "proposal", ask: ["Ada", "Cy"] });
  server.says("Cy", "no", { kind: "object", reply_to: "x", to: ["Ada"] });
  server.says("Bo", "yes", { kind: "agree", agreed: "p1", finished: ["t1", "t2"] });
  server.says("Bo", "who?", { ask: ["Cy"], file: { name: "a", size: 1 } });
  const check = task("check", "t1", { task: { checks: [{ by: "Cy", verdict: "differs" }] } });
  task("check", "t1", { task: { checks: [{ by: "Cy", verdict: "same" }] } });
  await until("it is there", () => room.state.messages.some(({ action }) => action === "check"));
  const since = cardOf(room);
  assert.equal(since[3], `2 messages word 1, 1 done ${done}`, "what comes while the person is there changes no card");
  room.here(true);
  server.says("Bo", "the last, as the page comes back");
  await until("it is there, too", () => cardOf(room)[3].startsWith("7"));
  assert.deepEqual(cardOf(room), ["word 1", "all", 480,
    `7 messages word 1, 1 agreed yes, 2 done ${done}, 1 differing ${check}, 1 files who?, 1 questions who?`]);
});

test("the card says that not all is loaded, until it is", async () => {
  server.says("Bo", "read");
  let room = await opened();
  room.unread.readTo(room.state.messages.at(-1).id);
  room.close();
  talk(0, 620);
  room = await again(room);
  assert.deepEqual(cardOf(room), ["line 120", "part", 0, "500 messages line 120"]);
  await room.paging.loadEarlier();
  assert.deepEqual(cardOf(room), ["line 20", "part", 0, "600 messages line 20"]);
  await room.paging.loadEarlier();
  assert.deepEqual(cardOf(room), ["line 0", "all", 0, "620 messages line 0"]);
  talk(620, 400);
  await until("all is there", () => textsOf(room).length === 1_021);
  room.paging.atEnd(); // which forgets what is above
  assert.deepEqual(cardOf(room), ["line 520", "part", 0, "100 messages line 520"]);
});

test("a few messages without more have a line, and no card", async () => {
  let room = await opened();
  server.says("Bo", "read");
  await rest();
  room.unread.readTo(room.state.messages.at(-1).id);
  for (const [n, card] of [[19, undefined], [1, "20 messages line 0"]]) {
    talk(n === 1 ? 19 : 0, n);
    room = await again(room);
    assert.equal(cardOf(room)?.[3], card);
    assert.ok(sinceOf(room.state).first);
  }
});

test("what this person says is never unread, and what its agent says is", async () => {
  const room = await opened();
  server.says("Bo", "first");
  await rest();
  room.unread.readTo(room.state.messages.at(-1).id);
  server.says("Ada", "mine", { person: true });
  server.happens({ type: "joined", agent: "Cy" });
  await rest();
  assert.equal(room.unread.messages().length, 0);
  server.says("Ada", "my agent's");
  await rest();
  assert.equal(room.unread.messages().length, 1);
});
