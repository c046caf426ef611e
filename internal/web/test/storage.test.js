import { happens, newBrowser } from "./platform.js";

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import * as local from "../assets/local-storage.js";
import * as storage from "../assets/storage.js";

beforeEach(newBrowser);

test("seats are kept with what was read, the latest opened first", () => {
  storage.keep({ room: "r1", token: "p1", used: 1 });
  storage.keep({ room: "r2", token: "p2", used: 2 });
  storage.keepRead("p1", "m9");
  assert.deepEqual(storage.seats(), [
    { room: "r2", token: "p2", used: 2, active: 2, read: "" },
    { room: "r1", token: "p1", used: 1, active: 1, read: "m9" },
  ]);
  storage.keep({ token: "p1", title: "den", read: "not this" });
  assert.deepEqual(storage.seatIn("r1"), { room: "r1", token: "p1", used: 1, active: 1, title: "den", read: "m9" });
  assert.equal(storage.seatIn("r3"), undefined);
});

test("what is damaged or is no seat is left out", () => {
  localStorage.setItem("parley.seat.p1", "{damaged");
  localStorage.setItem("parley.seat.p2", "7");
  localStorage.setItem("parley.seat.p3", '{"token":"p3"}');
  localStorage.setItem("parley.read.p4", '"m1"');
  storage.keep({ room: "r5", token: "p5" });
  assert.deepEqual(storage.seats().map(({ token }) => token), ["p5"]);
});

test("a seat is forgotten with all that belongs to it, and nothing else is", () => {
  for (const token of ["p1", "p2"]) {
    storage.keep({ room: "r", token });
    storage.keepRead(token, "m1");
    storage.note(token, { draft: "unsaid" });
    storage.post(token, { key: "k", at: 1 });
  }
  storage.keepKey("pk_1");
  storage.forget("p1");
  storage.note("p1", { draft: "unsaid" }); // by a page that still shows it
  storage.keepRead("p1", "m2");
  storage.post("p1", { key: "k", at: 2 });
  assert.deepEqual(Object.keys(localStorage).filter((name) => name.includes("p1")), []);
  assert.deepEqual(
    [storage.seats().length, storage.notesOf("p2"), storage.pendingOf("p2").length],
    [1, { draft: "unsaid" }, 1],
  );
  assert.equal(storage.key(), "pk_1");
  storage.keepKey("");
  assert.equal(storage.key(), "");
});

test("a seat gives what belongs to it to the one in its place", () => {
  storage.keep({ room: "r", token: "old" });
  storage.note("old", { draft: "unsaid" });
  storage.keepRead("old", "m3");
  storage.post("old", { key: "k1", at: 2 });
  storage.post("old", { key: "k2", at: 1 });
  storage.keep({ room: "r", token: "new" });
  storage.inherit("new", "old");
  assert.deepEqual([storage.notesOf("new"), storage.readOf("new")], [{ draft: "unsaid" }, "m3"]);
  assert.deepEqual(storage.pendingOf("new").map(({ key }) => key), ["k2", "k1"]);
  assert.deepEqual(Object.keys(localStorage).filter((name) => name.includes("old")), []);
});

test("other tabs tell what they changed of a seat", () => {
  const heard = [];
  storage.keep({ room: "r", token: "p1" });
  const end = storage.watch("p1", (what) => heard.push(what));
  happens("storage", { key: "parley.read.p1" });
  happens("storage", { key: "parley.out.p1.k" });
  happens("storage", { key: "parley.read.p2" });
  happens("storage", { key: "parley.seat.p1" }); // it is still there
  storage.forget("p1");
  happens("storage", { key: "parley.seat.p1" });
  happens("storage", { key: null }); // all was cleared
  end();
  happens("storage", { key: null });
  assert.deepEqual(heard, ["read", "pending", "forgotten", "forgotten"]);
});

// The last: that something was not stored is known from then on.
test("where the browser takes nothing, it lasts as long as the page, and that is told", () => {
  assert.ok(storage.lasts());
  local.put("there", 1);
  localStorage.setItem = () => {
    throw new Error("full");
  };
  storage.keep({ room: "r", token: "p1" });
  storage.keepRead("p1", "m1");
  local.put("there", 2);
  assert.ok(!storage.lasts());
  assert.deepEqual(storage.seats().map(({ token, read }) => token + read), ["p1m1"]);
  assert.equal(local.get("there"), 2);
  storage.forget("p1");
  assert.deepEqual(storage.seats(), []);
  globalThis.localStorage = undefined; // blocked
  local.put("more", 3);
  local.remove("there");
  assert.deepEqual([local.get("more"), local.get("there"), local.all("m")], [3, undefined, [3]]);
});
