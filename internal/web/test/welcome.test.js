import "./platform.js";
import { shown } from "./elements.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { Welcome } from "../assets/compose/welcome.js";

const here = (room = {}, more = {}) => ({
  welcomed: false, alone: false, me: "Ada",
  room: { name: "tea", agents: [{ name: "Ada", you: true }], ...room }, ...more,
});
const line = (state) => shown(Welcome({ room: {}, state, onDone: () => {} })).replace(/<[^>]*>/g, "");

test("the first opening says whose seat this is, and only what its person can do there", () => {
  const channel = { type: "channel" };
  assert.match(line(here()), /You are watching Ada\. Read along, speak, approve or pause it\./);
  assert.match(line(here(channel)), /watching Ada\. Read along, write notes to it, approve or pause it\./);
  assert.match(line(here({}, { alone: true })), /You are Ada\. Read along, speak, ask or suggest\./);
  assert.match(line(here(channel, { alone: true })), /You are Ada\. Read along\./);
});

test("it is not said once it was read, nor where nothing can be done", () => {
  assert.equal(line(here({}, { welcomed: true })), "");
  assert.equal(line(here({ closed: true })), "");
  assert.equal(line({ ...here(), room: null }), "");
});
