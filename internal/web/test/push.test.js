// How a device is told, with what a browser gives the page in the hands of the test.

import "./platform.js";
import { newDatabase } from "./database.js";
import { happens, rest } from "./platform.js";
import { refused } from "./server.js";
import { drawn, settled } from "./page.js";
import { opened, server } from "./tabs.js";

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { NoticesDialog } from "../assets/compose/notices-dialog.js";
import { wishes as wanted } from "../assets/compose/notices.js";
import { keep, kept } from "../assets/push/kept.js";
import {
  drop, giveUp, hindrance, keyOfSeat, prepare, pushOf, renew, renewOthers, settle, tidy, turnOff, turnOn,
} from "../assets/push/push.js";
import { push as w } from "../assets/push/words.js";
import { Errands } from "../assets/rooms/errands.js";
import { MyRooms } from "../assets/rooms/mine.js";
import { root } from "../assets/site.js";
import * as storage from "../assets/storage.js";

const wishes = { words: true, drafts: false };
let browser;

/** A browser with a push service, which gives a new address to each subscription. */
class Browser {
  permission = "default";
  asked = "granted"; // what its person answers
  made = 0; // subscriptions
  subscription = null;
  worker = false;
  shown = [];
  subscribes = () => this.subscribed();

  subscribed(key = "AAAA") {
    const endpoint = "https://push.example/" + ++this.made;
    this.subscription = {
      endpoint, options: { applicationServerKey: Buffer.from(key, "base64url") },
      unsubscribe: async () => void (this.subscription = null),
    };
    return this.subscription;
  }

  get registration() {
    return {
      scope: root.href, getNotifications: async () => this.shown,
      pushManager: {
        getSubscription: async () => this.subscription,
        subscribe: ({ applicationServerKey }) => this.subscribes(applicationServerKey),
      },
    };
  }
}

beforeEach(() => {
  browser = new Browser();
  newDatabase();
  server.supervision = { ...server.supervision, push_key: "AAAA", hooks: [] };
  Object.assign(globalThis, {
    isSecureContext: true, PushManager: class {},
    Notification: {
      get permission() {
        return browser.permission;
      },
      requestPermission: async () => (browser.permission = browser.asked),
    },
  });
  navigator.serviceWorker = {
    register: async () => void (browser.worker = true),
    getRegistration: async () => (browser.worker ? browser.registration : undefined),
    get ready() {
      return Promise.resolve(browser.registration);
    },
  };
});

/** What is on: {hook, told, subscription, tokens}. */
const isOn = async (room) => ({
  hook: !!pushOf(server.supervision), told: !!storage.notesOf(room.seat.token).push, browser: !!browser.subscription,
  tokens: Object.keys(await kept("tokens")).length,
});
const all = (on) => ({ hook: on, told: on, browser: on, tokens: on ? 1 : 0 });
const told = () =>
  server.calls.filter(({ args }) => args.add_push).map(({ args }) => JSON.parse(args.add_push).endpoint);

/** Returns a room, of a device that is told of it. */
async function isTold() {
  const room = await opened();
  await turnOn(room, wishes);
  server.calls = [];
  return room;
}

test("a device is told, and told no more", async () => {
  const room = await opened();
  await turnOn(room, wishes);
  assert.deepEqual(await isOn(room), all(true));
  assert.deepEqual(await kept("tokens"), { [keyOfSeat(room.seat)]: room.seat.token });
  assert.equal(pushOf(room.state.supervision).push_words, true);
  await turnOff(room);
  assert.deepEqual(await isOn(room), all(false));
});

test("what stands in the way is said, and leaves nothing half on", async () => {
  const room = await opened();
  const fails = async (why, arrange) => {
    browser = new Browser();
    arrange();
    const turning = assert.rejects(turnOn(room, wishes), { message: why });
    await rest();
    await server.clock.pass(20_000);
    await turning;
    assert.deepEqual(await isOn(room), all(false), why);
  };
  await fails(w.denied, () => (browser.asked = "denied"));
  await fails(w.dismissed, () => (browser.asked = "default"));
  await fails(w.noService, () => (browser.subscribes = () => Promise.reject(new DOMException("", "AbortError"))));
  await fails(w.noService, () => (browser.subscribes = () => new Promise(() => {})));
  let late;
  await fails(w.noService, () => (browser.subscribes = () => new Promise((done) => (late = done))));
  late(browser.subscribed());
  await rest();
  assert.equal(browser.subscription, null);
  const { supervises } = Object.getPrototypeOf(server);
  for (const code of ["not_allowed", "invalid_argument", "rate_limited"])
    await fails(w.refused[code], () => (server.supervises = (args) =>
      (args.add_push ? refused(code, "") : supervises.call(server, args))));
  delete server.supervises;
});

