import { HandClock, rest } from "./platform.js";

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Refresh } from "../assets/refresh.js";

let clock, stop, reads, refresh, answer;
beforeEach(() => {
  clock = new HandClock();
  stop = new AbortController();
  reads = [];
  answer = async () => {};
  const read = async (what) => {
    reads.push(Object.keys(what).filter((name) => what[name]).sort().join("+"));
    await answer();
  };
  refresh = new Refresh({ read, clock, signal: stop.signal });
});

test("it reads all from the beginning, and then what messages may have changed, once a second at most", async () => {
  await refresh.begin();
  refresh.after([{ type: "message" }]);
  refresh.after([{ type: "draft" }]);
  await rest();
  assert.deepEqual(reads, ["info+supervision+tasks"]);
  await clock.advance(1_000);
  assert.deepEqual(reads, ["info+supervision+tasks", "info+supervision"]);
  refresh.after([{ type: "supervision" }]);
  await clock.advance(1_000);
  refresh.after([{ type: "joined" }]);
  await clock.advance(1_000);
  refresh.after([{ type: "hook" }]);
  await clock.advance(1_000);
  assert.deepEqual(reads.slice(2), ["supervision", "info", "info+supervision"]);
});

test("what is shown is read again every half minute while somebody looks, and not while nobody does", async () => {
  await refresh.begin();
  await clock.advance(30_000);
  assert.equal(reads.length, 2);
  refresh.here(false);
  await clock.advance(30_000);
  await clock.advance(30_000);
  assert.equal(reads.length, 2);
  refresh.here(true);
  await rest();
  assert.equal(reads.length, 3);
});

test("how the calls to an address stand is read within ten seconds, and the rest as ever", async () => {
  refresh.room.calls = () => true;
  await refresh.begin();
  reads = [];
  for (let n = 0; n < 8; n++) await clock.advance(7_500);
  const minute = ["supervision", "supervision", "supervision", "info+supervision"];
  assert.deepEqual(reads, [...minute, ...minute]);
  refresh.here(false);
  reads = [];
  await clock.pass(20_000);
  assert.deepEqual(reads, []);
});

test("nobody sees the room of a hidden tab, but its drafts are told of", async () => {
  await refresh.begin();
  refresh.here(false);
  refresh.want({ info: true, supervision: true });
  await clock.advance(1_000);
  assert.deepEqual(reads.slice(1), ["supervision"]);
  refresh.here(true);
  await clock.advance(1_000);
  assert.deepEqual(reads.slice(1), ["supervision", "info"]);
});

test("a tab that is hidden and shown while the room opens reads it all the same", async () => {
  refresh.here(false);
  refresh.here(true);
  await rest();
  assert.deepEqual(reads, []);
  await refresh.begin();
  assert.deepEqual(reads, ["info+supervision+tasks"]);
});

test("a clock that was set back hides nothing", async () => {
  await refresh.begin();
  clock.at -= 3600_000;
  refresh.want({ info: true });
  await rest();
  assert.deepEqual(reads, ["info+supervision+tasks", "info"]);
});

test("what is wanted while it reads is read after it", async () => {
  await refresh.begin();
  let done;
  answer = () => new Promise((resolve) => (done = resolve));
  refresh.want({ info: true });
  await clock.advance(1_000);
  refresh.want({ info: true });
  answer = async () => {};
  done();
  await clock.advance(1_000);
  assert.deepEqual(reads, ["info+supervision+tasks", "info", "info"]);
});

test("a reading that fails is not made again by itself", async () => {
  await refresh.begin();
  answer = async () => {
    throw new Error("lost");
  };
  await Promise.all([refresh.want({ info: true }), clock.advance(1_000)]);
  await clock.advance(5_000);
  assert.equal(reads.length, 2);
});

test("the first reading tells of its failure", async () => {
  answer = async () => {
    throw new Error("lost");
  };
  await assert.rejects(refresh.begin(), /lost/);
});

test("after the end nothing is read", async () => {
  await refresh.begin();
  refresh.end();
  await Promise.all([refresh.want({ info: true }), clock.advance(60_000)]);
  assert.equal(reads.length, 1);
});

test("a closed room is read no more", async () => {
  await refresh.begin();
  stop.abort();
  await Promise.all([refresh.want({ info: true }), clock.advance(60_000)]);
  assert.equal(reads.length, 1);
});

test("tasks are read after what may have changed them, and in time while somebody has one", async () => {
  let taken = false;
  refresh = new Refresh({ read: refresh.room.read, clock, signal: stop.signal, stalls: () => taken });
  await refresh.begin();
  for (const event of [{ type: "task" }, { type: "left" }, { type: "message", finished: ["t1"] }]) {
    refresh.after([event]);
    await clock.advance(1_000);
  }
  assert.deepEqual(reads.slice(1), ["info+tasks", "info+tasks", "info+tasks"]);
  refresh.after([{ type: "message" }]);
  await clock.advance(1_000);
  await clock.advance(30_000);
  assert.deepEqual(reads.slice(4), ["info", "info+supervision"]);
  taken = true;
  await clock.advance(30_000);
  assert.deepEqual(reads.slice(6), ["info+supervision+tasks"]);
});
