// Several tabs of one browser: one asks for all, and the others hear the answer.

import { Locks, happens, newBrowser, rest } from "./platform.js";
import { FakeServer } from "./server.js";

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";

import { MyRooms } from "../assets/rooms/mine.js";
import * as storage from "../assets/storage.js";

/** @type {FakeServer} */
let server;
let clock, locks, tabs;
beforeEach(() => {
  newBrowser();
  server = new FakeServer();
  [clock, locks, tabs] = [server.clock, new Locks(), []];
});
afterEach(() => {
  for (const tab of tabs) tab.close();
  delete (/** @type {any} */ (navigator)).locks;
});

/** Has this browser keep the seats of some tokens. */
const keeps = (...tokens) => tokens.forEach((token, n) => {
  server.tokens.add(token);
  storage.keep({ room: "r" + token, token, name: "Ada", title: token, used: n });
});

/** Opens a tab, which shows the room of a seat or none, and may be opened behind the others. */
async function tab(token = "", { visible = true } = {}) {
  const one = new MyRooms(clock);
  const its = Object.assign(locks.tab(), { none: false });
  tabs.push({ close: () => (one.close(), its.end()) });
  if (locks.none) delete (/** @type {any} */ (navigator)).locks;
  else navigator.locks = its;
  one.here(visible);
  const room = token && {
    seat: storage.seats().find((seat) => seat.token === token), subscribe: () => () => {},
    state: {
      phase: "live", me: "Ada", room: { name: "den", agents: [] }, messages: [], requests: [], differing: [],
      tasks: [], asOf: "",
      deciding: {}, approved: [], pending: [], supervision: { drafts: [] },
    },
  };
  one.show(room || null);
  one.begin();
  await rest();
  return one;
}
const close = (n) => (tabs[n].close(), rest());

/** Returns, of each call since this was asked last, for whom it was and whether it waited. */
const asked = () => server.calls.splice(0).map(({ args: { seats, wait_seconds: seconds } }) =>
  seats.map(({ token }) => token).join("+") + (seconds ? " waits" : ""));

const lastOf = (mine, token) => mine.rooms.find(({ seat }) => seat.token === token)?.last?.text;

test("one tab asks for all: also about the room that it shows, which others do not follow", async () => {
  keeps("p1", "p2", "p3");
  const alone = await tab("p1");
  assert.deepEqual(asked(), ["p3+p2 waits"], "there is nobody to tell");
  await clock.advance(2_000);
  const home = await tab();
  await clock.advance(2_000);
  assert.deepEqual(asked(), ["p3+p2 waits", "p3+p2+p1 waits", "p3+p2+p1 waits"]);
  server.says("Bo", "So");
  await rest();
  assert.deepEqual([lastOf(alone, "p2"), lastOf(home, "p2"), lastOf(home, "p1")], ["So", "So", "So"]);
  await clock.advance(2_000);
  assert.deepEqual(asked(), ["p3+p2+p1 waits"]);
});

test("another tab takes over at once from one that is closed or hidden, and hears all that came since", async () => {
  keeps("p1", "p2");
  const first = await tab();
  await clock.advance(2_000);
  const second = await tab();
  const third = await tab();
  await clock.advance(10_000);
  asked();
  await close(2);
  await clock.advance(2_000);
  assert.deepEqual(asked().length, 1);
  server.says("Bo", "So");
  await clock.advance(2_000);
  assert.deepEqual([first, second].map((one) => lastOf(one, "p1")), ["So", "So"]);
  first.here(false);
  await clock.advance(2_000);
  asked();
  server.says("Bo", "More");
  await rest();
  await clock.advance(2_000);
  assert.deepEqual([first, second, third].map((one) => lastOf(one, "p1")), ["More", "More", undefined]);
  assert.deepEqual(asked().length, 1, "the tab in sight waits once more");
  first.here(true);
  await rest();
  assert.deepEqual(asked(), ["p2+p1 waits"], "who comes back asks at once");
});

test("in the background one tab looks once a minute, and none while another is in sight", async () => {
  keeps("p1", "p2");
  const [first, behind] = [await tab(), await tab("", { visible: false })];
  await clock.pass(120_000);
  assert.deepEqual(new Set(asked()), new Set(["p2+p1 waits"]));
  first.here(false);
  await rest();
  const late = await tab("", { visible: false });
  assert.deepEqual(asked(), ["p2+p1"], "it knows nothing");
  await clock.pass(59_000);
  server.says("Bo", "So");
  assert.deepEqual(asked(), []);
  await clock.pass(61_000);
  assert.deepEqual(asked(), ["p2+p1", "p2+p1"]);
  assert.deepEqual([first, behind, late].map((one) => lastOf(one, "p1")), ["So", "So", "So"]);
});

test("beside more than three tabs in sight and without locks it looks every 20 seconds", async () => {
  keeps("p1", "p2");
  for (let n = 0; n < 4; n++) await tab();
  await clock.pass(30_000);
  asked();
  await clock.pass(60_000);
  assert.deepEqual(asked(), ["p2+p1", "p2+p1", "p2+p1"]);
  await close(3);
  await clock.pass(3_000);
  assert.deepEqual(asked(), ["p2+p1 waits"]);
  for (const n of [0, 1, 2]) await close(n);
  asked();
  locks.none = true;
  await tab("p1");
  await tab();
  await clock.pass(59_000);
  assert.deepEqual(asked(), Array.from({ length: 3 }, () => ["p2", "p2+p1"]).flat());
});

