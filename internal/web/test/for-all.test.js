import { Locks, happens, newBrowser, rest } from "./platform.js";
import { drawn, settled } from "./page.js";
import { FakeServer } from "./server.js";

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";

import { Errands } from "../assets/rooms/errands.js";
import { ForAll } from "../assets/rooms/for-all.js";
import { MyRooms } from "../assets/rooms/mine.js";
import * as storage from "../assets/storage.js";

let server, tabs;
beforeEach(() => {
  newBrowser();
  tabs = [];
  server = new FakeServer();
  const supervises = server.supervises.bind(server);
  server.supervises = ({ person_name, no_name, ...args }) => { // it tells in the log what it has done
    const { paused } = server.supervision;
    if (person_name || no_name) server.supervision = { ...server.supervision, person_name };
    const now = supervises(args);
    if (now.paused !== paused) server.happens({ type: "supervision", reason: now.paused ? "paused" : "resumed" });
    return now;
  };
  server.tokens.add("p1");
  storage.keep({ room: "r1", token: "p1", name: "Ada", title: "den" });
  server.says("Bo", "Hello");
});
afterEach(closeAll);

function closeAll() {
  delete navigator.locks;
  for (const { mine, errands } of tabs.splice(0)) (errands.close(), mine.close());
}

/** Opens a tab. */
async function opens(locks) {
  if (locks) Object.assign(navigator, { locks });
  const mine = new MyRooms(server.clock);
  const errands = new Errands(mine, server.clock);
  tabs.push({ mine, errands });
  mine.show(null);
  mine.begin();
  await rest();
  errands.goOn();
  await rest();
  return errands;
}

/** Opens the page again, in place of those that are open. */
const reloads = () => (closeAll(), opens());

const pressed = async (work) => (work(), await rest(), await server.clock.pass(1_000));
const stands = ({ agents: [{ paused, waits, held }] }) => ({ paused, waits, held });
const elsewhere = (...states) => states.forEach((paused) => server.supervises({ paused }));

test("what the press for all has paused is resumed by the other, and nothing that was decided since", async () => {
  for (const [before, since, resumed] of [[false, [], true], [true, [], false], [false, [false, true], false]]) {
    elsewhere(before);
    const errands = await reloads();
    await server.clock.pass(3_000);
    await pressed(() => errands.pause());
    assert.deepEqual(stands(errands), { paused: true, waits: false, held: !before });
    elsewhere(...since);
    await server.clock.pass(21_000);
    assert.equal(errands.agents[0].held, resumed, "as it is said before the press");
    await pressed(() => errands.resume());
    assert.equal(server.supervision.paused, !resumed, `${before}, ${since}`);
    assert.equal(errands.agents[0].held, false);
    elsewhere(false);
  }
});

test("a pause without a connection follows, also after a reload, and is no fact before", async () => {
  const errands = await opens();
  server.offline = true;
  await pressed(() => errands.pause());
  assert.deepEqual(stands(errands), { paused: false, waits: true, held: false });
  server.offline = false;
  assert.deepEqual(stands(await reloads()), { paused: true, waits: false, held: true });
});

test("what waits is done at once when the network is back", async () => {
  const errands = await opens();
  server.offline = true;
  await pressed(() => errands.pause());
  await server.clock.pass(60_000);
  server.offline = false;
  happens("online");
  await rest();
  assert.ok(server.supervision.paused);
});

test("a pause that waits gives way to what the person has decided since, elsewhere", async () => {
  const errands = await opens();
  elsewhere(true, false); // before the press: this browser does not know that yet
  server.offline = true;
  await server.clock.pass(5_000);
  await pressed(() => errands.pause());
  server.offline = false;
  happens("online");
  await rest();
  assert.ok(server.supervision.paused);
  await pressed(() => errands.resume());
  server.offline = true;
  await pressed(() => errands.pause());
  await server.clock.pass(5_000);
  elsewhere(true, false);
  server.offline = false;
  happens("online");
  await server.clock.pass(3_000);
  assert.deepEqual(stands(errands), { paused: false, waits: false, held: false });
});

test("two presses while the first call is under way leave the pause one of the press for all", async () => {
  const errands = await opens();
  const { supervises } = server;
  server.supervises = (args) => {
    if (!args.paused) return supervises(args);
    server.supervises = supervises;
    errands.resume();
    errands.pause();
    return supervises(args);
  };
  await pressed(() => errands.pause());
  await server.clock.pass(3_000);
  assert.deepEqual(stands(errands), { paused: true, waits: false, held: true });
});

test("a person without an agent has none to pause", async () => {
  server.agents = [{ name: "Ada", you: true, alone: true }];
  const errands = await opens();
  assert.deepEqual([errands.agents.length, errands.rooms.length], [0, 1]);
});

test("an agent that was paused while the press waited for a connection is not resumed", async () => {
  const errands = await opens();
  server.offline = true;
  await pressed(() => errands.pause());
  elsewhere(true);
  server.offline = false;
  await server.clock.pass(40_000);
  assert.deepEqual(stands(errands), { paused: true, waits: false, held: false });
  await pressed(() => errands.resume());
  assert.ok(server.supervision.paused);
});

test("a call whose answer is lost has paused the agent: who resumes it elsewhere has done so for good", async () => {
  const errands = await opens();
  server.loses = (tool) => tool === "supervise" && server.supervision.paused;
  await pressed(() => errands.pause());
  assert.ok(server.supervision.paused);
  elsewhere(false);
  server.loses = () => false;
  happens("online");
  await server.clock.pass(3_000);
  assert.equal(server.supervision.paused, false);
});

