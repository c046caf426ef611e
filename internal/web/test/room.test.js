import { happens, newBrowser, rest, until } from "./platform.js";
import { FakeServer, refused } from "./server.js";

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";

import { Refusal } from "../assets/mcp.js";
import { Room } from "../assets/room.js";
import { claimed, returned } from "../assets/seats.js";
import * as storage from "../assets/storage.js";

const claim = "w" + "0123456" + "abcde" + "0".repeat(18);

let server, rooms;
beforeEach(() => {
  newBrowser();
  server = new FakeServer();
  rooms = [];
});
afterEach(() => {
  for (const room of rooms) room.close();
});

/** Opens the room of a seat in a tab. */
function begin(seat) {
  const room = new Room(seat, server.clock);
  rooms.push(room);
  room.ended = room.run();
  return room;
}

/** Opens the link, and waits until the room is there. */
async function opened(seat = claimed(claim)) {
  const room = begin(seat);
  await live(room);
  return room;
}

const live = (room) => until("the room is live", () => room.state.phase === "live" && !room.state.trouble);
const textsOf = (room) => room.state.messages.map(({ text }) => text).filter(Boolean);

/** Comes back to the room in a page that was just loaded. */
async function again(room) {
  room.close();
  return opened(returned("0123456"));
}

/** Has Bo say n lines. */
function talk(from, n) {
  const texts = Array.from({ length: n }, (_, i) => `line ${from + i}`);
  for (const text of texts) server.says("Bo", text);
  return texts;
}

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
        const paused = room.restrain({ paused: true });
        const told = room.call("message_history", { limit: 1 });
        const removed = room.redact("m000001").catch((problem) => problem);
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
    await room.drop(key);
    await server.clock.pass(60_000);
  }
});

