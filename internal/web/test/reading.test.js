import { HandClock, rest } from "./platform.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { Reading } from "../assets/talk/reading.js";

/** A view in which messages are seen, numbered from 1; last is the number of the one at its end. */
function viewed() {
  const view = { last: 0, read: [], clock: new HandClock(), stop: new AbortController() };
  const reading = new Reading({
    last: () => (view.last ? String(view.last) : ""), place: Number, read: (id) => view.read.push(Number(id)),
    clock: view.clock, signal: view.stop.signal,
  });
  const show = async (n, ms) => {
    view.last = n;
    reading.look();
    await view.clock.advance(ms);
  };
  return { view, show };
}

test("what was in the view for 400 ms is read, and nothing before", async () => {
  const { view, show } = viewed();
  await show(1, 399);
  assert.deepEqual(view.read, []);
  await view.clock.advance(1);
  assert.deepEqual(view.read, [1]);
});

test("reading counts while messages stream", async () => {
  const { view, show } = viewed();
  for (let n = 1; n <= 20; n++) await show(n, 100);
  assert.deepEqual(view.read, [1, 4, 8, 12, 16]);
  await view.clock.advance(400);
  assert.equal(view.read.at(-1), 20);
});

test("what left the view upwards, or was hidden, is not read", async () => {
  const { view, show } = viewed();
  await show(9, 100);
  await show(4, 300);
  assert.deepEqual(view.read, [4]);
  await show(12, 100);
  await show(0, 300);
  view.stop.abort();
  await rest();
  assert.deepEqual(view.read, [4]);
});
