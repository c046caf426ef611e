import { happens, rest, until } from "./platform.js";
import { shown } from "./elements.js";
import { refused } from "./server.js";
import { again, begin, begun, claim, live, opened, server, textsOf } from "./tabs.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { Refusal } from "../assets/mcp.js";
import { ClosedBar, readableUntil } from "../assets/compose/closed.js";
import { claimed, returned } from "../assets/seats.js";
import * as storage from "../assets/storage.js";

test("what is said comes in order and once", async () => {
  server.says("Bo", "before");
  const room = await opened();
  assert.deepEqual([room.state.me, room.state.room.name, room.state.room.agents.length], ["Ada", "den", 2]);
  server.says("Bo", "one");
  server.says("Bo", "two");
  await until("all is there", () => textsOf(room).length === 3);
  assert.deepEqual(textsOf(room), ["before", "one", "two"]);
});

test("who left keeps its colour, also in a page that is loaded later", async () => {
  server.agents.push({ name: "Cy" }, { name: "Dee" });
  const room = await opened();
  const before = [...room.state.colours];
  assert.equal(before.length, 4);
  server.agents = server.agents.filter(({ name }) => name !== "Bo");
  server.happens({ type: "left", agent: "Bo" });
  const later = await again(room);
  assert.equal(later.state.room.agents.length, 3);
  assert.deepEqual([...later.state.colours], before);
});

test("a lost connection is shown, and what came meanwhile is there without a gap", async () => {
  const room = await opened();
  server.says("Bo", "before");
  await until("it is there", () => textsOf(room).length === 1);
  server.offline = true;
  server.wakes();
  await rest();
  await server.clock.pass(2_000);
  assert.equal(room.state.phase, "offline");
  server.says("Bo", "one");
  await room.send({ text: "to nobody yet" });
  await rest();
  server.offline = false;
  room.wake();
  await live(room);
  await server.clock.pass(60_000);
  assert.deepEqual(textsOf(room), ["before", "one", "to nobody yet"]);
  assert.deepEqual(room.state.pending, []);
});

const returns = { "the browser says so": (room) => room.wake(), "the tab is shown": (room) => room.here(true) };
for (const [how, wake] of Object.entries(returns)) {
  for (const heard of [true, false]) {
    test(`calls that the network swallowed are made again when ${how}, the server had ${heard ? "" : "not "}got them`,
      async () => {
        const room = await opened();
        room.here(false);
        server.hears = (tool) => heard && tool !== "wait_for_message";
        server.swallowing = true;
        await room.send({ text: "once" });
        const paused = room.supervision.restrain({ paused: true });
        const told = room.call("message_history", { limit: 1 });
        const removed = room.admin.redact("m000001").catch((problem) => problem);
        let over = false;
        removed.then(() => (over = true));
        await rest();
        server.swallowing = false;
        server.says("Bo", "meanwhile");
        wake(room);
        await until("all is there", () => textsOf(room).includes("meanwhile") && !room.state.pending.length);
        await paused;
        assert.equal((await told).messages.length, 1);
        assert.equal(textsOf(room).filter((text) => text === "once").length, 1);
        assert.ok(server.supervision.paused);
        assert.deepEqual([over, server.called("update_room")], [false, 1]); // it could be done twice
      });
  }
}

test("a message that never gets an answer is sent again less and less often, while the wait is answered", async () => {
  const room = await opened();
  const cut = () => {
    throw new TypeError("reset");
  };
  for (const answer of [() => new Response("<h1>Forbidden</h1>", { status: 403 }), cut]) {
    const fetch = globalThis.fetch;
    let calls = 0;
    globalThis.fetch = (address, init) => {
      if (JSON.parse(init.body).params.name !== "send_message") return fetch(address, init);
      if (++calls > 50) return new Promise(() => {}); // it would never end
      return Promise.resolve().then(answer);
    };
    const key = await room.send({ text: "<script>" });
    await server.clock.pass(60_000);
    assert.ok(calls > 2 && calls < 12, `${calls} calls in a minute`);
    globalThis.fetch = fetch;
    await room.pending.drop(key);
    await server.clock.pass(60_000);
  }
});

test("an opening that the network swallowed begins anew, wherever it was", async () => {
  for (const tool of ["supervise", "message_history", "room_info", "list_tasks"]) {
    begun();
    server.hears = () => false;
    const fetch = globalThis.fetch;
    globalThis.fetch = (address, init) => {
      server.swallowing = JSON.parse(init.body).params.name === tool;
      return fetch(address, init);
    };
    const room = begin(claimed(claim));
    await until(tool + " is swallowed", () => server.called(tool) > 0);
    await rest();
    globalThis.fetch = fetch;
    server.swallowing = false;
    room.wake();
    await live(room);
  }
});

