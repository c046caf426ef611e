import "./platform.js";

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Places } from "../assets/ui/decision.js";

let now, due, places;
beforeEach(() => {
  [now, due] = [0, []];
  places = new Places(() => now, (act, ms) => due.push({ at: now + ms, act }));
});

function button(top = 100) {
  const own = new Set();
  return {
    contains(other) {
      return other === this;
    },
    top,
    getBoundingClientRect() {
      return { left: 0, top: this.top };
    },
    toggleAttribute: (name, on) => (on ? own.add(name) : own.delete(name)),
    has: (name) => own.has(name),
  };
}

/** Lets time pass. */
function pass(ms) {
  now += ms;
  for (const { act } of due.filter(({ at }) => at <= now)) act();
  due = due.filter(({ at }) => at > now);
}

test("a button takes a press half a second after it came", () => {
  const one = button();
  places.add(one);
  pass(499);
  assert.ok(!places.rests(one) && one.has("data-moved"));
  pass(1);
  assert.ok(places.rests(one) && !one.has("data-moved"));
});

test("a button that the list has moved takes none for half a second, and others do", () => {
  const [one, other] = [button(), button(300)];
  places.add(one);
  places.add(other);
  pass(1_000);
  one.top = 140;
  places.look();
  assert.deepEqual([places.rests(one), places.rests(other), one.has("data-moved")], [false, true, true]);
  pass(300);
  one.top = 180;
  places.look();
  pass(300); // half a second after the first time
  assert.ok(!places.rests(one) && one.has("data-moved"));
  pass(200);
  assert.ok(places.rests(one) && !one.has("data-moved"));
});

test("a button that the person has scrolled, or that moved by a hair, takes a press", () => {
  const one = button();
  places.add(one);
  pass(1_000);
  one.top = 400;
  places.look({ scrolled: true });
  places.look();
  one.top = 406;
  places.look();
  assert.ok(places.rests(one));
});

test("a button that the person's own press or key has brought or moved takes a press at once, and no other", () => {
  const [one, other] = [button(), button(300)];
  places.add(other);
  pass(1_000);
  places.acting = one; // as its card
  places.add(one);
  [one.top, other.top] = [140, 340];
  places.look();
  assert.deepEqual([places.rests(one), places.rests(other)], [true, false]);
  places.acting = null;
  one.top = 180;
  places.look();
  assert.ok(!places.rests(one));
});
