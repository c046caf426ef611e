import "./platform.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { showCount } from "../assets/count-icon.js";
import { pageWords } from "../assets/page-words.js";

test("the title counts what needs the person, and has a dot where something is only unread", () => {
  for (const [needs, unread, want] of /** @type {[number, boolean, string][]} */ ([
    [0, false, "tea · Parley"], [0, true, "• tea · Parley"], [3, false, "(3) tea · Parley"],
    [3, true, "(3) tea · Parley"],
  ]))
    assert.equal(pageWords.title(needs, unread, "tea", "Parley"), want);
  assert.equal(pageWords.title(2, false, null, "Parley"), "(2) Parley");
});

test("the icon of an installed app has the number, each change once, and whoever forbids that breaks nothing", () => {
  const told = [];
  Object.assign(navigator, {
    setAppBadge: (n) => (told.push(n), Promise.reject(new Error("not allowed"))),
    clearAppBadge: async () => told.push(0),
  });
  for (const n of [3, 3, 12, 0, 0, 1]) showCount(n);
  assert.deepEqual(told, [3, 12, 0, 1]);
});
