// The service worker, with what a browser gives it in the hands of the test. e2e/browser has Chromium run it.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { keep, kept } from "../assets/push/kept.js";
import { newDatabase } from "./database.js";

const scope = "https://parley.example/p/";
const handlers = {};
let shown, calls, pages, opened, badge, answer, mayOpen, displays, begins;

globalThis.self = Object.assign(new EventTarget(), {
  addEventListener: (type, handle) => (handlers[type] = handle),
  skipWaiting: () => {},
  navigator: { setAppBadge: async (n) => void (badge = n) },
  registration: {
    scope,
    getNotifications: async () => {
      if (displays) throw new Error("a browser forgets what is not displayed yet");
      return [...shown];
    },
    showNotification: async (title, about) => {
      displays++;
      begins();
      await rest();
      displays--;
      shown = shown.filter(({ tag }) => tag !== about.tag);
      const one = { title, ...about, close: () => (shown = shown.filter((other) => other !== one)) };
      shown.push(one);
    },
  },
  clients: {
    claim: () => {},
    matchAll: async () => pages,
    openWindow: async (address) => {
      if (!mayOpen) throw new TypeError("the press was too long ago");
      opened.push(address);
    },
  },
});
globalThis.fetch = async (address, how) => {
  calls.push({ address: String(address), ...JSON.parse(how.body).params, header: how.headers.Authorization });
  return answer();
};

const { registration } = globalThis.self;
await import("../worker/worker.js");

beforeEach(async () => {
  [shown, calls, pages, opened, badge, mayOpen, displays, begins] = [[], [], [], [], undefined, true, 0, () => {}];
  answer = () => new Response('{"result":{"structuredContent":{"drafts":[]}}}');
  newDatabase();
  await keep("tokens", { "0123456.5": "p0123456x" });
});

const rest = () => new Promise((done) => setImmediate(done));

/** Has an event happen, and waits for what it does. */
async function happens(type, event) {
  let done;
  handlers[type]({ ...event, waitUntil: (promise) => (done = promise) });
  await done;
}

const push = (text) => happens("push", { data: { json: () => JSON.parse(text) } });

const draft = (id, rings = true) => ({ id, kind: "draft", body: `Bob waits for you ${id}`, rings });

const tellsSeat = (room, seat, ...needs) => push(JSON.stringify({
  notification: { title: "tea", body: "news" }, parley: { room, seat, needs },
}));

const tells = (room, ...needs) => tellsSeat(room, 5, ...needs);

const bodies = () => shown.map(({ body }) => body);

test("each need has one notification, which goes once it is over", async () => {
  await tells("0123456", draft("m1"));
  await tells("abcdefg", { id: "m9", kind: "request", body: "Ann asks you", rings: true });
  await tells("0123456", draft("m1", false), draft("m2"));
  assert.deepEqual(bodies(), ["Bob waits for you m1", "Ann asks you", "Bob waits for you m2"]);
  assert.deepEqual([shown[0].title, shown[0].actions.length, shown[1].actions.length], ["tea", 2, 0]);
  assert.equal(shown[0].navigate, scope + "r/0123456#m1.5");
  await tells("0123456", draft("m3"));
  assert.deepEqual(bodies(), ["Ann asks you", "Bob waits for you m3"]);
});

test("of what a call tells, all that the device does not know is shown, and one is heard", async () => {
  await keep("needs", { "0123456.5": ["m1"] });
  await tells("0123456", draft("m1", false), draft("m2", false), draft("m3"), draft("m4"), draft("m5", false));
  assert.deepEqual(shown.map(({ data, silent, renotify }) => [data.id, silent, renotify]),
    [["m2", true, false], ["m3", true, false], ["m4", false, true], ["m5", true, false]]);
  assert.equal(badge, 5);
});

test("calls that come together are shown one after the other, also where one cannot be", async () => {
  const show = registration.showNotification;
  registration.showNotification = async () => { throw new TypeError("no permission"); };
  await assert.rejects(tells("0123456", draft("m1")));
  registration.showNotification = show;
  const displaying = new Promise((done) => (begins = done));
  const first = tells("0123456", draft("m1"));
  await displaying;
  await Promise.all([first, tells("abcdefg", draft("m2"))]);
  assert.deepEqual(bodies(), ["Bob waits for you m1", "Bob waits for you m2"]);
});

test("two seats of one room are kept apart", async () => {
  await tellsSeat("0123456", 5, draft("m1"));
  await tellsSeat("0123456", 6, draft("m1"), draft("m2"));
  await tellsSeat("0123456", 5, draft("m3"));
  assert.deepEqual(shown.map(({ navigate }) => navigate.split("#")[1]), ["m1.6", "m2.6", "m3.5"]);
  assert.deepEqual([badge, await kept("needs")], [3, { "0123456.5": ["m3"], "0123456.6": ["m1", "m2"] }]);
});

test("the icon has the sum over the rooms, as the calls and the page have told last", async () => {
  await tells("0123456", draft("m1"), draft("m2"));
  await tells("abcdefg", { id: "m9", kind: "request", body: "Ann asks you", rings: true });
  assert.equal(badge, 3);
  await keep("needs", { "0123456.5": ["m2"] }); // by the page, where the person has decided
  await tells("abcdefg", { id: "m9", kind: "request", body: "Ann asks you" }, { id: "mA", body: "!", rings: true });
  assert.equal(badge, 3);
  await push(`{"parley":{"room":"abcdefg","seat":5,"needs":[{"kind":"ended","body":"Over.","rings":true}]}}`);
  assert.deepEqual([badge, await kept("needs")], [1, { "0123456.5": ["m2"], "abcdefg.5": [] }]);
});