test("an answer to a wait that is lost loses nothing, and is not shown", async () => {
  const room = await opened();
  const phases = new Set();
  room.subscribe(() => phases.add(room.state.phase));
  let left = 1;
  server.loses = (tool) => tool === "wait_for_message" && left-- > 0;
  server.says("Bo", "one");
  server.says("Bo", "two");
  await rest();
  await server.clock.pass(1_000);
  assert.deepEqual(textsOf(room), ["one", "two"]);
  assert.deepEqual([...phases], ["live"]);
});

test("a room that was closed can still be read, also after a reload, and takes nothing more", async () => {
  server.supervision = { paused: true, approve: true, drafts: [{ id: "m9" }] };
  let room = await opened();
  assert.equal(room.state.supervision.drafts.length, 1);
  server.says("Bo", "the end");
  Object.assign(server, { closed: true, requests: [{ id: "m1", from: "Bo", owed_by: ["Ada"] }] });
  server.happens({ type: "room", reason: "closed" });
  await room.ended;
  assert.deepEqual([textsOf(room), room.state.room.closed, room.state.phase], [["the end"], true, "live"]);
  const { requests, supervision } = room.state; // nobody owes anything there, and nothing waits
  assert.deepEqual([requests, supervision], [[], { paused: false, approve: false, drafts: [] }]);
  assert.equal(room.state.unsent, 1);
  const end = Date.parse(room.state.messages.at(-1).at);
  assert.equal(readableUntil(room.state), end + 30 * 24 * 3_600_000);
  const bar = (messages) => shown(ClosedBar({ state: { ...room.state, messages }, onExport() {} }));
  assert.match(bar(room.state.messages), /until/i);
  assert.doesNotMatch(bar([]), /NaN|until/i, "of a room of which nothing is loaded");
  room = await again(room);
  await room.ended;
  assert.deepEqual(textsOf(room), ["the end"]);
  await room.send({ text: "too late" });
  await rest();
  assert.deepEqual([room.state.pending[0].state, room.state.pending[0].why], ["refused", "This room was closed."]);
});

test("a seat that is gone leaves what is loaded, and nothing more is asked", async () => {
  server.pageSize = 2;
  for (const text of ["one", "two", "x".repeat(1_500)]) server.says("Bo", text);
  server.supervision = { paused: false, approve: true, drafts: [{ id: "m9" }] };
  let room = await opened();
  server.offline = true;
  await room.send({ text: "too late" });
  await rest();
  server.offline = false;
  server.refusal = { code: "removed", message: "The seat is gone.", reason: "kicked", by: "Bo", note: "too loud" };
  room.wake();
  await room.ended;
  assert.deepEqual(room.state.trouble,
    { code: "removed", message: "You no longer have a seat in this room.", reason: "kicked", by: "Bo",
      note: "too loud" });
  const { phase, earlier, partial, pending, supervision } = room.state;
  assert.deepEqual([phase, earlier, partial, pending.map(({ state }) => state)], ["ended", false, true, ["refused"]]);
  assert.deepEqual(supervision.drafts, []); // the title counts none

  const calls = server.calls.length;
  assert.deepEqual((await room.everything()).map(({ text }) => text.length), [3, 1_000]);
  assert.deepEqual(await room.tasks.allClosed(), []);
  assert.equal(await room.paging.loadBack("m000001").catch((refusal) => refusal.code), "removed");
  await assert.rejects(room.paging.textOf("m000003"), { code: "removed" });
  await assert.rejects(room.fileOf("m000003"), { code: "removed" });
  await Promise.all([room.refresh.want({ info: true }), room.paging.loadEarlier(), server.clock.advance(60_000)]);
  for (const seen of [false, true]) room.here(seen);
  room.wake();
  room.pending.wake();
  await rest();
  assert.equal(server.calls.length, calls);

  room = begin(returned("0123456"));
  await room.ended;
  assert.equal(room.state.trouble.reason, "kicked");
});

test("the last that a seat hears says who took it, if the refusal does not", async () => {
  const room = await opened();
  const kick = { type: "left", agent: "Ada", reason: "kicked", by: "Bo", person: true, person_name: "Kim" };
  server.happens({ ...kick, note: "too loud" });
  await until("it is heard", () => room.state.messages.at(-1)?.reason === "kicked");
  server.refusal = { code: "token_invalid", message: "It is gone." };
  room.wake();
  await room.ended;
  assert.deepEqual(room.state.trouble,
    { code: "token_invalid", message: "This seat no longer works. The room has ended, or your agent " +
      "joined again.",
      reason: "kicked", by: "Kim, for Bo", note: "too loud" });
});

test("what is open is read after events, also when the clock of the machine was set back", async () => {
  const room = await opened();
  server.clock.at -= 3600_000;
  server.requests = [{ id: "m1", from: "Bo", owed_by: ["Ada"] }];
  server.says("Bo", "Which port?", { ask: ["Ada"] });
  await until("an answer is owed", () => room.state.requests.length === 1);
});

