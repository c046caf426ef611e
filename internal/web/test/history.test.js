import assert from "node:assert/strict";
import { test } from "node:test";

import { History, whole } from "../assets/history.js";

const said = (...ids) => ids.map((id) => ({ id, type: "message", text: "text of " + id }));
const idsOf = (history) => history.messages.map(({ id }) => id).join(" ");

test("messages stand in order and once, whichever way they come", () => {
  const history = new History();
  history.prepend(said("c", "d"));
  assert.deepEqual(history.append(said("d", "e", "f")).map(({ id }) => id), ["e", "f"]);
  history.prepend(said("a", "b", "c"));
  assert.deepEqual(history.append(said("f")), []);
  assert.equal(idsOf(history), "a b c d e f");
  assert.ok(history.has("a") && !history.has("g"));
});

test("messages that were handed out do not change", () => {
  const history = new History();
  history.append(said("a"));
  const before = history.messages;
  history.append(said("b"));
  history.replace({ id: "a", text: "whole" });
  assert.deepEqual(before, said("a"));
  assert.equal(history.messages[0].text, "whole");
});

test("what stands after or before a message", () => {
  const history = new History();
  history.append(said("a", "b", "c"));
  assert.deepEqual(history.after("b").map(({ id }) => id), ["c"]);
  assert.equal(history.after("unknown").length, 3);
  assert.ok(history.precedes("a", "b"));
  assert.ok(!history.precedes("b", "a") && !history.precedes("b", "b"));
  assert.ok(!history.precedes("unknown", "a") && !history.precedes("a", "unknown"));
});

const removal = (id) => ({ id: "r", type: "room", changes: { redacted: id } });

test("a text that was removed is gone, whichever came first", () => {
  const later = new History();
  later.append(said("a", "b"));
  later.append([removal("a")]);
  assert.deepEqual(later.messages[0], { id: "a", type: "message", text: "removed", redacted: true });
  assert.equal(later.messages[1].text, "text of b");

  const earlier = new History();
  earlier.append([removal("a")]);
  earlier.prepend([{ ...said("a")[0], more: { id: "a", offset: 9 } }]);
  assert.deepEqual(earlier.messages[0], { id: "a", type: "message", text: "removed", redacted: true });
  earlier.replace(said("a")[0]); // its rest was under way
  assert.equal(earlier.messages[0].text, "removed");
});

test("a long text is put together of its parts", async () => {
  const asked = [];
  const parts = { 3: { text: "def", more: { id: "a", offset: 6 } }, 6: { text: "g" } };
  const read = async (args) => (asked.push(args), { messages: [parts[args.offset]] });
  const message = { id: "a", from: "Bo", text: "abc", more: { id: "a", offset: 3 } };
  assert.deepEqual(await whole(read, message), { id: "a", from: "Bo", text: "abcdefg" });
  assert.deepEqual(asked, [{ id: "a", offset: 3 }, { id: "a", offset: 6 }]);
});

test("a long text that is removed meanwhile is removed", async () => {
  const gone = { id: "a", redacted: true, text: "removed" };
  const got = await whole(async () => ({ messages: [gone] }), { id: "a", text: "abc", more: { id: "a", offset: 3 } });
  assert.equal(got, gone);
});
