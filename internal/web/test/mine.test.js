import { happens, newBrowser, rest } from "./platform.js";
import { FakeServer } from "./server.js";

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";

import { MyRooms } from "../assets/rooms/mine.js";
import * as storage from "../assets/storage.js";
import { seatOf } from "../assets/token.js";

let server, clock, mine;
beforeEach(() => {
  newBrowser();
  server = new FakeServer();
  clock = server.clock;
  ["p1", "p2", "p3"].forEach((token, n) => keeps(token, { used: n }));
  mine = new MyRooms(clock);
});
afterEach(() => mine.close());

const keeps = (token, more = {}) =>
  (server.tokens.add(token), storage.keep({ room: "r" + token, token, name: "Ada", title: token, ...more }));

/** A room that is open, as far as the list looks at it. */
function opened(token, more = {}) {
  const heard = new Set();
  return {
    seat: storage.seats().find((seat) => seat.token === token),
    state: {
      phase: "live", me: "Ada", room: { name: "den", agents: [] }, messages: [], requests: [], differing: [],
      tasks: [], asOf: "",
      deciding: {}, approved: [], pending: [], supervision: { drafts: [{ id: "m7", text: "So" }] }, ...more,
    },
    subscribe(listen) {
      heard.add(listen);
      return () => heard.delete(listen);
    },
    now(parts) {
      this.state = { ...this.state, ...parts };
      for (const listen of heard) listen();
    },
  };
}

const order = () => mine.rooms.map(({ seat }) => seat.token).join(" ");

test("rooms stand by when something was said there last, and keep their order until the list is opened", async () => {
  for (const [token, active] of [["p1", 30], ["p2", 20], ["p3", 10]]) storage.keepActive(token, active);
  mine.show(null);
  mine.begin();
  assert.equal(order(), "p1 p2 p3");
  storage.keep({ token: "p3", used: 99 }); // it was clicked
  keeps("p4", { used: 40 }); // nothing was said there yet
  happens("storage");
  assert.equal(order(), "p1 p2 p3 p4", "a new one comes last");
  mine.sort();
  assert.equal(order(), "p4 p1 p2 p3", "a click moves none");
  const room = opened("p2");
  mine.show(room);
  room.now({ messages: [{ id: "m1", type: "message", text: "So", at: "2030-01-01T12:00:00Z" }] });
  mine.sort();
  assert.equal(order(), "p2 p4 p1 p3");
  mine.forget("p4");
  assert.equal(order(), "p2 p1 p3");
  storage.keepActive("p4", 50);
  assert.ok(!storage.seats().some(({ token }) => token === "p4"), "it came back");
});

test("what needs the person is counted: in the open room at once, in others from the next answer on", async () => {
  server.drafts("Because");
  const room = opened("p1");
  mine.show(room);
  room.now({});
  await rest();
  assert.equal(mine.count, 3);
  assert.deepEqual(mine.rooms.flatMap(({ seat, needs }) => needs.map(({ text }) => [seat.token, text])).sort(),
    [["p1", "So"], ["p2", "Because"], ["p3", "Because"]]);
  room.now({ supervision: { drafts: [] } });
  assert.equal(mine.count, 2, "it was decided here");
  server.supervises({ draft: "m000001", decision: "send" });
  await clock.advance(19_999);
  assert.equal(mine.count, 2);
  await clock.advance(1);
  assert.equal(mine.count, 0, "it was decided elsewhere");
});

test("the first number at a load is the last known one, and the second the true one", async () => {
  storage.keepWaited({ [seatOf("p2")]: 7, [seatOf("gone")]: 9 });
  server.drafts("Because");
  mine.show(null);
  const numbers = [mine.count];
  mine.subscribe(() => numbers.at(-1) !== mine.count && numbers.push(mine.count));
  const room = opened("p1");
  mine.show(room);
  for (const phase of ["opening", "live"]) room.now({ phase });
  await rest();
  assert.deepEqual([numbers, storage.waited()], [[7, 3], { [seatOf("p1")]: 1, [seatOf("p2")]: 1, [seatOf("p3")]: 1 }]);
  mine.forget("p2");
  assert.deepEqual(storage.waited(), { [seatOf("p1")]: 1, [seatOf("p3")]: 1 });
});

