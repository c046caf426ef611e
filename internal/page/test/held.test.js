import "./platform.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { withoutNew } from "../assets/sidebar/held.js";

test("what is new beside the conversation is held back, and what is gone or has changed is not", () => {
  const state = (drafts, requests, messages) => ({
    me: "Ada", supervision: { paused: false, drafts: drafts.map((id) => ({ id })) },
    requests: requests.map((id) => ({ id })), messages: messages.map(([id, type]) => ({ id, type })),
  });
  const before = state(["d1", "d2"], ["r1"], [["k1", "knock"], ["m1", "message"]]);
  const now = state(["d2", "d3"], ["r0", "r1"],
    [["k1", "knock"], ["m1", "message"], ["k2", "knock"], ["m2", "message"]]);
  now.supervision.paused = true;
  const shown = withoutNew(now, before);
  const ids = (list) => list.map(({ id }) => id).join(" ");
  assert.deepEqual([ids(shown.supervision.drafts), ids(shown.requests), ids(shown.messages), shown.supervision.paused],
    ["d2", "r1", "k1 m1 m2", true]);
  assert.equal(withoutNew(now, now), now);
});