test("the browser's subscription is told anew when it has changed, vanished, or is for another key", async () => {
  for (const change of [
    () => browser.subscribed(), () => (browser.subscription = null),
    () => (server.supervision = { ...server.supervision, push_key: "BBBB" }),
  ])
    for (const ended of [false, true]) { // the push service has ended the calls meanwhile
      const room = await isTold();
      change();
      if (ended) server.supervision = { ...server.supervision, hooks: [] };
      await room.supervision.read();
      await renew(room);
      assert.deepEqual(told(), [browser.subscription.endpoint]);
      assert.deepEqual(await isOn(room), all(true));
      assert.equal(pushOf(server.supervision).push_words, true);
      await turnOff(room);
      server.supervision = { ...server.supervision, push_key: "AAAA" };
    }
});

test("a device that is told no more is told again by the next page, but for a stop that a page has seen", async () => {
  const room = await isTold();
  await renew(room);
  assert.deepEqual([server.calls, await isOn(room)], [[], all(true)]);
  const ends = async () => {
    server.supervision = { ...server.supervision, hooks: [] };
    await room.supervision.read();
  };
  await ends(); // the agent has left and come back
  await renew(room);
  assert.deepEqual([told().length, await isOn(room)], [1, all(true)]);
  await ends(); // by the person, elsewhere
  await renew(room, true);
  assert.deepEqual([told().length, await isOn(room)], [1, all(false)]);
  await renew(room);
  assert.equal(told().length, 1);
});

test("the dialog tells that a push service refuses the calls; turned on again, it subscribes anew", async () => {
  const room = await isTold();
  const [was] = server.supervision.hooks;
  const ended = { ...was, ended: true, error: "http_403" };
  server.supervision = { ...server.supervision, hooks: [ended] }; // of which no event tells
  await renew(room);
  const page = drawn(NoticesDialog, { room, onClose: () => {} });
  while (!room.state.supervision.hooks[0].ended) await settled();
  await settled();
  const [box] = page.find("input");
  assert.equal(box.checked, false);
  assert.match(page.find("dialog")[0].textContent,
    /This device is told no more: its push service, push\.example, refuses the calls \(HTTP 403\)\./);
  await renew(room);
  assert.deepEqual(told(), [], "the page tells the server nothing by itself");
  const [{ endpoint: refused }, { endpoint }] = [browser.subscription, await (box.checked = true, press(box))];
  assert.notEqual(endpoint, refused);
  assert.deepEqual([told(), await isOn(room), box.checked], [[endpoint], all(true), true]);
  page.close();
});

/** Presses a box, and returns how the browser has subscribed then. */
async function press(box) {
  box.dispatchEvent(new Event("change"));
  await rest();
  await settled();
  return browser.subscription;
}

test("a new subscription is told for the seats that are not open, too", async () => {
  await isTold();
  for (const token of ["pabcdefg00001x", "phjkmnpq00001x"]) {
    storage.keep({ token, room: token.slice(1, 8), claim: "" });
    storage.note(token, { push: { endpoint: "https://push.example/0", words: true, drafts: true } });
  }
  server.tokens.add("pabcdefg00001x"); // the other seat is gone
  await renewOthers();
  const calls = server.calls.map(({ args }) => [args.agent_token, args.push_words, args.push_drafts]);
  assert.deepEqual(calls.sort(), [["pabcdefg00001x", true, true], ["phjkmnpq00001x", true, true]]);
  server.calls = [];
  storage.forget("phjkmnpq00001x");
  await renewOthers();
  assert.deepEqual(told(), []);
});

test("a device whose person has taken the permission back is told no more", async () => {
  const room = await isTold();
  browser.permission = "denied";
  await renew(room);
  assert.deepEqual(await isOn(room), all(false));
});

test("a device that gives up a room without a connection is told no more", async () => {
  const room = await isTold();
  server.offline = true;
  await giveUp(room);
  assert.deepEqual(await isOn(room), { ...all(false), hook: true }); // the push service tells the server
});

test("the worker's token goes with the seat, and the subscription with the last one", async () => {
  const room = await isTold();
  const [here, there, other] = [keyOfSeat(room.seat), "abcdefg.1", room.seat.room + ".7"]; // other: in the same room
  storage.keep({ token: "pabcdefg00001x", room: "abcdefg", claim: "" });
  storage.note("pabcdefg00001x", { push: { endpoint: "https://push.example/1" } });
  storage.keep({ token: `p${room.seat.room}00007x`, room: room.seat.room, claim: "" }); // which is not told
  await keep("tokens", { [there]: "pabcdefg00001x" });
  await keep("needs", { [there]: ["m1"], [here]: ["m2"], [other]: ["m3"] });
  const closed = [];
  browser.shown = [there, here, other, "."].map((key) => {
    const [in_, seat] = key.split(".");
    return { data: { room: in_, seat }, close: () => closed.push(key) };
  });
  room.forget();
  await tidy();
  assert.deepEqual([await kept("tokens"), await kept("needs"), closed, !!browser.subscription],
    [{ [there]: "pabcdefg00001x" }, { [there]: ["m1"], [other]: ["m3"] }, [here, other], true]);
  await drop({ seat: { token: "pabcdefg00001x" } }); // the room is gone, the seat kept until the person has read that
  assert.deepEqual([await kept("tokens"), await kept("needs"), browser.subscription],
    [{}, { [there]: ["m1"], [other]: ["m3"] }, null]);
});