test("where the server does not answer, the numbers stay the last known ones", async () => {
  storage.keepWaited({ [seatOf("p1")]: 2, [seatOf("p2")]: 3 });
  server.offline = true;
  const room = opened("p1", { phase: "opening", room: null });
  mine.show(room);
  room.now({ phase: "offline" });
  await clock.pass(60_000);
  assert.deepEqual([mine.count, mine.missing], [5, "silent"]);
  assert.deepEqual(storage.waited(), { [seatOf("p1")]: 2, [seatOf("p2")]: 3 });
  room.now({ phase: "ended" });
  assert.equal(mine.count, 3);
});

test("what is decided about a room that is not open needs the person no more", async () => {
  server.drafts("Because");
  const id = server.says("Bo", "Why?", { kind: "request", ask: ["Ada"] });
  server.requests.push({ id, from: "Bo", owed_by: ["Ada"], text: "Why?", minutes: 0 });
  mine.show(null);
  mine.begin();
  await rest();
  assert.deepEqual(mine.knownOf("p2")?.needs.asks.map(({ text }) => text), ["Why?"]);
  let change = () => {};
  const { supervision } = server;
  const half = {
    state: /** @type {any} */ ({ deciding: {}, approved: [], pending: [], supervision, differing: [] }),
    subscribe: (listen) => ((change = listen), () => {}),
  };
  mine.attend("p2", half);
  assert.equal(mine.count, 6);
  half.state = { ...half.state, deciding: { m000001: { decision: "send" } } };
  change();
  assert.equal(mine.count, 5);
  half.state = { ...half.state, pending: [{ state: "sending", args: { reply_to: id } }] };
  change();
  assert.equal(mine.count, 4);
  half.state = { ...half.state, deciding: {}, supervision: { ...supervision, drafts: [] } };
  change();
  assert.equal(mine.count, 4, "it was sent, and the server has not told so yet");
  mine.attend("p2", null);
  assert.equal(mine.count, 6);
});

test("what the person has asked itself needs it at none of its other seats", async () => {
  keeps("p4", { room: "rp2", name: "Sora", alone: true });
  for (const from of ["Sora", "Bo"]) {
    const id = server.says(from, from + "?", { kind: "request", ask: ["Ada"] });
    server.requests.push({ id, from, owed_by: ["Ada"], text: from + "?", minutes: 0 });
  }
  mine.show(null);
  mine.begin();
  await rest();
  const needs = (token) => mine.rooms.find(({ seat }) => seat.token === token)?.needs.map(({ text }) => text);
  assert.deepEqual([needs("p1"), needs("p2")], [["Sora?", "Bo?"], ["Bo?"]]);
});

for (const [page, open] of [["of the rooms", ""], ["of a room", "p3"]]) {
  test(`after the first answer, the rooms on the page ${page} stand as of now`, async () => {
    const room = open ? opened(open) : null;
    mine.show(room);
    room ? room.now({}) : mine.begin();
    storage.keepActive("p1", 99); // a look brings a message
    await rest();
    assert.equal(order(), "p1 p3 p2");
  });
}

test("who comes back sees the new order, and nothing moves under a pointer", async () => {
  let pointed = true;
  mine.close();
  mine = new MyRooms(clock, () => pointed);
  mine.show(null);
  mine.begin();
  await rest();
  assert.equal(order(), "p3 p2 p1");
  storage.keepActive("p1", clock.now());
  happens("storage");
  assert.equal(order(), "p3 p2 p1");
  pointed = false;
  for (const seen of [false, true]) mine.here(seen);
  await clock.advance(2_000);
  assert.equal(order(), "p1 p3 p2");
  await clock.advance(10_000);
  server.says("Bo", "More", { at: "2030-01-01T13:00:00Z" });
  storage.keepActive("p2", Date.parse("2030-01-01T13:00:01Z")); // else it would be as new as the others
  await clock.advance(20_000);
  assert.equal(order(), "p2 p3 p1");
});