test("a page that is shown while it opens reads the room all the same", async () => {
  server.busy = 77;
  const room = begin(claimed(claim));
  room.here(false, false);
  room.here(true, true);
  await rest();
  assert.ok(server.clock.waits(77_000));
  assert.equal(room.state.room, null);
  await assert.rejects(room.send({ text: "too early" }), Refusal);
  await assert.rejects(room.supervision.change({ add_hook: "https://example.org/" }), { code: "unavailable" });
  assert.ok(server.calls.every(({ args }) => args.claim)); // any other would be told that there is no such seat
  server.busy = 0;
  await server.clock.pass(77_000);
  await live(room);
  assert.equal(room.state.room.name, "den");
});

test("the time of the server is known", async () => {
  server.clock.at += 250;
  const room = await opened();
  const skew = room.state.clock;
  assert.ok(Math.abs(skew) <= 500, String(skew));
});

test("tabs of one person share what was read and what was forgotten", async () => {
  const one = await opened();
  const two = await opened(returned("0123456"));
  assert.equal(one.seat.token, two.seat.token);
  server.says("Bo", "news");
  await until("both have it", () => [one, two].every((room) => textsOf(room).length === 1));
  storage.keepRead(one.seat.token, ""); // as after a first visit to an empty room
  one.unread.readTo(one.state.messages[0].id);
  assert.equal(one.unread.messages().length, 0);
  happens("storage", { key: "parley.read." + one.seat.token });
  assert.equal(two.state.readTo, one.state.readTo);
  await two.send({ text: "from both" });
  happens("storage", { key: "parley.out." + one.seat.token + ".k" });
  await until("it is there", () => [one, two].every((room) => textsOf(room).includes("from both")));
  await rest();
  assert.deepEqual([one.state.pending, two.state.pending], [[], []]);
  storage.forget(one.seat.token);
  happens("storage", { key: "parley.seat." + one.seat.token });
  assert.deepEqual([two.state.phase, two.state.trouble.code], ["ended", "no_seat"]);
});

test("who leaves gives up the seat and forgets it", async () => {
  const room = await opened();
  await room.leave("bye");
  assert.deepEqual(server.calls.at(-1).args, { agent_token: room.seat.token, text: "bye" });
  assert.deepEqual([room.state.phase, room.state.trouble.code, storage.seats()], ["ended", "left", []]);
});

test("every call shows the token of the seat, in a header and as an argument", async () => {
  const room = await opened();
  await room.send({ text: "hi" });
  await rest();
  const calls = server.calls.filter(({ args }) => !args.claim);
  assert.ok(calls.length > 3);
  for (const { args, bearer, address } of calls) {
    assert.deepEqual(
      [args.agent_token, bearer, address.includes(room.seat.token)],
      [room.seat.token, room.seat.token, false],
    );
  }
});

test("a file that the server would not take is known before it is sent", async () => {
  const room = await opened();
  server.offline = true;
  assert.equal(await room.limit.tooLarge({ size: 4097 }), "");
  server.offline = false;
  server.other = (tool, { size }) => (tool === "share_file" && size > 2 ** 50
    ? refused("message_too_long", "A file has at most 4096 bytes here, and this one has more.") : { upload: {} });
  assert.equal(await room.limit.tooLarge({ size: 4096 }), "");
  assert.equal(await room.limit.tooLarge({ size: 4097 }), "It's too large. The limit is 4 KB.");
  assert.equal(server.called("share_file"), 2);
});

test("a person alone has no agent, and learns whether its devices are told", async () => {
  server.agents = [{ name: "Cy", you: true, alone: true }, { name: "Bo" }];
  const room = await opened();
  assert.ok(room.state.alone && room.state.me === "Cy");
  server.supervision = { ...server.supervision, push_key: "B0" };
  room.refresh.want({ info: true, supervision: true });
  await server.clock.advance(1_000);
  assert.equal(room.state.supervision.push_key, "B0");
  assert.ok(returned("0123456").alone);
});

test("listeners hear of changes only, and not once they have left", async () => {
  const room = await opened();
  let heard = 0;
  const end = room.subscribe(() => heard++);
  room.unread.readTo(room.state.readTo);
  assert.equal(heard, 0);
  server.says("Bo", "news");
  await until("it is heard", () => heard > 0);
  end();
  const before = heard;
  server.says("Bo", "more");
  await rest();
  assert.equal(heard, before);
});

test("a knock that was dismissed stays out of sight, also after a reload", async () => {
  let room = await opened();
  room.dismiss("k1");
  room = await again(room);
  assert.deepEqual(room.state.dismissed, ["k1"]);
});

test("what is said at the first opening is said to a person once, whichever rooms follow", async () => {
  const room = await opened();
  assert.ok(!room.state.welcomed);
  room.welcomed();
  const next = await opened(claimed("w0123456" + "fghjk" + "0".repeat(18)));
  assert.ok(next.state.welcomed);
});
