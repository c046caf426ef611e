import "./platform.js";
import assert from "node:assert/strict";
import { test } from "node:test";

import { sidebar } from "../assets/sidebar/words.js";
import { talk } from "../assets/talk/words.js";
import { initials } from "../assets/ui/avatar.js";
import { ui, who } from "../assets/ui/words.js";
import { page } from "../view/words.js";

const flat = (all) => Object.entries(all).flatMap(([name, value]) =>
  typeof value === "object" ? flat(value).map(([inner, text]) => [`${name}.${inner}`, text]) : [[name, value]]);
const said = (value) => (typeof value === "function" ? [value(1, "Bo"), value(90, "Bo"), value(9000, "Bo")] : value);

test("the view says what the page says", () => {
  const known = new Map(flat({ ...sidebar, ...talk, ...who, minutes: ui.minutes, unsent: talk.draft.unsent }));
  for (const [name, value] of flat(page)) assert.deepEqual(said(value), said(known.get(name)), name);
});

test("initials are the page's", async () => {
  globalThis.document ??= /** @type {any} */ ({});
  const { initials: own } = await import("../view/rows.js");
  for (const name of ["Bob's Claude", "-x", "Ünal_de", "…", "a b c"]) assert.equal(own(name), initials(name));
});
