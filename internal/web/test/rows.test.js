import assert from "node:assert/strict";
import { test } from "node:test";

import { folded, foldOf } from "../assets/talk/fold.js";
import { firstLine, indexOf, rowsOf } from "../assets/talk/rows.js";

process.env.TZ = "UTC";

const message = (id, minute, more = {}) => ({
  id,
  type: "message",
  from: "Bo",
  text: id,
  at: `2030-01-01T12:${String(minute).padStart(2, "0")}:00Z`,
  ...more,
});
const state = (messages, more = {}) => ({
  messages,
  firstUnread: "",
  pending: [],
  sharing: [],
  me: "Ada",
  supervision: { drafts: [] },
  ...more,
});
const keysOf = (rows) => rows.map(({ key }) => key).join(" ");

test("each day begins with its name", () => {
  const rows = rowsOf(state([message("a", 0), message("b", 1), { ...message("c", 0), at: "2030-01-02T00:00:00Z" }]));
  assert.equal(keysOf(rows), "day:Tue Jan 01 2030 a b day:Wed Jan 02 2030 c");
  assert.deepEqual(rows.filter(({ type }) => type === "message").map(({ head }) => head), [true, false, true]);
});

test("messages of one speaker to the same readers within five minutes are a group", () => {
  const heads = (...messages) =>
    rowsOf(state(messages))
      .filter(({ type }) => type === "message")
      .map(({ head }) => head);
  assert.deepEqual(heads(message("a", 0), message("b", 4), message("c", 9)), [true, false, true]);
  assert.deepEqual(heads(message("a", 0), message("b", 1, { from: "Cy" })), [true, true]);
  assert.deepEqual(heads(message("a", 0), message("b", 1, { person: true })), [true, true]);
  assert.deepEqual(heads(message("a", 0), message("b", 1, { to: ["Ada"] }), message("c", 2, { to: ["Ada"] })), [
    true,
    true,
    false,
  ]);
});

test("of statuses in a row the first alone is marked as one", () => {
  const all = ["", "status", "status", "", "status"].map((kind, n) => message("m" + n, n, { kind }));
  const other = message("n", 0, { from: "Cy", kind: "status" });
  const rows = rowsOf(state([message("m", 0, { kind: "status" }), other, ...all]));
  assert.deepEqual(rows.filter(({ again }) => again).map(({ key }) => key), ["m2"]);
});

test("a line stands above the first unread message, and begins a group", () => {
  const rows = rowsOf(state([message("a", 0), message("b", 1)], { firstUnread: "b" }));
  assert.equal(keysOf(rows).split(" 2030 ")[1], "a unread b");
  assert.ok(rows.at(-1).head);
});

test("events between two messages are one row, which each of them leads to", () => {
  const event = (id) => ({ id, type: "joined", agent: id, at: message("a", 0).at });
  const rows = rowsOf(state([event("e1"), event("e2"), message("a", 0), event("e3")]));
  assert.deepEqual(
    rows.slice(1).map(({ key, events }) => [key, events?.length]),
    [
      ["e1", 2],
      ["a", undefined],
      ["e3", 1],
    ],
  );
  const index = indexOf(rows);
  assert.deepEqual([index.get("e2"), index.get("a"), index.get("e3"), index.get("none")], [1, 2, 3, undefined]);
});

test("a vote without a word is a line among events, one with words a message", () => {
  const vote = { kind: "agree", reply_to: "a", text: undefined };
  const joined = { id: "e", type: "joined", at: message("a", 1).at };
  const rows = rowsOf(state([message("a", 0), message("v", 1, vote), joined,
    message("w", 2, { ...vote, text: "Gladly" })]));
  assert.deepEqual(rows.slice(1).map(({ type, key, events }) => [type, key, events?.length]),
    [["message", "a", undefined], ["events", "v", 2], ["message", "w", undefined]]);
});

test("a draft stands at the end while it waits, and an event tells how it was decided", () => {
  const draft = (id, reason) => ({ id, type: "draft", reason, at: message("a", 0).at });
  const waits = { id: "d2", text: "May I?" };
  const item = { key: "k", args: { text: "hi" } };
  const rows = rowsOf(
    state([draft("d1"), draft("d2"), draft("d3", "refused"), message("b", 1)],
      { supervision: { drafts: [waits] }, pending: [item] }),
  );
  assert.equal(keysOf(rows).split(" 2030 ")[1], "d3 b sending:k d2");
  assert.deepEqual([rows.at(-1).type, rows.at(-1).draft, indexOf(rows).get("d2")], ["draft", waits, 4]);
});