test("a tab that lacks what came before takes the turn, once", async () => {
  keeps("p1");
  const first = await tab();
  await clock.advance(2_000);
  const second = await tab();
  await clock.advance(2_000);
  asked();
  const channel = new BroadcastChannel("parley.news.assets");
  const message = { id: "m9", type: "message", from: "Bo", text: "Else", at: "" };
  const seats = [{ token: "p1", after: "m8", messages: [message] }];
  channel.postMessage({ due: 0, told: { seats, poll: 2, page: "assets" } });
  server.messages.push({ ...message, id: "m8" }, message);
  await clock.advance(2_000);
  channel.close();
  assert.deepEqual([first, second].map((one) => lastOf(one, "p1")), ["Else", "Else"]);
  await clock.advance(10_000);
  assert.ok(asked().length <= 3);
});

test("no call comes before the server lets it, whatever it answers, nor beside another", async () => {
  keeps("p1");
  server.waitsForNews = false;
  await tab();
  const per = async (seconds) => (asked(), await clock.pass(seconds * 1000), asked().length);
  assert.equal(await per(60), 30);
  server.poll = 20;
  await per(2);
  assert.equal(await per(60), 3);
  server.poll = 0;
  await per(20);
  assert.equal(await per(60), 30, "two seconds are the least");
  server.refusal = { code: "rate_limited", message: "x", retry_after_seconds: 30 };
  await per(2);
  assert.equal(await per(60), 2);
  server.refusal = null;
  server.busy = 15;
  await per(30);
  assert.ok(await per(60) <= 4);
  server.busy = 0;
  server.offline = true;
  await per(15);
  const failing = await per(300);
  assert.ok(failing > 5 && failing < 20, String(failing));
  happens("online");
  await rest();
  server.offline = false;
  server.refused.set("p1", { code: "internal", message: "x" });
  await per(60);
  assert.equal(await per(60), 0);
});

test("no answer and no clock keeps a tab from asking for more than a minute", async () => {
  keeps("p1");
  server.waitsForNews = false;
  for (const seen of [true, false]) {
    const one = await tab("", { visible: seen });
    for (const change of [
      () => (server.poll = 1e9), () => (server.busy = 1e9), () => clock.set(-86_400_000), () => {},
    ]) {
      change();
      await clock.pass(130_000);
      [server.poll, server.busy] = [2, 0];
      await clock.pass(60_000);
      assert.ok(asked().length >= 2, String(change) + seen);
    }
    one.close();
  }
});

test("when the machine has slept, a tab asks once more: the network may have swallowed its call", async () => {
  keeps("p1");
  server.swallowing = true;
  await tab();
  await clock.pass(20_000);
  assert.deepEqual(asked(), ["p1 waits"]);
  server.swallowing = false;
  await clock.advance(3_600_000);
  assert.deepEqual(asked(), ["p1 waits"]);
});

test("where the browser gives no locks and no channel, each tab asks for itself", async () => {
  keeps("p1");
  const { BroadcastChannel } = globalThis;
  const forbidden = () => {
    throw new DOMException("no", "SecurityError");
  };
  globalThis.BroadcastChannel = /** @type {any} */ (class { constructor() { forbidden(); } });
  locks.tab = () => ({ request: async () => forbidden(), query: async () => forbidden(), end() {} });
  try {
    for (let n = 0; n < 2; n++) await tab();
    assert.deepEqual(asked(), ["p1", "p1"]);
    await clock.pass(59_000);
    assert.deepEqual(asked(), ["p1", "p1", "p1", "p1"]);
  } finally {
    globalThis.BroadcastChannel = BroadcastChannel;
  }
});

test("a tab that only hears says, too, that the server does not answer", async () => {
  keeps("p1");
  const [first] = [await tab(), await clock.advance(2_000), await tab(), await clock.advance(2_000)];
  server.offline = true;
  server.wakes();
  await clock.pass(30_000);
  assert.equal(first.missing, "silent");
});

test("forty-one idle rooms take at most four calls a minute, 12 KB up and 5 KB down, of two tabs", async () => {
  const body = "0123456789abcdefghjkmnpqrstvwxyz".slice(2);
  keeps(...Array.from({ length: 41 }, (_, n) => "p" + String(n).padStart(2, "0") + body.slice(0, 28)));
  server.stalled = [{ id: "t1", title: "Sand the bow", by: "Bo" }];
  for (let n = 0; n < 30; n++) server.says("Bo", "word " + n);
  for (const waits of [true, false]) {
    [server.waitsForNews, server.poll] = [waits, waits ? 2 : 20]; // as the server does
    await tab();
    await tab();
    await clock.pass(60_000);
    server.calls = [];
    server.bytes = 0;
    await clock.pass(300_000);
    const up = server.calls.reduce((sum, { args }) => sum + JSON.stringify(args).length, 0);
    const [calls, kb, down] = [server.calls.length / 5, up / 5 / 1024, server.bytes / 5 / 1024];
    assert.ok(calls >= 2 && calls <= 4 && kb <= 12 && down <= 5, `${calls} calls, ${kb} KB up, ${down} KB down`);
  }
});