/** Returns the seats of the calls for news since it was called last. */
const asked = () => server.calls.splice(0).map(({ args }) => args.seats.map(({ token }) => token).join(" "));

test("a seat that is refused disturbs no other, and is not asked for again until it is opened", async () => {
  server.tokens.delete("p2");
  server.refused.set("p1", { code: "internal", message: "x" });
  mine.show(null);
  mine.begin();
  await rest();
  assert.deepEqual(mine.rooms.map(({ state, code }) => [state, code]),
    [["known", ""], ["ended", "token_invalid"], ["failed", ""]]);
  await clock.advance(20_000);
  assert.deepEqual(asked(), ["p3 p2 p1", "p3"]);
  server.tokens.add("p2");
  mine.show(opened("p2"));
  mine.show(null);
  await clock.advance(20_000);
  assert.deepEqual(asked(), ["p2 p3"]);
  server.closed = true;
  await clock.advance(20_000);
  assert.deepEqual(mine.rooms.map(({ state }) => state), ["closed", "closed", "failed"]);
  asked();
  await clock.advance(60_000);
  assert.deepEqual(asked(), [], "nor is one in a room that was closed");
});

test("a seat that was never opened is not asked for, and no answer is not the end of one", async () => {
  keeps("p9", { claim: "w9", used: 99 });
  server.offline = true;
  mine.show(null);
  mine.begin();
  await rest();
  assert.deepEqual(mine.rooms.map(({ seat, state }) => seat.token + state), ["p9", "p3failed", "p2failed", "p1failed"]);
  server.offline = false;
  happens("online");
  await clock.advance(2_000);
  assert.deepEqual(mine.rooms.map(({ state }) => state), ["", "known", "known", "known"]);
});

test("a page says that news may be missing, where the server has another one or does not answer", async () => {
  mine.show(null);
  mine.begin();
  await rest();
  assert.equal(mine.missing, "");
  const seen = mine.rooms;
  server.page = "newer";
  await clock.advance(20_000);
  assert.equal(mine.missing, "stale");
  assert.notEqual(mine.rooms, seen, "what shows the rooms is drawn again");
  server.page = ""; // a proxy lets no such header through
  await clock.advance(20_000);
  assert.equal(mine.missing, "");
  server.page = "assets";
  server.offline = true;
  await clock.advance(20_000);
  assert.equal(mine.missing, "", "one failure is nothing yet");
  await clock.pass(21_000);
  assert.equal(mine.missing, "silent");
});

test("of more than a hundred rooms, those that need the person are followed, and those that are newest", async () => {
  for (let n = 10; n < 130; n++) keeps("p" + n, { used: n });
  storage.keepWaited({ [seatOf("p1")]: 1 });
  mine.show(null);
  mine.begin();
  await rest();
  const [tokens] = asked().map((line) => line.split(" "));
  assert.deepEqual([tokens.length, tokens[0], tokens[1], tokens.at(-1)], [100, "p1", "p129", "p31"]);
  assert.equal(mine.missing, "some");
  for (let n = 10; n < 40; n++) mine.forget("p" + n);
  assert.equal(mine.missing, "");
});

test("a room of the list changes only with what is known of it", async () => {
  server.agents = [{ name: "Ada", you: true, state: "waiting" }, { name: "Bo", state: "silent" },
    { name: "Cy", state: "away", person_here: true }];
  const read = server.says("Bo", "read");
  storage.keepRead("p2", read);
  server.says("Bo", "one");
  server.says("Ada", "mine", { person: true });
  const room = opened("p1");
  mine.show(room);
  room.now({});
  await rest();
  const before = mine.rooms;
  const [, two] = before;
  assert.deepEqual([two.title, two.here, two.unread, two.more], ["den", ["Ada"], 1, false]);
  assert.equal(two.last?.text, "mine");
  room.now({ clock: 5 });
  assert.equal(mine.rooms, before);
  room.now({ messages: [{ id: "m1", type: "message", text: "So", at: "" }] });
  assert.deepEqual(mine.rooms.map((one, n) => one === before[n]), [true, true, false]);
  assert.equal(mine.rooms[2].last?.text, "So");
});