test("what is being sent stands at the end, as it will stand in the conversation", () => {
  const item = { key: "k", args: { text: "hi", to: ["Bo"], kind: "request" } };
  const row = rowsOf(state([message("a", 0)], { pending: [item] })).at(-1);
  assert.deepEqual([row.key, row.type, row.item], ["sending:k", "sending", item]);
  const { from, person, text, to, kind } = row.message;
  assert.deepEqual([from, person, text, to, kind], ["Ada", true, "hi", ["Bo"], "request"]);
});

test("the first line that says something stands for a text", () => {
  assert.equal(firstLine("---\n\n# **The** plan\nmore"), "The plan");
  assert.equal(firstLine("- [ ] `x` ~~y~~"), "[ ] x ~~y~~", "what is struck out is not left out unseen");
  const shown = {
    "-5 °, #7 and 5 * 3 * 2 > 9": "-5 °, #7 and 5 * 3 * 2 > 9", "2*n and *p": "2*n and *p",
    "* > ## Run `a*b*c`": "Run a*b*c",
    "***A b*** ``x`y``": "A b x`y", "``a`": "``a`", "**a `b` *c* d**": "a b c d",
    "See [the *plan*](https://example.com/a) and ![it](b.png)": "See the plan and it", "a[1](2) b": "a1 b",
    "```js\nlet x;\n```": "let x;", "```a``` b": "a b",
  };
  for (const [text, line] of Object.entries(shown)) assert.equal(firstLine(text), line);
  assert.equal(firstLine("***"), "");
  assert.equal(firstLine(undefined), "");
  assert.equal(firstLine("w".repeat(5_000)).length, 160);
});

const lines = (n) => Array.from({ length: n }, (_, i) => "line " + (i + 1));

test("a text is folded if twelve lines or more go, and keeps its head and its tail", () => {
  assert.equal(folded("short\ntext"), null);
  assert.equal(folded(lines(23).join("\n")), null);
  assert.deepEqual(folded(lines(24).join("\n")), {
    head: lines(8).join("\n"),
    tail: lines(24).slice(20).join("\n"),
    lines: 12,
  });
});

test("what is wider than the page counts as the lines that it takes there", () => {
  const { head, tail, lines: left } = folded("word ".repeat(400) + "May I delete it?");
  assert.ok(head.endsWith("word …") && head.length < 8 * 75 + 2);
  assert.ok(tail.startsWith("… word") && tail.endsWith("May I delete it?") && left >= 12);
  const wide = folded("👩".repeat(2_000));
  assert.ok(wide.head.isWellFormed() && wide.tail.isWellFormed());
  const log = [...lines(3), "```", ...lines(40).map((line) => line.padEnd(200, ".")), "```", "ok?"];
  assert.equal(folded(log.join("\n")).head, log.slice(0, 8).join("\n"), "code does not break");
  assert.equal(folded(log.join("\n")).tail, ["```", ...log.slice(-4)].join("\n"));
});

test("a tail that begins in a block of code stays code", () => {
  const text = ["```sh", ...lines(40), "```", "ok?"].join("\n");
  assert.equal(folded(text).tail, ["```sh", "line 39", "line 40", "```", "ok?"].join("\n"));
  const closed = ["```sh", "x", "```", ...lines(40)].join("\n");
  assert.equal(folded(closed).tail, lines(40).slice(36).join("\n"));
});

test("a tail that begins in a table stays a table", () => {
  const table = ["intro", "", "| a | b |", "|---|--:|", ...lines(40).map((line) => `| ${line} | x |`)];
  const head = "| a | b |\n|---|--:|\n";
  assert.equal(folded(table.join("\n")).tail, head + table.slice(40).join("\n"));
  assert.equal(folded([...table, "", "one", "two", "ok?"].join("\n")).tail, "\none\ntwo\nok?");
});

test("what asks this seat is never folded, and what is not loaded yet is no tail", () => {
  const text = lines(40).join("\n");
  const folds = (message) => foldOf({ from: "Bo", text, ...message }, "Ada")?.lines ?? null;
  assert.deepEqual(
    [{}, { kind: "proposal", ask: ["Cy"] }, { from: "Ada", kind: "request" }].map(folds),
    [28, 28, 28],
  );
  assert.deepEqual(
    [{ kind: "proposal", ask: ["Ada", "Cy"] }, { ask: ["Ada"] }, { kind: "request" }].map(folds),
    [null, null, null],
  );
  const head = lines(8).join("\n");
  assert.deepEqual(foldOf({ from: "Bo", kind: "request", text, more: {} }, "Ada"), { head, tail: "", lines: 0 });
});