test("a push is never silent: the browser would take the subscription away", async () => {
  for (const text of ["", "no JSON", "null", "[]", "1", '"x"', "{}", '{"notification":7,"parley":7}',
    '{"parley":{"room":"0123456","needs":[]}}', '{"parley":{"needs":7}}', '{"parley":{"needs":[null]}}',
    '{"parley":{"needs":[7]}}', '{"notification":{"title":null}}']) {
    shown = [];
    await push(text);
    assert.deepEqual(bodies(), ["Something needs you."], text);
  }
  shown = [];
  await happens("push", { data: null });
  assert.equal(shown.length, 1);
  globalThis.indexedDB = undefined; // a window that keeps nothing
  await tells("0123456", draft("m1", false));
  assert.deepEqual(bodies(), ["Something needs you.", "Bob waits for you m1"]);
  newDatabase();
  await keep("needs", { "0123456.5": ["m1"] });
  await tells("0123456", draft("m1", false)); // nothing of it is new
  assert.equal(bodies().at(-1), "news");
});

test("a database that never answers holds up a notification for a second, and no call after it", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  globalThis.indexedDB = { open: () => ({}) }; // the browser deletes it, and another page holds it
  const first = tells("0123456", draft("m1"));
  await rest();
  t.mock.timers.tick(999);
  await rest();
  assert.deepEqual(bodies(), []);
  t.mock.timers.tick(1);
  for (let n = 0; n < 9; n++) await rest();
  assert.deepEqual(bodies(), ["Bob waits for you m1"]);
  newDatabase();
  const second = tells("0123456", draft("m1", false), draft("m2"));
  t.mock.timers.tick(1_000); // for the count of the first
  await Promise.all([first, second]);
  assert.deepEqual([bodies(), badge], [["Bob waits for you m1", "Bob waits for you m2"], 2]);

  globalThis.indexedDB = { open: () => ({}) };
  const refusing = happens("notificationclick", { action: "refuse", notification: shown[0] });
  await rest();
  t.mock.timers.tick(1_000);
  await refusing;
  assert.deepEqual([opened, calls], [[scope + "r/0123456#m1.5"], []]);
});

test("a press leads to what needs the person, in the page that is open", async () => {
  const pressed = (action = "") => happens("notificationclick", {
    action,
    notification: { close: () => {}, body: "Bob waits for you m1", data: { room: "0123456", seat: 5, id: "m1" } },
  });
  await pressed();
  await pressed("open");
  assert.deepEqual(opened, [scope + "r/0123456#m1.5", scope + "r/0123456#m1.5"]);
  const went = [];
  const page = (path) => ({
    url: scope + path, focus: async () => went.push("focus"), navigate: async (at) => went.push(at),
  });
  pages = [page("r/abcdefg"), page("r/0123456")];
  await pressed();
  assert.deepEqual(went, ["focus", scope + "r/0123456#m1.5"]);
  await happens("notificationclick", { action: "", notification: { close: () => {}, data: null } });
  assert.equal(opened[2], scope);

  const fails = async () => { throw new TypeError("the page has gone"); };
  opened = [];
  for (const part of ["focus", "navigate"]) {
    pages = [{ ...page("r/0123456"), [part]: fails }];
    await pressed();
  }
  assert.deepEqual(opened, [scope + "r/0123456#m1.5", scope + "r/0123456#m1.5"]);
  mayOpen = false;
  await pressed();
  assert.deepEqual(shown.map(({ body, silent }) => [body, silent]), [["Bob waits for you m1", true]]);
});

test("Reject rejects the draft, and where that fails opens it", async () => {
  const refuses = (room, seat = 5) => happens("notificationclick", {
    action: "refuse", notification: { close: () => {}, data: { room, seat, id: "m1" } },
  });
  await refuses("0123456");
  assert.deepEqual(calls, [{
    address: scope + "mcp", name: "supervise", header: "Bearer p0123456x",
    arguments: { agent_token: "p0123456x", draft: "m1", decision: "refuse" },
  }]);
  assert.deepEqual(opened, []);
  for (const fails of [
    () => new Response("{}", { status: 401 }),
    () => new Response('{"result":{"isError": true}}'),
    () => new Response('{"error":{"code":1}}'),
  ]) {
    answer = fails;
    await refuses("0123456");
  }
  await refuses("another"); // no token of it is kept
  await refuses("0123456", 6);
  assert.deepEqual([opened.length, calls.length, shown], [5, 4, []]);
  mayOpen = false;
  await refuses("0123456");
  assert.deepEqual(bodies(), ["Not rejected. Press here to decide."]);
  for (const fails of [() => new Response("", { status: 502 }), () => { throw new TypeError("no network"); }]) {
    answer = fails;
    [mayOpen, shown] = [true, []];
    await refuses("0123456");
    assert.deepEqual(bodies(), ["Could not tell whether it was rejected. Press here to look."]);
  }
  assert.equal(opened.length, 5);
});

test("a draft that was rejected there is counted no more", async () => {
  await tells("0123456", draft("m1"), draft("m2"));
  await happens("notificationclick", { action: "refuse", notification: shown[0] });
  assert.equal(badge, 1);
});