test("what was decided elsewhere is closed with the next look, and what there is, is kept for the worker", async () => {
  await isTold();
  const shows = (...all) => (browser.shown = all.map(([key, id]) => {
    const [room, seat] = key.split(".");
    const close = () => (browser.shown = browser.shown.filter((other) => other !== one));
    const one = { data: { room, seat, id }, close };
    return one;
  }));
  const ids = () => browser.shown.map(({ data }) => data.id);
  const [a, b, c] = ["0123456.5", "0123456.6", "abcdefg.5"]; // a and b are in one room
  shows([a, "m1"], [a, "m2"], [b, "m1"], [c, "m3"], ["unknown.5", "m4"], [".", ""]);
  await settle([[a, ["m2"]], [c, []], [b, ["m1", "m9"]]]);
  assert.deepEqual([ids(), await kept("needs")], [["m2", "m1", "m4", ""], { [a]: ["m2"], [b]: ["m1", "m9"], [c]: [] }]);
  // A page in the background does not know yet what a push has brought.
  shows([a, "m2"], [a, "m5"], [c, "m6"]);
  await keep("needs", { [a]: ["m2", "m5"], [c]: ["m6"] });
  const now = { [a]: ["m2", "m5"], [b]: ["m1", "m9"], [c]: ["m6"] };
  await settle([[a, ["m2"]], [b, ["m1", "m9"]], [c, []]]);
  assert.deepEqual([ids(), await kept("needs")], [["m2", "m5", "m6"], now]);
  await settle([[a, []], [c, []]]);
  assert.deepEqual([ids(), await kept("needs")], [["m5", "m6"], { ...now, [a]: [] }]);
});

test("a worker of another program at the same origin is left alone", async () => {
  browser.worker = true;
  const registration = { ...browser.registration, scope: "https://example.org/" };
  navigator.serviceWorker.getRegistration = async () => registration;
  browser.subscribed();
  await tidy();
  await settle([["0123456.5", []]]);
  assert.ok(browser.subscription);
});

test("where a device cannot be told, the page knows why", () => {
  const with_ = (parts) => Object.assign(globalThis, parts);
  assert.equal(hindrance({}), "server");
  assert.equal(hindrance({ push_key: "AAAA" }), "");
  with_({ isSecureContext: false });
  assert.equal(hindrance({ push_key: "AAAA" }), "insecure");
  with_({ isSecureContext: true });
  delete globalThis.PushManager;
  assert.equal(hindrance({ push_key: "AAAA" }), "none");
  navigator.standalone = false; // Safari of an iPhone
  assert.equal(hindrance({ push_key: "AAAA" }), "home");
  delete navigator.standalone;
});

test("a wish for all rooms reaches each once, also a new one; what is set in a room since stays", async () => {
  browser.permission = "granted";
  const room = await opened();
  const mine = new MyRooms(server.clock);
  mine.show(null);
  const errands = new Errands(mine, server.clock);
  const follows = async (yes, how) => {
    await rest();
    await server.clock.pass(1_000);
    assert.equal(!!pushOf(server.supervision), yes, how);
    assert.ok(!errands.rooms.some((one) => errands.isToBeTold(one)), how);
  };
  storage.note(room.seat.token, { notices: { on: true, preview: false } });
  server.offline = true;
  errands.wish({ on: true, words: true });
  await rest();
  assert.ok(errands.isToBeTold(errands.rooms[0]));
  server.offline = false;
  happens("online");
  await follows(true, "on");
  assert.equal(pushOf(server.supervision).push_words, true);
  assert.deepEqual(wanted(room), { on: true, preview: true });
  await room.supervision.read();
  await turnOff(room);
  errands.goOn();
  await follows(false, "off in the room");
  storage.note(room.seat.token, { wished: undefined }); // as a seat that is new
  errands.goOn();
  await follows(true, "a new seat");
  browser.permission = "denied";
  errands.wish({ on: true, words: false });
  await rest();
  assert.equal(pushOf(server.supervision).push_words, true);
  await room.supervision.read();
  await renew(room); // as the page of the room does
  assert.equal(pushOf(server.supervision), undefined);
  browser.permission = "granted";
  errands.goOn();
  await follows(true, "allowed again");
  errands.wish({ on: false, words: false });
  await follows(false, "off");
  await prepare({ ...(await errands.first()), state: { supervision: {} } }); // the page tells while it is open
  assert.equal(browser.subscription, null);
  mine.close();
  errands.close();
});
