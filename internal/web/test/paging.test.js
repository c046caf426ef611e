import { rest } from "./platform.js";
import { opened, server, talk, textsOf } from "./tabs.js";

import assert from "node:assert/strict";
import { test } from "node:test";

test("earlier messages are loaded once and in order, up to one that is asked for", async () => {
  const texts = talk(0, 241);
  const room = await opened();
  assert.ok(room.state.earlier && textsOf(room).length === 100);
  const calls = server.called("message_history");
  await Promise.all([room.paging.loadEarlier(), room.paging.loadEarlier()]);
  assert.equal(server.called("message_history"), calls + 1);
  assert.equal(await room.paging.loadBack("m000001"), true);
  assert.deepEqual([textsOf(room), room.state.earlier, room.state.loading], [texts, false, false]);
  assert.equal(await room.paging.loadBack("m999999"), false);
  server.offline = true;
  await assert.rejects(room.paging.loadBack("m999999"));
});

test("what an answer may have lost is loaded at once, in order, up to the newest", async () => {
  const texts = talk(0, 330);
  server.arrived = 70;
  server.superseded = 1;
  const room = await opened();
  assert.deepEqual([textsOf(room), room.state.earlier], [texts.slice(70), true]);
  texts.push(...talk(330, 331));
  await rest();
  await room.paging.loadEarlier();
  assert.deepEqual([textsOf(room), room.state.earlier], [texts, false]);
});

test("at the end of a long talk what was said long ago is forgotten, and loaded again", async () => {
  const room = await opened();
  const texts = talk(0, 1_050);
  await rest();
  assert.equal(textsOf(room).length, 1_050); // somebody reads them
  room.paging.atEnd();
  assert.deepEqual([textsOf(room), room.state.earlier], [texts.slice(-500), true]);
  texts.push(...talk(1_050, 1_051));
  await rest();
  const [back] = await Promise.all([room.paging.loadBack("m000001"), room.paging.atEnd()]);
  assert.deepEqual([back, textsOf(room), room.state.earlier], [true, texts, false]);
});

test("a long text is loaded whole, and is gone when it is removed", async () => {
  const long = "Ünïcode and ".repeat(500) + "the end";
  const id = server.says("Bo", long);
  const room = await opened();
  assert.ok(textsOf(room)[0].length < long.length);
  await room.paging.textOf(id);
  assert.deepEqual(textsOf(room), [long]);
  server.happens({ type: "room", changes: { redacted: id } });
  await rest();
  assert.deepEqual([room.state.messages[0].redacted, textsOf(room)], [true, ["removed"]]);
});

test("a message is loaded alone for a quote, once, and its text is gone when it is removed", async () => {
  const [id] = [server.says("Bo", "Steel?"), ...talk(1, 200)];
  const room = await opened();
  const calls = server.called("message_history");
  const quoted = () => room.state.quoted.map(({ text }) => text);
  server.offline = true;
  await room.paging.quote(id);
  server.offline = false;
  for (let n = 0; n < 2; n++) await Promise.all([room.paging.quote(id), room.paging.quote("m999999")]);
  assert.deepEqual([quoted(), server.called("message_history")], [["Steel?"], calls + 3]);
  server.happens({ type: "room", changes: { redacted: id } });
  await rest();
  assert.deepEqual(quoted(), ["removed"]);
});

test("the pages before what is loaded come the newest first, change nothing, and end on request", async () => {
  const texts = talk(0, 330);
  const room = await opened();
  const stop = new AbortController();
  const pages = [];
  const read = async () => {
    for await (const page of room.paging.pagesBefore(stop.signal)) {
      pages.push(page.map(({ text }) => text));
      if (pages.length === 5) stop.abort();
    }
  };
  await read();
  assert.deepEqual(pages, [texts.slice(130, 230), texts.slice(30, 130), texts.slice(0, 30)]);
  await assert.rejects(read(), { name: "AbortError" });
  assert.deepEqual([pages.length, textsOf(room)], [5, texts.slice(230)]);
});

test("before a message that has expired there is nothing", async () => {
  talk(0, 230);
  const room = await opened();
  for (const { id } of server.messages.slice(0, 150)) server.expired.add(id);
  assert.equal((await room.everything()).length, 100);
  await room.paging.loadEarlier();
  assert.deepEqual([room.state.messages.length, room.state.earlier], [100, false]);
});

test("an export has everything with whole texts, and says how far it is", async () => {
  const long = "word ".repeat(500);
  server.says("Bo", long);
  const texts = talk(0, 230);
  const room = await opened();
  const progress = [];
  const all = await room.everything((n) => progress.push(n));
  assert.deepEqual(all.map(({ text }) => text), [long, ...texts]);
  assert.deepEqual(progress, [200, 231]);
});

test("an export waits where the server asks it to, and ends when nobody wants it", async () => {
  const texts = talk(0, 120);
  const room = await opened();
  server.busy = 77;
  let got = null;
  room.everything().then((all) => (got = all));
  await rest();
  assert.ok(server.clock.waits(77_000));
  server.busy = 0;
  await server.clock.advance(77_000);
  assert.deepEqual(got.map(({ text }) => text), texts);
  await assert.rejects(room.everything(undefined, AbortSignal.abort()), { name: "AbortError" });
});
