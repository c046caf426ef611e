import { HandClock, happens, newBrowser, rest } from "./platform.js";
import { FakeServer } from "./server.js";

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";

import { MyRooms, needsOfAll } from "../assets/rooms/mine.js";
import * as storage from "../assets/storage.js";

let server, clock, mine;
beforeEach(() => {
  newBrowser();
  [server, clock] = [new FakeServer(), new HandClock()];
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
      phase: "live", me: "Ada", room: { name: "den", agents: [] }, messages: [], requests: [], tasks: [], asOf: "",
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

test("what needs the person is counted: in the open room at once, in others from the next look on", async () => {
  server.drafts("Because");
  server.other = () => ({});
  const room = opened("p1");
  mine.show(room);
  room.now({});
  assert.equal(mine.count, 1, "the others are not known yet");
  await rest();
  assert.equal(mine.count, 3);
  assert.deepEqual(needsOfAll(mine.rooms).map(({ need, room }) => [room.seat.token, need.text]),
    [["p3", "Because"], ["p2", "Because"], ["p1", "So"]]);
  room.now({ supervision: { drafts: [] } });
  assert.equal(mine.count, 2, "it was decided here");
  server.supervises({ draft: "m000001", decision: "send" });
  await clock.advance(59_000);
  assert.equal(mine.count, 2);
  await clock.advance(1_000);
  assert.equal(mine.count, 0, "it was decided elsewhere");
});

test("what the person has asked itself needs it at none of its other seats", async () => {
  keeps("p4", { room: "rp2", name: "Sora", alone: true });
  for (const from of ["Sora", "Bo"]) {
    const id = server.says(from, from + "?", { kind: "request", ask: ["Ada"] });
    server.requests.push({ id, from, owed_by: ["Ada"], text: from + "?", minutes: 0 });
  }
  server.other = () => ({});
  mine.show(null);
  mine.begin();
  await rest();
  const needs = (token) => mine.rooms.find(({ seat }) => seat.token === token)?.needs.map(({ text }) => text);
  assert.deepEqual([needs("p1"), needs("p2")], [["Sora?", "Bo?"], ["Bo?"]]);
});

test("a room that is not open takes two calls a minute, and none while the tab is hidden", async () => {
  const room = opened("p1");
  mine.show(room);
  mine.here(true);
  room.now({});
  const made = () => server.calls.splice(0).map(({ tool, bearer }) => `${bearer} ${tool}`).sort().join();
  const all = ["p2 message_history", "p2 room_info", "p3 message_history", "p3 room_info"].join();
  const messages = ["p2 message_history", "p3 message_history"].join();
  await rest();
  assert.equal(made(), all);
  for (let n = 0; n < 3; n++) {
    await clock.advance(59_999);
    happens("storage");
    room.now({ messages: [] });
    await rest();
    assert.equal(made(), "");
    await clock.advance(1);
    assert.equal(made(), all);
  }
  const back = [() => [false, true].forEach((seen) => mine.here(seen)), () => happens("online"),
    () => ["offline", "live"].forEach((phase) => room.now({ phase }))];
  for (const comes of back) {
    await clock.advance(4_999);
    comes();
    await rest();
    assert.equal(made(), "", "what was just looked at is not old");
    await clock.advance(1);
    assert.equal(made(), messages, "the rest is not a minute old");
  }
  mine.here(false);
  for (let n = 0; n < 5; n++) await clock.advance(60_000);
  assert.equal(made(), "");
  mine.here(true);
  await rest();
  assert.equal(made(), all);
});

for (const [page, open] of [["of the rooms", ""], ["of a room", "p3"]]) {
  test(`after the first looks, the rooms on the page ${page} stand as of now`, async () => {
    const room = open ? opened(open) : null;
    mine.show(room);
    room ? room.now({}) : mine.begin();
    storage.keepActive("p1", 99); // a look brings a message
    await rest();
    assert.equal(order(), "p1 p3 p2");
  });
}

test("who comes back or hears of a room, here or in another tab, sees the new order", async () => {
  let pointed = true;
  mine.close();
  mine = new MyRooms(clock, () => pointed);
  mine.show(null);
  mine.begin();
  await rest();
  assert.equal(order(), "p3 p2 p1");
  await clock.advance(10_000);
  server.says("Bo", "So");
  storage.keepActive("p1", clock.now()); // as the other tab does
  server.calls = [];
  happens("storage");
  await rest();
  assert.deepEqual(server.calls.map(({ bearer }) => bearer), ["p1", "p1"]);
  assert.equal(mine.rooms.find(({ seat }) => seat.token === "p1")?.last?.text, "So");
  assert.equal(order(), "p3 p2 p1");
  pointed = false;
  for (const seen of [false, true]) mine.here(seen);
  await rest();
  assert.equal(order(), "p1 p3 p2");
  await clock.advance(10_000);
  server.says("Bo", "More", { at: "2030-01-01T13:00:00Z" });
  storage.keepActive("p2", Date.parse("2030-01-01T13:00:01Z")); // else it would be as new as the others
  await clock.advance(60_000);
  assert.equal(order(), "p2 p3 p1");
});

test("rooms that are over are not looked at again", async () => {
  server.tokens.delete("p2");
  mine.show(null);
  mine.begin();
  await rest();
  assert.deepEqual(mine.rooms.map(({ state, code }) => [state, code]),
    [["known", ""], ["ended", "token_invalid"], ["known", ""]]);
  server.closed = true;
  server.calls = [];
  await clock.advance(60_000);
  assert.deepEqual(mine.rooms.map(({ state }) => state), ["closed", "ended", "closed"]);
  assert.equal(server.calls.length, 4);
  await clock.advance(60_000);
  assert.equal(server.calls.length, 4);
});

test("a seat that was never opened is in no need of a look, and no answer is not the end of one", async () => {
  keeps("p9", { claim: "w9", used: 99 });
  server.offline = true;
  mine.show(null);
  mine.begin();
  await rest();
  assert.deepEqual(mine.rooms.map(({ seat, state }) => seat.token + state), ["p9", "p3failed", "p2failed", "p1failed"]);
  server.offline = false;
  happens("online");
  await clock.advance(5_000);
  assert.deepEqual(mine.rooms.map(({ state }) => state), ["", "known", "known", "known"]);
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
