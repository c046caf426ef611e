import "./platform.js";
import { drawn, settled } from "./page.js";

import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

import { Message } from "../assets/talk/message.js";
import { html } from "../assets/vendor.js";

setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc");

test("a conversation that goes on keeps nothing of what the page showed before", async () => {
  const views = [];
  const viewOf = () => {
    const view = { open: new Set(), outcomes: new Map(), requests: new Map(), me: "Ada",
      state: { colours: new Map(), pending: [] } };
    views.push(new WeakRef(view));
    return view;
  };
  const message = (n) => ({ id: "m" + n, from: "Bo", text: "Word *" + n + "*", at: "2030-01-01T12:00:00Z" });
  const Rows = ({ from, view }) => [0, 1, 2].map((n) => html`
    <li key=${from + n}><${Message} message=${message(from + n)} head view=${view} /></li>`);
  const page = drawn(Rows, { from: 0, view: viewOf() });
  for (let from = 1; from < 40; from++) page.draw({ from, view: viewOf() });
  await settled(); // a weak reference holds on until then
  gc();
  const left = views.filter((view) => view.deref()).length;
  assert.ok(left < 10, `${left} of ${views.length} are left`);
});
