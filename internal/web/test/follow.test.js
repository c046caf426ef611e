import { HandClock, rest } from "./platform.js";

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Following } from "../assets/follow.js";
import { NoAnswer, Refusal } from "../assets/mcp.js";

/** A room that is followed: what is asked of it, and what it shows. */
class Followed {
  clock = new HandClock();
  stop = new AbortController();
  opened = 0;
  looks = []; // the seconds of each
  shown = [];
  backs = 0;
  agains = 0;
  online = true;
  fails = null; // what the next calls fail with
  news = []; // what waits return, in turn
  swallowed = 0; // how many of the next looks get no answer
  #answer = () => {};

  constructor() {
    this.following = new Following({
      open: async () => {
        if (this.fails) throw this.fails;
        this.opened++;
      },
      look: (seconds, signal) => this.#look(seconds, signal),
      show: (parts) => this.shown.push(parts),
      back: () => this.backs++,
      again: () => this.agains++,
      online: () => this.online,
      clock: this.clock,
      signal: this.stop.signal,
    });
  }

  async #look(seconds, signal) {
    this.looks.push(seconds);
    if (this.fails) throw this.fails;
    if (this.news.length) return this.news.shift();
    if (seconds === 0 && this.swallowed-- <= 0) return "";
    return new Promise((resolve, reject) => {
      this.#answer = (how) => (how instanceof Error ? reject(how) : resolve(how));
      signal.addEventListener("abort", () => reject(signal.reason));
    });
  }

  /** Ends the wait that is under way: with what it returns, or an error. */
  async answers(how = "") {
    this.#answer(how);
    await rest();
  }

  get phases() {
    return this.shown.map(({ phase }) => phase);
  }

  async begin() {
    this.ended = this.following.run();
    await rest();
  }
}

let room;
beforeEach(() => {
  room = new Followed();
});

test("it opens the room once, and waits again and again", async () => {
  await room.begin();
  await room.answers();
  await room.answers();
  assert.deepEqual([room.opened, room.looks, room.phases.at(-1)], [1, [25, 25, 25], "live"]);
});

test("one failure is not shown, and the next look does not wait", async () => {
  await room.begin();
  await room.answers(new NoAnswer("lost"));
  assert.deepEqual(room.phases, []);
  await room.clock.advance(1_000);
  assert.deepEqual(room.looks, [25, 0, 25]);
  assert.deepEqual([room.phases, room.backs], [["live"], 1]);
});

test("a second failure in a row is shown, with longer and longer pauses up to half a minute", async () => {
  await room.begin();
  room.fails = new NoAnswer("HTTP 503", undefined, 503);
  await room.answers(room.fails);
  await room.clock.pass(5 * 60_000);
  const pauses = room.clock.asked.filter((ms) => ms !== 5_000); // in which the time is looked at
  assert.deepEqual(room.phases.slice(0, 2), ["offline", "offline"]);
  assert.ok(pauses.every((ms, n) => ms <= 500 * 2 ** n && ms > 300 && ms <= 30_000), String(pauses));
  assert.ok(pauses.length > 9 && pauses.at(-1) >= 24_000, String(pauses));
  room.fails = null;
  await room.clock.pass(30_000);
  assert.deepEqual([room.phases.at(-1), room.backs, room.looks.at(-2), room.looks.at(-1)], ["live", 1, 0, 25]);
});

test("without a network it looks again within two seconds, and less often where nobody sees it", async () => {
  const pauses = () => room.clock.asked.filter((ms) => ms !== 5_000);
  await room.begin();
  room.fails = new NoAnswer("fetch failed");
  await room.answers(room.fails);
  await room.clock.pass(60_000);
  assert.ok(pauses().length > 30 && Math.max(...pauses()) < 2_000, String(pauses()));
  room.following.here(false, false);
  await room.clock.pass(5 * 60_000);
  assert.ok(pauses().at(-1) >= 24_000, String(pauses()));
  room.following.here(true, true);
  room.fails = null;
  await rest();
  assert.equal(room.phases.at(-1), "live");
});

test("without a network the first failure is shown", async () => {
  await room.begin();
  room.online = false;
  await room.answers(new NoAnswer("lost"));
  assert.deepEqual(room.phases, ["offline"]);
});

test("a server that asks for patience gets it, and that is shown", async () => {
  await room.begin();
  await room.answers(new NoAnswer("HTTP 429", 77));
  assert.deepEqual(room.phases, ["offline"]);
  assert.ok(room.clock.waits(77_000));
  const looks = room.looks.length;
  await room.clock.pass(76_000);
  assert.equal(room.looks.length, looks);
  await room.clock.pass(1_000);
  assert.deepEqual([room.looks.length > looks, room.phases.at(-1)], [true, "live"]);
});

test("the network is back: it looks at once", async () => {
  await room.begin();
  await room.answers(new NoAnswer("HTTP 503", 77));
  room.following.wake();
  await rest();
  assert.deepEqual(room.looks, [25, 0, 25]);
});

test("another call got no answer: the wait may hear nothing either, and is made again", async () => {
  await room.begin();
  room.following.doubt();
  await rest();
  assert.deepEqual(room.looks, [25, 0, 25]);
  room.fails = new NoAnswer("lost");
  await room.answers(room.fails);
  const looks = room.looks.length;
  room.following.doubt(); // which is known by now
  await rest();
  assert.equal(room.looks.length, looks);
});

