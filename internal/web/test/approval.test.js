import assert from "node:assert/strict";
import { test } from "node:test";

import { added, approvalOf, approving, both, covers, kinds } from "../assets/approval.js";

test("what is approved is written as supervise takes it, and read as it tells it", () => {
  for (const [approval, args] of /** @type {[any, object][]} */ ([
    [[], { approve: false }], ["all", { approve: true }], [["files"], { approve_some: ["files"] }],
  ])) {
    assert.deepEqual(approving(approval), args);
    assert.deepEqual(approvalOf(args), approval);
  }
});

test("all covers every kind, and no mix of kinds covers all", () => {
  assert.ok(covers("all", "all") && covers("all", kinds) && covers(kinds, ["files"]) && covers([], []));
  assert.ok(!covers(kinds, "all") && !covers(["files"], ["private"]) && !covers([], ["files"]));
  assert.deepEqual(both(["files"], ["private", "files"]), ["private", "files"]);
  assert.equal(both([], "all"), "all");
});

test("what was added to an approval is what did not wait before", () => {
  assert.deepEqual(added(["private", "files"], ["files", "agreements"]), ["private"]);
  assert.deepEqual([added("all", ["files"]), added("all", "all"), added(kinds, "all")], ["all", [], []]);
});
