import "./platform.js";
import { drawn, settled } from "./page.js";

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Names } from "../assets/compose/choices.js";
import { LeaveDialog } from "../assets/sidebar/leave.js";
import { root } from "../assets/site.js";
import { Confirm } from "../assets/ui/dialog.js";
import { later, MissingPage } from "../assets/ui/later.js";

let acted;
beforeEach(() => void (acted = 0));
const props = { title: "Leave?", text: "", button: "Leave", act: () => void (acted += 1), onClose: () => {} };

/** Presses the red button; n says which press of a double tap it is, and 0 that it is a key. */
function press({ find }, n) {
  find("button").at(-1).dispatchEvent(Object.assign(new Event("click"), { detail: n }));
  return acted;
}

test("a dialog that asks takes a press at once, and not the second one of a double tap", () => {
  const dialog = drawn(Confirm, props);
  assert.deepEqual([press(dialog, 2), press(dialog, 1)], [0, 1]);
});

test("a dialog that had to be loaded takes a press after half a second and says so, then one at once", async (t) => {
  let now = 1_000;
  t.mock.method(performance, "now", () => now);
  const Leave = later("Confirm", undefined, undefined, () => Promise.resolve({ Confirm }));
  const late = drawn(Leave, props);
  while (late.find("button").length === 0) await settled();
  const says = () => late.find("span").filter(({ role }) => role === "alert").map(({ textContent }) => textContent);
  assert.deepEqual(says(), []);
  assert.equal(press(late, 1), 0);
  await settled();
  assert.deepEqual(says(), ["Read it first, then press again"]);
  document.dispatchEvent(new Event("keydown")); // the next key, as the next press, ends that
  await settled();
  assert.deepEqual(says(), []);
  now += 500;
  assert.equal(press(late, 1), 1);
  await settled();
  assert.deepEqual(says(), []);
  assert.equal(press(drawn(Leave, props), 1), 2);
});

test("who leaves last is told that the room is deleted, and may export it first", () => {
  const said = (isLast, alone) =>
    drawn(LeaveDialog, { room: { isLast, state: { me: "Ada", alone } }, onClose: () => {} }).find("button")
      .map(({ textContent }) => textContent.trim()).slice(1).join();
  assert.deepEqual([said(true, true), said(false, true)], ["Cancel,Export,Leave and delete", "Cancel,Leave"]);
});

test("names are searched while they are many, and all are there when they are few again", async () => {
  const names = ["Ada", "Bo", "Cy", "Dee", "Eve", "Flo", "Gus", "Hal", "Ida"];
  const page = drawn(Names, { names, chosen: [], onChange: () => {} });
  const shown = () => page.find("bdi").map(({ textContent }) => textContent);
  const [field] = page.find("input");
  field.value = "da";
  field.dispatchEvent(new Event("input"));
  await settled();
  assert.deepEqual(shown(), ["Ada", "Ida"]);
  page.draw({ names: names.slice(0, 8), chosen: [], onChange: () => {} });
  assert.deepEqual(shown(), names.slice(0, 8));
});

test("a page that cannot be loaded leads on to the rooms", async () => {
  const Page = later("ErrorPage", MissingPage, undefined, () => Promise.reject(new TypeError("no network")));
  const page = drawn(Page, {});
  while (page.find("main").length === 0) await settled();
  assert.deepEqual(page.find("a").map(({ href }) => href), [root.href]);
});