test("an opening that the network swallowed begins anew, wherever it was", async () => {
  for (const tool of ["supervise", "message_history", "room_info", "list_tasks"]) {
    newBrowser();
    server = new FakeServer();
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

test("what was unread the last time is loaded over several pages, and marked", async () => {
  talk(1_000, 150);
  server.says("Bo", "read");
  let room = await opened();
  room.read(room.state.messages.at(-1).id);
  room.close();
  const texts = talk(0, 230);
  const calls = server.called("message_history");
  room = await again(room);
  assert.equal(server.called("message_history"), calls + 3); // no more than it takes
  const first = () => room.state.messages.find(({ id }) => id === room.state.firstUnread)?.text;
  assert.equal(first(), "line 0");
  assert.deepEqual([textsOf(room).slice(-231), room.unread().length], [["read", ...texts], 230]);
  room.read(room.state.messages.at(-1).id);
  room.read(room.state.messages[0].id); // nothing becomes unread
  assert.equal(room.unread().length, 0);
  server.says("Bo", "more");
  await until("more has come", () => textsOf(room).at(-1) === "more");
  room = await again(room);
  assert.equal(first(), "more");
});

test("at the first visit nothing is unread, and what comes while nobody looks is marked", async () => {
  server.says("Bo", "long ago");
  const room = await opened();
  assert.deepEqual([room.state.firstUnread, room.unread().length], ["", 0]);
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
  room.read(room.state.messages.at(-1).id);
  server.says("Ada", "mine", { person: true });
  server.happens({ type: "joined", agent: "Cy" });
  await rest();
  assert.equal(room.unread().length, 0);
  server.says("Ada", "my agent's");
  await rest();
  assert.equal(room.unread().length, 1);
});

test("earlier messages are loaded once and in order, up to one that is asked for", async () => {
  const texts = talk(0, 241);
  const room = await opened();
  assert.ok(room.state.earlier && textsOf(room).length === 100);
  const calls = server.called("message_history");
  await Promise.all([room.loadEarlier(), room.loadEarlier()]);
  assert.equal(server.called("message_history"), calls + 1);
  assert.equal(await room.loadBack("m000001"), true);
  assert.deepEqual([textsOf(room), room.state.earlier, room.state.loading], [texts, false, false]);
  assert.equal(await room.loadBack("m999999"), false);
  server.offline = true;
  await assert.rejects(room.loadBack("m999999"));
});

test("at the end of a long talk what was said long ago is forgotten, and loaded again", async () => {
  const room = await opened();
  const texts = talk(0, 1_050);
  await rest();
  assert.equal(textsOf(room).length, 1_050); // somebody reads them
  room.atEnd();
  assert.deepEqual([textsOf(room), room.state.earlier], [texts.slice(-500), true]);
  texts.push(...talk(1_050, 1_051));
  await rest();
  const [back] = await Promise.all([room.loadBack("m000001"), room.atEnd()]);
  assert.deepEqual([back, textsOf(room), room.state.earlier], [true, texts, false]);
});

test("a long text is loaded whole, and is gone when it is removed", async () => {
  const long = "Ünïcode and ".repeat(500) + "the end";
  const id = server.says("Bo", long);
  const room = await opened();
  assert.ok(textsOf(room)[0].length < long.length);
  await room.textOf(id);
  assert.deepEqual(textsOf(room), [long]);
  server.happens({ type: "room", changes: { redacted: id } });
  await rest();
  assert.deepEqual([room.state.messages[0].redacted, textsOf(room)], [true, ["removed"]]);
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
  assert.deepEqual(await room.allClosedTasks(), []);
  assert.equal(await room.loadBack("m000001").catch((refusal) => refusal.code), "removed");
  await assert.rejects(room.textOf("m000003"), { code: "removed" });
  await assert.rejects(room.fileOf("m000003"), { code: "removed" });
  await Promise.all([room.refresh.want({ info: true }), room.loadEarlier(), server.clock.advance(60_000)]);
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
  server.happens({ type: "left", agent: "Ada", reason: "kicked", by: "Bo", note: "too loud" });
  await until("it is heard", () => room.state.messages.at(-1)?.reason === "kicked");
  server.refusal = { code: "token_invalid", message: "It is gone." };
  room.wake();
  await room.ended;
  assert.deepEqual(room.state.trouble,
    { code: "token_invalid", message: "The server does not know this seat: the room has ended, or your agent has " +
      "joined again.",
      reason: "kicked", by: "Bo", note: "too loud" });
});

/** Returns two devices of one person, of which both show the messages that wait. */
async function twoDevices(...texts) {
  const one = await opened();
  newBrowser();
  const two = await opened(claimed(claim.replace("abcde0", "abcde1")));
  const drafts = texts.map((text) => server.drafts(text));
  await rest();
  await server.clock.advance(1_000);
  for (const { state } of [one, two]) assert.equal(state.supervision.drafts.length, texts.length);
  assert.notEqual(one.seat.token, two.seat.token);
  return [one, two, ...drafts];
}

for (const decision of ["send", "edit", "refuse"]) {
  test(`a draft that was decided on one device leaves the other at once: ${decision}`, async () => {
    const [one, two, draft, other] = await twoDevices("May I?", "And this?");
    two.edit(draft, "Their wor");
    two.edit(other, "Given up");
    two.edit(other, null);
    for (const id of [draft, other]) {
      await one.supervise({ draft: id, decision, ...(decision === "edit" && { text: "Mine" }) });
      await until("it is gone", () => !two.state.supervision.drafts.some((one) => one.id === id)); // no time passes
    }
    assert.deepEqual(two.state.late, ["Their wor"], "what was being written there is not lost");
    assert.deepEqual(one.state.late, []);
  });
}

test("a late press says that the other device has decided, and so does the page without the draft", async () => {
  const [one, two, draft, other] = await twoDevices("May I?", "And this?");
  server.wakes = () => {}; // the other device has not heard of it yet
  await one.supervise({ draft, decision: "refuse" });
  await assert.rejects(two.supervise({ draft, decision: "send" }), { code: "decided" });
  assert.deepEqual(two.state.supervision.drafts.map(({ id }) => id), [other]);
  assert.deepEqual(two.state.late, [""]);
  two.forgetLate();
  two.edit(other, "My words");
  await one.supervise({ draft: other, decision: "send" });
  await assert.rejects(two.supervise({ draft: other, decision: "edit", text: "My words" }), { code: "decided" });
  assert.deepEqual(two.state.late, ["My words"]);
});

test("what is written in place of a draft survives a reload, and so do words that came too late", async () => {
  const one = await opened();
  const [draft, other] = [server.drafts("May I?"), server.drafts("And this?")];
  await until("they are there", () => one.state.messages.length === 2);
  one.edit(draft, "My words");
  one.edit(other, "Given up");
  one.edit(other, null);
  const two = await again(one);
  assert.deepEqual([...two.edits], [[draft, "My words"]]);
  two.close();
  server.supervises({ draft, decision: "refuse" }); // on another device
  for (let n = 0; n < 2; n++) {
    const late = await again(two);
    assert.deepEqual(late.state.late, ["My words"]);
    if (n) late.forgetLate();
  }
  assert.deepEqual((await again(two)).state.late, []);
});

test("what was written in another tab, and sent there, is not called late in this one", async () => {
  const one = await opened();
  const draft = server.drafts("May I?");
  await until("it is there", () => one.state.messages.length === 1);
  one.edit(draft, "My words");
  const two = await opened(returned("0123456"));
  server.wakes = () => {}; // nobody has heard of it yet
  await one.supervise({ draft, decision: "edit", text: "My words" });
  await two.supervise({ approve: true });
  assert.deepEqual([two.state.supervision.drafts, two.state.late, [...two.edits]], [[], [], []]);
});

test("what the room refuses of a decision is said, and a lost answer is not blamed on another device", async () => {
  const [room, , draft] = await twoDevices("May I?");
  const { supervises } = server;
  server.supervises = function (args) {
    return args.draft ? refused("invalid_argument", "An agent that it names has left.") : supervises.call(this, args);
  };
  await assert.rejects(room.supervise({ draft, decision: "send" }), { code: "invalid_argument" });
  Object.assign(server, { supervises, wakes: () => {}, loses: (tool) => tool === "supervise" });
  room.edit(draft, "Mine");
  await assert.rejects(room.supervise({ draft, decision: "edit", text: "Mine" }));
  server.loses = () => false;
  await room.supervise({ draft, decision: "edit", text: "Mine" });
  await room.supervise({ paused: true });
  assert.deepEqual([room.state.late, room.state.supervision.drafts], [[], []]);
});

test("an older answer about the supervision is not shown over a newer one", async () => {
  const room = await opened();
  const seen = [];
  room.subscribe(() => seen.push(room.state.supervision.paused));
  const { supervises } = server;
  let release;
  server.supervises = function (args) {
    const held = supervises.call(this, args);
    if (args.paused !== undefined || release) return held;
    return new Promise((resolve) => (release = () => resolve(held)));
  };
  room.refresh.want({ supervision: true });
  await server.clock.advance(1_000);
  assert.ok(release);
  await room.supervise({ paused: true });
  release();
  await rest();
  await server.clock.advance(1_000);
  assert.deepEqual([...new Set(seen.slice(seen.indexOf(true)))], [true]);
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
  await assert.rejects(room.supervise({ add_hook: "https://example.org/" }), { code: "unavailable" });
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
  one.read(one.state.messages[0].id);
  assert.equal(one.unread().length, 0);
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

test("a pause without a connection waits, also over a reload; a resumption does not", async () => {
  const one = await opened();
  server.offline = true;
  await one.restrain({ paused: true });
  await one.restrain({ approve: true });
  one.restraint.drop("approve");
  assert.deepEqual([one.state.restraint, one.state.supervision.paused], [{ paused: true }, false]);
  one.close();
  const two = begin(returned("0123456"));
  assert.deepEqual(two.state.restraint, { paused: true });
  server.offline = false;
  await server.clock.pass(2_000);
  await until("it is paused", () => server.supervision.paused && two.state.supervision.paused);
  assert.deepEqual([two.state.restraint, server.supervision.approve], [{}, false]);
  server.offline = true;
  await assert.rejects(two.supervise({ paused: false }));
  server.offline = false;
  await server.clock.pass(60_000);
  assert.ok(server.supervision.paused);
  const { supervises } = server;
  server.supervises = () => refused("not_allowed", "You may not.");
  await assert.rejects(two.restrain({ approve: true }), { code: "not_allowed" });
  server.supervises = supervises;
  assert.deepEqual(two.state.restraint, {});
});

test("a pause whose answer is lost is asked for again by itself", async () => {
  const room = await opened();
  let left = 1;
  server.loses = (tool) => tool === "supervise" && left-- > 0;
  server.supervises = ((real) => function (args) {
    return left > 0 ? this.supervision : real.call(this, args); // the first one has not even come
  })(server.supervises);
  await room.restrain({ paused: true });
  assert.deepEqual(room.state.restraint, { paused: true });
  await server.clock.pass(2_000);
  assert.deepEqual([room.state.restraint, room.state.supervision.paused], [{}, true]);
});

test("a file that the server would not take is known before it is sent", async () => {
  const room = await opened();
  server.offline = true;
  assert.equal(await room.tooLarge({ size: 4097 }), "");
  server.offline = false;
  server.other = (tool, { size }) => (tool === "share_file" && size > 2 ** 50
    ? refused("message_too_long", "A file has at most 4096 bytes here, and this one has more.") : { upload: {} });
  assert.equal(await room.tooLarge({ size: 4096 }), "");
  assert.equal(await room.tooLarge({ size: 4097 }), "It is too large: the limit here is 4 KB.");
  assert.equal(server.called("share_file"), 2);
});

test("a person alone has no agent to hold back", async () => {
  server.agents = [{ name: "Cy", you: true, alone: true }, { name: "Bo" }];
  const room = await opened();
  assert.ok(room.state.alone && room.state.me === "Cy");
  const supervises = server.called("supervise");
  room.refresh.want({ info: true, supervision: true });
  await server.clock.advance(1_000);
  assert.equal(server.called("supervise"), supervises);
  assert.ok(returned("0123456").alone);
});

test("an invite that took the place of another is counted, unless it was asked for", async () => {
  const room = await opened();
  server.other = (tool) => (tool === "manage_agent" ? { invite: "new" } : { changes: { invite: "new" } });
  await room.manage({ agent_name: "Bo", action: "ban" });
  await room.update({ password: "x" });
  assert.equal(room.state.renewed, 2);
  await room.update({ new_invite: true });
  assert.equal(room.state.renewed, 2);
});

test("nobody else can be invited into a full room", async () => {
  const room = await opened();
  server.other = () => ({ invite: "a line", invite_link: "https://x/i/1" });
  assert.deepEqual(await room.invite(), { link: "https://x/i/1", line: "a line" });
  server.other = () => ({});
  await assert.rejects(room.invite(), (problem) => problem.code === "room_full");
});

test("listeners hear of changes only, and not once they have left", async () => {
  const room = await opened();
  let heard = 0;
  const end = room.subscribe(() => heard++);
  room.read(room.state.readTo);
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