test("a pause that waits is given up, and so is one of which the call is under way", async () => {
  let errands = await opens();
  server.offline = true;
  await pressed(() => errands.pause());
  await pressed(() => errands.resume());
  server.offline = false;
  errands = await reloads();
  assert.deepEqual([server.supervision.paused, stands(errands).waits], [false, false]);
  errands.pause();
  errands.resume();
  await rest();
  assert.deepEqual([server.supervision.paused, stands(errands).waits], [false, false]);
});

test("what cannot be resumed now stays paused until the next press; the server's pauses are waited for", async () => {
  const errands = await opens();
  await pressed(() => errands.pause());
  server.offline = true;
  assert.equal(await errands.resume(), 1);
  assert.deepEqual(stands(errands), { paused: true, waits: false, held: true });
  server.offline = false;
  server.busy = 5;
  const resumes = errands.resume();
  await rest();
  server.busy = 0;
  await server.clock.pass(5_000);
  assert.equal(await resumes, 0);
  assert.equal(server.supervision.paused, false);
});

test("who could not be reached is said until it goes on", async () => {
  const errands = await opens();
  await pressed(() => errands.pause());
  const shown = drawn(ForAll, { errands });
  const says = async () => (shown.draw({ errands }), await settled(), shown.find("section")[0].textContent);
  server.offline = true;
  const [resume] = shown.find("button").filter(({ textContent: text }) => text.includes("Resume"));
  resume.dispatchEvent(Object.assign(new Event("click"), { detail: 0 }));
  await rest();
  await server.clock.pass(1_000);
  assert.match(await says(), /1 could not be reached: try again/);
  server.offline = false;
  elsewhere(false);
  await server.clock.pass(41_000);
  assert.doesNotMatch(await says(), /could not be reached/);
  shown.close();
});

test("of two tabs, one makes the calls; the other goes on when that one is gone", async () => {
  const locks = new Locks();
  const first = locks.tab();
  const one = await opens(first);
  server.swallowing = true;
  server.hears = () => false;
  await pressed(() => one.pause());
  const before = server.called("supervise");
  const two = await opens(locks.tab());
  assert.equal(server.called("supervise"), before);
  first.end();
  server.swallowing = false;
  await server.clock.pass(60_000);
  assert.deepEqual(stands(two), { paused: true, waits: false, held: true });
});

test("a seat that is gone holds nothing up, and what a room refuses is said with its name", async () => {
  for (const [code, said, waits] of [["removed", []], ["name_taken", ["den"]], ["rate_limited", [], true]]) {
    const errands = await reloads();
    server.supervises = () =>
      ({ isError: true, structuredContent: { code, message: "No.", ...(waits && { retry_after_seconds: 60 }) } });
    await pressed(() => errands.pause());
    assert.deepEqual(errands.refused.map(({ title }) => title), said);
    assert.equal(!!storage.notesOf("p1").errands?.pause, !!waits);
  }
});

test("a name is told once to a room that refuses it, or has no seat any more", async () => {
  for (const [code, left] of [["removed", {}], ["name_taken", { rename: "Ann" }]]) {
    const errands = await reloads();
    server.supervises = () => ({ isError: true, structuredContent: { code, message: "No." } });
    const before = server.called("supervise");
    await pressed(() => errands.rename("Lee", "Ann"));
    assert.deepEqual([server.called("supervise"), storage.notesOf("p1").errands], [before + 1, left]);
  }
});

test("a name that is changed for all rooms takes the place of the one from before, and of no other", async () => {
  for (const [before, now] of [["Ann", "Kim"], ["Annie", "Annie"], [undefined, undefined]]) {
    storage.keepName("Ann");
    server.supervision = { ...server.supervision, person_name: before };
    const errands = await reloads();
    server.offline = true;
    errands.rename("Lee", "Ann");
    errands.rename("Kim", "Lee");
    await rest();
    server.offline = false;
    await reloads();
    assert.equal(server.supervision.person_name, now);
    assert.deepEqual(storage.notesOf("p1").errands, {});
  }
  server.supervision = { ...server.supervision, person_name: "Kim" };
  const { supervises } = server;
  server.supervises = (args) => (args.person_name === "you"
    ? { isError: true, structuredContent: { code: "invalid_argument", message: "No." } } : supervises(args));
  const errands = await reloads();
  await pressed(() => errands.rename("you", "Kim"));
  assert.match(errands.refused[0].why, /^Choose another name/);
  await pressed(() => errands.rename("Kim", "you"));
  assert.deepEqual([errands.refused, storage.notesOf("p1").errands], [[], {}]);
  await pressed(() => errands.rename("you", "Kim"));
  await pressed(() => errands.rename("Kit", "you"));
  assert.equal(server.supervision.person_name, "Kit", "the room has kept the name from before");
  await pressed(() => errands.rename("Kim", "Kit"));
  errands.rename("Lee", "Kim");
  errands.rename("Jo", "Lee"); // while the room is being told the other
  await rest();
  assert.equal(server.supervision.person_name, "Jo");
});

test("six rooms are told at a time, and none before the server takes a call again", async () => {
  server.tokens = new Set(Array.from({ length: 20 }, (_, n) => "t" + n));
  storage.forget("p1");
  for (const token of server.tokens) storage.keep({ room: "r" + token, token, title: token });
  const errands = await opens();
  server.calls = [];
  server.swallowing = true;
  server.hears = () => false;
  errands.pause();
  await rest();
  assert.equal(server.called("message_history"), 6);
  closeAll();
  server.swallowing = false;
  server.busy = 30;
  const later = await opens();
  await server.clock.pass(25_000);
  assert.ok(server.called("message_history") <= 12);
  server.busy = 0;
  await server.clock.pass(30_000);
  assert.equal(later.agents.filter(({ waits }) => waits).length, 0);
});
