// How a device is told, with what a browser gives the page in the hands of the test.

import "./platform.js";
import { newDatabase } from "./database.js";
import { rest } from "./platform.js";
import { refused } from "./server.js";
import { opened, server } from "./tabs.js";

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { keep, kept } from "../assets/push/kept.js";
import { drop, hindrance, pushOf, renew, settle, tidy, turnOff, turnOn } from "../assets/push/push.js";
import { push as w } from "../assets/push/words.js";
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
  assert.deepEqual(await kept("tokens"), { "0123456": room.seat.token });
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

test("a device that is told as before, or was told no more by its person, tells the server nothing", async () => {
  const room = await isTold();
  await renew(room);
  assert.deepEqual([server.calls, await isOn(room)], [[], all(true)]);
  server.supervision = { ...server.supervision, hooks: [] }; // on another device
  await room.supervision.read();
  await renew(room);
  assert.deepEqual([told(), await isOn(room)], [[], all(false)]);
  await renew(room);
  assert.deepEqual(told(), []);
});

test("a device whose person has taken the permission back is told no more", async () => {
  const room = await isTold();
  browser.permission = "denied";
  await renew(room);
  assert.deepEqual(await isOn(room), all(false));
});

test("the worker's token goes with the seat, and the subscription with the last one", async () => {
  const room = await isTold();
  storage.keep({ token: "pabcdefg1", room: "abcdefg", claim: "" });
  storage.note("pabcdefg1", { push: { endpoint: "https://push.example/1" } });
  await keep("tokens", { abcdefg: "pabcdefg1" });
  await keep("needs", { abcdefg: ["m1"], "0123456": ["m2"] });
  const closed = [];
  browser.shown = ["abcdefg", "0123456", ""].map((id) => ({ data: { room: id }, close: () => closed.push(id) }));
  room.forget();
  await tidy();
  assert.deepEqual([await kept("tokens"), await kept("needs"), closed, !!browser.subscription],
    [{ abcdefg: "pabcdefg1" }, { abcdefg: ["m1"] }, ["0123456"], true]);
  await drop({ seat: { token: "pabcdefg1" } }); // the room is gone, the seat is kept until the person has read that
  assert.deepEqual([await kept("tokens"), await kept("needs"), browser.subscription], [{}, { abcdefg: ["m1"] }, null]);
});

test("what was decided elsewhere is closed with the next look, and what there is, is kept for the worker", async () => {
  await isTold();
  const shows = (...all) => (browser.shown = all.map(([room, id]) => {
    const one = { data: { room, id }, close: () => (browser.shown = browser.shown.filter((other) => other !== one)) };
    return one;
  }));
  const ids = () => browser.shown.map(({ data }) => data.id);
  shows(["0123456", "m1"], ["0123456", "m2"], ["abcdefg", "m3"], ["unknown", "m4"], ["", ""]);
  await settle([["0123456", ["m2"]], ["abcdefg", []], ["0123456", ["m9"]]]); // two seats in one room
  assert.deepEqual([ids(), await kept("needs")], [["m2", "m4", ""], { "0123456": ["m2", "m9"], abcdefg: [] }]);
  // A page in the background does not know yet what a push has brought.
  shows(["0123456", "m2"], ["0123456", "m5"], ["abcdefg", "m6"]);
  await keep("needs", { "0123456": ["m2", "m5", "m9"], abcdefg: ["m6"] });
  await settle([["0123456", ["m2", "m9"]], ["abcdefg", []]]);
  assert.deepEqual([ids(), await kept("needs")], [["m2", "m5", "m6"], { "0123456": ["m2", "m5", "m9"], abcdefg: ["m6"] }]);
  await settle([["0123456", ["m9"]], ["abcdefg", []]]);
  assert.deepEqual([ids(), await kept("needs")], [["m5", "m6"], { "0123456": ["m9"], abcdefg: ["m6"] }]);
});

test("a worker of another program at the same origin is left alone", async () => {
  browser.worker = true;
  const registration = { ...browser.registration, scope: "https://example.org/" };
  navigator.serviceWorker.getRegistration = async () => registration;
  browser.subscribed();
  await tidy();
  await settle([["0123456", []]]);
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
