import { rest, until } from "./platform.js";
import { again, opened, server, talk, textsOf } from "./tabs.js";

import assert from "node:assert/strict";
import { test } from "node:test";

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
  const first = () => room.state.messages.find(({ id }) => id === room.state.firstUnread)?.text;
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
  assert.deepEqual([room.state.firstUnread, room.unread.messages().length], ["", 0]);
  room.here(false);
  server.says("Bo", "meanwhile");
  await until("it is there", () => textsOf(room).length === 2);
  room.here(true);
  assert.equal(room.state.firstUnread, room.state.messages.at(-1).id);
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
