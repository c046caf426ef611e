import { HandClock, newBrowser, rest } from "./platform.js";
import "./page.js";
import { FakeServer } from "./server.js";

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";

import { AllAgents } from "../assets/rooms/all-agents.js";
import { MyRooms } from "../assets/rooms/mine.js";
import { Names } from "../assets/rooms/my-name.js";
import { OtherRooms } from "../assets/rooms/other.js";
import { Turns } from "../assets/rooms/turns.js";
import * as storage from "../assets/storage.js";

let server, mine, others, agents;
beforeEach(() => {
  newBrowser();
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
afterEach(close);

function close() {
  others?.close();
  mine?.close();
}

/** Opens the page /, as a reload does. */
async function opens() {
  close();
  mine = new MyRooms(server.clock);
  mine.show(null);
  mine.begin();
  await rest();
  others = new OtherRooms(mine, server.clock);
  agents = new AllAgents(others, () => {});
  agents.goOn();
  await rest();
}

const elsewhere = (...states) => states.forEach((paused) => server.supervises({ paused }));

test("what the press for all has paused is resumed by the other, and nothing that was decided anew", async () => {
  for (const [before, since, resumed] of [[false, [], true], [true, [], false], [false, [false, true], false]]) {
    elsewhere(before);
    await opens();
    agents.pause();
    await rest();
    await server.clock.pass(3_000);
    const { all, paused, waits, ours } = agents.state;
    assert.deepEqual([all, paused, waits, ours], [1, 1, 0, before ? 0 : 1]);
    elsewhere(...since);
    await server.clock.pass(3_000);
    agents.resume();
    await rest();
    assert.equal(server.supervision.paused, !resumed, `${before}, ${since}`);
    assert.equal(agents.state.stay, since.length ? 1 : 0);
    elsewhere(false);
  }
});

test("an agent that was paused while the press waited for a connection is not resumed", async () => {
  await opens();
  server.offline = true;
  agents.pause();
  await rest();
  assert.deepEqual(agents.state, { all: 1, paused: 0, waits: 1, ours: 1, stay: 0, failed: 0 });
  elsewhere(true);
  server.offline = false;
  await opens(); // the press counts after a reload
  assert.deepEqual(agents.state, { all: 1, paused: 1, waits: 0, ours: 0, stay: 0, failed: 0 });
  agents.resume();
  await rest();
  assert.ok(server.supervision.paused);
});

test("a pause that waits is given up, and a reload in the middle goes on with what was pressed", async () => {
  await opens();
  server.offline = true;
  agents.pause();
  agents.resume();
  server.offline = false;
  await opens();
  assert.deepEqual([server.supervision.paused, agents.state.waits], [false, 0]);
  agents.pause();
  await opens();
  assert.deepEqual([server.supervision.paused, agents.state.ours], [true, 1]);
  server.busy = 30;
  agents.resume();
  await rest();
  server.busy = 0;
  await opens();
  assert.deepEqual([server.supervision.paused, agents.state.ours], [false, 0]);
});

test("a name that is changed for all rooms takes the place of the one from before, and of no other", async () => {
  for (const [before, now] of [["Ann", "Lee"], ["Annie", "Annie"], [undefined, undefined]]) {
    storage.keepName("Ann");
    server.supervision = { ...server.supervision, person_name: before };
    server.says("Bo", "So");
    await opens();
    server.offline = true;
    const names = new Names(others, () => {});
    names.change("Lee");
    names.change("Lee");
    await rest();
    server.offline = false;
    await opens();
    new Names(others, () => {}).goOn();
    await rest();
    assert.equal(server.supervision.person_name, now);
    assert.equal(storage.notesOf("p1").renames, undefined);
  }
});

test("six calls are made at a time, and none before the server takes one again", async () => {
  const clock = new HandClock();
  const turns = new Turns(clock, new AbortController().signal);
  const under = /** @type {((problem?: object) => void)[]} */ ([]);
  const work = () => new Promise((done, fail) => under.push((problem) => (problem ? fail(problem) : done(null))));
  const all = Array.from({ length: 20 }, () => turns.take(work).catch(() => "refused"));
  await rest();
  assert.equal(under.length, 6);
  under[0]();
  under[1]();
  await rest();
  assert.equal(under.length, 8);
  under[2]({ retryAfter: 30 });
  under[3]();
  await rest();
  assert.equal(under.length, 8);
  await clock.advance(30_000);
  assert.equal(under.length, 10);
  for (let n = 0; n < 20; n++) await rest().then(() => under[n]());
  assert.equal((await Promise.all(all)).filter((one) => one === "refused").length, 1);
});