for (const code of ["token_invalid", "removed", "room_closed", "room_not_found", "key_invalid", "opened"]) {
  test("it ends with " + code, async () => {
    room.fails = new Refusal(code, "The end.");
    await room.begin();
    await room.ended;
    assert.deepEqual(room.shown, [{ phase: "ended", trouble: { code, message: "The end." } }]);
  });
}

test("other refusals do not end it", async () => {
  room.fails = new Refusal("unavailable", "Later.");
  await room.begin();
  room.fails = null;
  await room.clock.advance(1_000);
  assert.deepEqual([room.opened, room.phases.at(-1)], [1, "live"]);
});

test("a room that was closed is shown, and nothing more is asked", async () => {
  room.news = ["closed"];
  await room.begin();
  await room.ended;
  assert.deepEqual([room.looks.length, room.phases], [1, ["live"]]);
});

test("a room that was closed while the tab rested is asked nothing more either", async () => {
  await room.begin();
  room.following.here(false, false);
  await room.clock.pass(10 * 60_000);
  await room.answers("closed");
  await room.ended;
  assert.ok(!room.clock.waits(60_000));
});

test("a tab that nobody looks at leaves the waits of a seat to others, until somebody does", async () => {
  await room.begin();
  room.following.here(true, false);
  await room.answers("superseded");
  assert.equal(room.shown.at(-1).trouble.code, "superseded");
  const looks = room.looks.length;
  await room.clock.advance(60_000);
  assert.equal(room.looks.length, looks);
  room.following.here(true, true);
  await rest();
  await room.clock.advance(1_000);
  assert.deepEqual([room.looks.slice(looks), room.phases.at(-1)], [[0, 25], "live"]);
});

test("two tabs that are looked at take turns", async () => {
  await room.begin();
  await room.answers("superseded");
  assert.ok(!room.phases.includes("offline"));
  assert.equal(room.looks.length, 1);
  await room.clock.advance(1_000);
  assert.deepEqual(room.looks, [25, 0, 25]);
});

test("a hidden tab waits for ten more minutes, then looks in once a minute, and at once when it is shown", async () => {
  await room.begin();
  room.following.here(false, false);
  await room.answers();
  assert.deepEqual(room.looks, [25, 25]);
  await room.clock.advance(10 * 60_000);
  await room.answers(); // of the last wait
  const looks = room.looks.length;
  assert.ok(room.clock.waits(60_000));
  await room.clock.advance(59_000);
  assert.equal(room.looks.length, looks);
  await room.clock.advance(1_000);
  assert.deepEqual(room.looks.slice(looks), [0]);
  assert.ok(room.following.here(true, true));
  await rest();
  assert.deepEqual(room.looks.slice(looks), [0, 0, 25]);
});

test("a hidden tab ends its wait when it is told to, and looks in once a minute until it is shown", async () => {
  await room.begin();
  room.following.here(false, false);
  room.following.glance();
  await rest();
  await room.clock.advance(60_000);
  assert.deepEqual(room.looks, [25, 0, 0]);
  room.following.here(true, true);
  await rest();
  assert.deepEqual(room.looks, [25, 0, 0, 0, 25]);
});

test("a tab that is shown looks at once: the wait under way may hear nothing any more", async () => {
  await room.begin();
  await room.answers();
  room.following.here(false, false);
  assert.ok(room.following.here(true, false));
  await rest();
  assert.equal(room.agains, 1); // what is sent may have taken a dead connection, and this look the first living one
  assert.deepEqual(room.looks, [25, 25, 0, 25]);
  assert.ok(!room.following.here(true, true));
  await rest();
  assert.deepEqual(room.looks, [25, 25, 0, 25]);
});

test("connections that carry nothing any more are used up within two seconds, then looks take longer", async () => {
  await room.begin();
  room.swallowed = 3;
  room.following.wake();
  await rest();
  await room.clock.advance(500);
  await room.clock.advance(500);
  await room.clock.advance(500);
  assert.deepEqual([room.looks, room.phases, room.backs], [[25, 0, 0, 0, 0, 25], ["live"], 1]);

  room.swallowed = Infinity;
  room.following.wake();
  await room.clock.pass(10 * 60_000);
  assert.equal(room.phases.at(-1), "offline");
  assert.ok(room.looks.length < 40, String(room.looks.length));
  room.swallowed = 0;
  room.following.wake();
  await rest();
  assert.deepEqual([room.phases.at(-1), room.looks.at(-1)], ["live", 25]);
});

test("a look that is slow is given up for another, which is given more time", async () => {
  await room.begin();
  room.swallowed = Infinity;
  room.following.wake();
  for (let n = 0; n < 8; n++) await room.clock.advance(1_000);
  const looks = room.looks.length;
  await room.answers("");
  assert.deepEqual([room.looks.slice(looks), room.phases.at(-1), room.backs], [[25], "live", 1]);
});

test("on a slow line a look is given twice what the last one took", async () => {
  await room.begin();
  room.swallowed = Infinity;
  for (const [looks, ms] of [[1, 400], [1, 700]]) {
    const before = room.looks.length;
    room.following.wake();
    await rest();
    await room.clock.advance(ms);
    assert.equal(room.looks.length - before, looks, String(ms));
    await room.answers("");
  }
});

test("after the machine has slept it looks at once, but not if it is only busy", async () => {
  await room.begin();
  await room.clock.advance(30_000);
  assert.deepEqual(room.looks, [25]);
  await room.clock.advance(3600_000);
  assert.deepEqual(room.looks, [25, 0, 25]);
});

test("a room that is closed is followed no more", async () => {
  await room.begin();
  room.stop.abort();
  await room.ended;
  assert.deepEqual(room.looks, [25]);
});
