import { happens, newBrowser } from "./platform.js";

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { beforeEach, test } from "node:test";

import { Draft, messageOf, readersOf, sharedBy } from "../assets/compose/draft.js";
import { agreementsIn, fileName, json, markdown, quoted } from "../assets/compose/export.js";
import { fenced, filesIn, minutes } from "../assets/compose/minutes.js";
import {
  askedBy, bytesLeft, isSilent, onlyNotes, othersOf, silencedBy, unfit, votersOf,
} from "../assets/compose/may.js";
import { itemsOf } from "../assets/compose/menu.js";
import { beginning, completions } from "../assets/compose/mention.js";
import { isMeant, noticeOf } from "../assets/compose/notices.js";
import { replacedBy } from "../assets/compose/replaced.js";
import * as storage from "../assets/storage.js";

beforeEach(newBrowser);

const agents = (...more) => [{ name: "Ada", you: true, role: "admin" }, { name: "Bo" }, { name: "Cy Long" }, ...more];
const state = (room = {}, more = {}) => ({
  alone: false,
  me: "Ada",
  messages: [],
  room: { name: "den", agents: agents(), ...room },
  ...more,
});
const draft = (parts = {}) => ({
  text: "hi",
  audience: "all",
  to: [],
  ask: [],
  kind: "",
  reply: "",
  before: null,
  ...parts,
});

test("what keeps a seat silent", () => {
  const muted = { agents: [{ name: "Ada", you: true, muted: true }] };
  const member = { type: "channel", agents: [{ name: "Ada", you: true }] };
  assert.equal(silencedBy({ room: null }), "opening");
  assert.equal(silencedBy(state()), "");
  assert.equal(silencedBy(state({ closed: true, ...muted })), "closed");
  assert.equal(silencedBy(state({ type: "channel" })), ""); // of an admin
  for (const room of [muted, member]) {
    assert.ok(onlyNotes(state(room)) && !isSilent(state(room)));
    const alone = state(room, { alone: true }); // no agent to write to
    assert.ok(!onlyNotes(alone) && isSilent(alone));
  }
  assert.ok(isSilent(state({ closed: true })) && isSilent({ room: null }));
  assert.deepEqual(othersOf(state()).map(({ name }) => name), ["Bo", "Cy Long"]);
});

test("why a draft cannot be sent", () => {
  assert.equal(unfit(draft(), state()).why, "");
  assert.equal(unfit(draft({ text: " \n" }), state()).why, "empty");
  assert.equal(unfit(draft({ text: "", kind: "agree" }), state()).why, "");
  assert.equal(unfit(draft({ audience: "some" }), state()).why, "nobody");
  assert.deepEqual(unfit(draft({ audience: "some", to: ["Bo", "Dee"] }), state()), { why: "absent", names: ["Dee"] });
  assert.deepEqual(unfit(draft({ kind: "request", ask: ["Dee"] }), state()), { why: "absent", names: ["Dee"] });
  assert.equal(unfit(draft({ ask: ["Dee"] }), state()).why, "");
  const answer = { audience: "some", to: ["Bo", "Dee"], reply: "m1", before: { audience: "all", to: [] } };
  assert.equal(unfit(draft(answer), state()).why, ""); // the server knows who is left
  const note = draft({ audience: "agent", kind: "request", ask: ["Dee"] }); // it asks nobody
  assert.equal(unfit(note, state()).why, "");
  assert.equal(unfit(draft(), state({ closed: true })).why, "silent");
});

test("a question asks whom its text mentions, of those who read it, until the person has chosen", () => {
  const asked = (parts) => askedBy(draft({ ask: null, text: "@Cy Long, or @bo? @Ada", ...parts }), state());
  assert.deepEqual(asked({}), ["Bo", "Cy Long"]);
  assert.deepEqual(asked({ audience: "some", to: ["Bo"] }), ["Bo"]);
  assert.deepEqual([asked({ ask: [] }), asked({ ask: ["Dee"] }), asked({ text: "Bo" })], [[], ["Dee"], []]);
});

test("a suggestion asks agents that may speak: neither people nor those who are muted", () => {
  const agents = [{ name: "Ada", you: true }, { name: "Bo", role: "admin" }, { name: "Cy" },
    { name: "Di", alone: true }, { name: "Ed", muted: true }];
  assert.deepEqual(votersOf({ room: { type: "group", agents } }), ["Bo", "Cy"]);
  assert.deepEqual(votersOf({ room: { type: "channel", agents } }), ["Bo"]);
});

test("a text may have 32 KiB, counted as the server does", () => {
  assert.equal(bytesLeft("ß".repeat(16_383)), 2);
  assert.equal(unfit(draft({ text: "ß".repeat(16_384) }), state()).why, "");
  assert.equal(unfit(draft({ text: "ß".repeat(16_385) }), state()).why, "long");
});

test("an answer goes to those who read the message", () => {
  assert.deepEqual(readersOf({ from: "Bo" }, "Ada"), { audience: "all", to: [] });
  assert.deepEqual(readersOf({ from: "Bo", to: ["Ada", "Cy"] }, "Ada"), { audience: "some", to: ["Bo", "Cy"] });
  assert.deepEqual(readersOf({ from: "Ada", to: ["Ada"] }, "Ada"), { audience: "agent", to: [] });
  assert.deepEqual(readersOf({ from: "your user", to: ["Ada"] }, "Ada"), { audience: "agent", to: [] });
});

test("what is sent of a draft", () => {
  assert.deepEqual(messageOf(draft({ text: "\n  \n  code\n" }), "Ada"), { text: "  code" });
  assert.deepEqual(messageOf(draft({ audience: "some", to: ["Bo"], kind: "request", ask: ["Bo"], reply: "m1" }), "Ada"),
    { text: "hi", to: ["Bo"], reply_to: "m1", kind: "request", ask: ["Bo"] });
  assert.deepEqual(messageOf(draft({ audience: "agent", kind: "request", ask: ["Bo"] }), "Ada"), {
    text: "hi",
    to: ["Ada"],
  });
  const before = { audience: "all", to: [] };
  assert.deepEqual(messageOf(draft({ text: " ", kind: "agree", reply: "m1", before }), "Ada"), {
    reply_to: "m1",
    kind: "agree",
  });
  assert.deepEqual(messageOf(draft({ kind: "proposal", ask: ["Bo"] }), "Ada"), { text: "hi", kind: "proposal" });
});

test("an answer names readers only if its person has chosen them", () => {
  const to = (message, chosen) => {
    const one = new Draft("p1");
    one.answer(message, "", "Ada");
    one.change({ text: "yes", ...chosen });
    return messageOf(one.now, "Ada").to;
  };
  const toSome = { id: "m1", from: "Bo", to: ["Ada", "Cy"] };
  const byHand = { before: null };
  assert.equal(to(toSome), undefined);
  assert.equal(to(toSome, { kind: "request" }), undefined);
  assert.equal(to({ id: "m2", from: "Bo" }), undefined);
  assert.deepEqual(to(toSome, { ...byHand, to: ["Cy"] }), ["Cy"]);
  assert.deepEqual(to(toSome, { ...byHand, audience: "all" }), ["everyone"]);
  assert.deepEqual(to(toSome, { kind: "proposal" }), ["Bo", "Cy"]); // without readers it would be for all
  assert.deepEqual(to({ id: "m3", from: "your user", to: ["Ada"] }), ["Ada"]); // so would the answer to a note
});

test("an answer leaves the audience as it was", () => {
  const one = new Draft("p1");
  one.change({ audience: "some", to: ["Cy"] });
  one.answer({ id: "m1", from: "Bo", to: ["Ada"] }, "", "Ada");
  assert.deepEqual([one.now.reply, one.now.audience, one.now.to], ["m1", "some", ["Bo"]]);
  one.answer({ id: "m2", from: "Bo" }, "object", "Ada"); // instead of the first
  assert.deepEqual([one.now.reply, one.now.kind, one.now.audience], ["m2", "object", "all"]);
  one.unanswer();
  assert.deepEqual([one.now.reply, one.now.audience, one.now.to], ["", "some", ["Cy"]]);
  one.answer({ id: "m1", from: "Bo", to: ["Ada"] }, "", "Ada");
  one.clear();
  assert.deepEqual([one.now.text, one.now.reply, one.now.audience, one.now.to], ["", "", "some", ["Cy"]]);
  one.change({}); // nothing is left to be kept
});

test("what was written for fewer gains no readers by an answer, and is not lost", () => {
  const now = ({ now: { text, audience, to, reply } }) => [text, audience, to.join(), reply].join("|");
  const toAll = { id: "m1", from: "Bo" };
  const toSome = { id: "m2", from: "Bo", to: ["Ada", "Cy"] };
  for (const [readers, message, answer] of [
    [{ audience: "some", to: ["Bo"] }, toAll, "|all||m1"],
    [{ audience: "some", to: [] }, toAll, "|all||m1"],
    [{ audience: "agent" }, toAll, "|all||m1"],
    [{ audience: "agent" }, toSome, "|some|Bo,Cy|m2"],
    [{ audience: "some", to: ["Bo"] }, toSome, "|some|Bo,Cy|m2"],
    [{ audience: "some", to: ["Bo", "Cy", "Di"] }, toSome, "psst|some|Bo,Cy|m2"], // for fewer still
    [{ audience: "all" }, toSome, "psst|some|Bo,Cy|m2"],
    [{ audience: "all" }, toAll, "psst|all||m1"],
  ]) {
    for (const end of ["clear", "unanswer"]) {
      const one = new Draft("p1");
      one.change({ text: "psst", ...readers });
      const before = now(one);
      one.answer(message, "", "Ada");
      assert.equal(now(one), answer);
      if (!one.now.aside) continue;
      one[end]();
      assert.equal(now(one), before);
    }
  }
});

test("a draft that was set aside is not to be sent for half a second after it came back", (t) => {
  let now = 1_000;
  t.mock.method(performance, "now", () => now);
  const one = new Draft("p1");
  one.change({ text: "psst", audience: "agent" });
  one.answer({ id: "m1", from: "Bo" }, "", "Ada");
  one.change({ text: "for all" });
  assert.ok(!one.hasReturned());
  one.clear();
  assert.ok(one.now.text === "psst" && one.hasReturned());
  now += 500;
  assert.ok(!one.hasReturned());
  one.clear();
  assert.ok(!one.hasReturned());
});

test("an answer with words that is given up stays a message, and changes places only with what was set aside", () => {
  const one = new Draft("p1");
  one.answer({ id: "m1", from: "Bo", to: ["Ada"] }, "", "Ada");
  one.change({ text: "for Bo" });
  one.unanswer();
  assert.deepEqual([one.now.reply, one.now.audience, one.now.to], ["", "some", ["Bo"]]);
  one.answer({ id: "m2", from: "Bo" }, "", "Ada");
  one.change({ text: "for all" });
  one.swap();
  assert.deepEqual([one.now.text, one.now.to, one.now.aside.text], ["for Bo", ["Bo"], "for all"]);
  one.swap();
  assert.deepEqual([one.now.text, one.now.reply, one.now.audience], ["for all", "m2", "all"]);
  one.unanswer();
  assert.deepEqual([one.now.text, one.now.reply, one.now.aside.text], ["for all", "", "for Bo"]);
  one.clear();
  assert.deepEqual([one.now.text, one.now.aside], ["for Bo", null]);
});

test("files of a draft gain no readers, neither by an answer nor by another tab", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  storage.keep({ room: "r", token: "p1" });
  const one = new Draft("p1");
  const end = one.watch(() => {});
  const file = new File(["x"], "x.txt");
  one.change({ audience: "some", to: ["Bo"], files: [file] });
  one.answer({ id: "m1", from: "Bo" }, "", "Ada");
  assert.deepEqual([one.now.audience, one.now.files], ["all", []]);
  one.unanswer();
  assert.deepEqual([one.now.to, one.now.files], [["Bo"], [file]]);
  t.mock.timers.tick(300);
  const two = new Draft("p1");
  assert.deepEqual([two.now.to, two.now.files], [["Bo"], []]);
  two.change({ audience: "all" });
  t.mock.timers.tick(300);
  happens("storage", { key: "parley.notes.p1" });
  assert.deepEqual([one.now.audience, one.now.files], ["all", []]);
  end();
});

test("a file that is refused after it was set aside is taken out, with a draft that holds nothing else", () => {
  for (const [text, then] of [["psst", "psst"], ["", undefined]]) {
    const one = new Draft("p1");
    const file = new File(["x"], "x.txt");
    one.change({ audience: "agent", text, files: [file] });
    one.answer({ id: "m1", from: "Bo" }, "", "Ada");
    assert.deepEqual(one.now.aside.files, [file]);
    one.drop(file);
    assert.equal(one.now.aside?.text, then);
    if (then) assert.deepEqual(one.now.aside.files, []);
  }
});

test("files of a draft that is set aside stay while another tab writes, and leave nothing after a reload", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const file = new File(["x"], "x.txt");
  for (const text of ["psst", ""]) {
    newBrowser();
    storage.keep({ room: "r", token: "p1" });
    const one = new Draft("p1");
    const end = one.watch(() => {});
    one.change({ audience: "some", to: ["Bo"], text, files: [file] });
    one.answer({ id: "m1", from: "Bo" }, "", "Ada");
    t.mock.timers.tick(300);
    const two = new Draft("p1");
    assert.equal(two.now.aside?.text, text || undefined);
    two.change({ text: "a" });
    t.mock.timers.tick(300);
    happens("storage", { key: "parley.notes.p1" });
    assert.deepEqual([one.now.text, one.now.aside.text, one.now.aside.files], ["a", text, [file]]);
    two.change({ aside: { ...two.now, audience: "all", text: "b" } });
    t.mock.timers.tick(300);
    happens("storage", { key: "parley.notes.p1" });
    assert.deepEqual(one.now.aside.files, []); // it would gain readers
    end();
  }
});

test("an answer that was begun without words is of its tab alone", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  storage.keep({ room: "r", token: "p1" });
  const one = new Draft("p1");
  one.answer({ id: "m1", from: "Bo" }, "object", "Ada");
  t.mock.timers.tick(300);
  const { kind, reply } = new Draft("p1").now;
  assert.deepEqual([one.now.kind, kind, reply], ["object", "", ""]);
  one.change({ text: "Too dark" });
  t.mock.timers.tick(300);
  assert.equal(new Draft("p1").now.kind, "object");
});

test("a draft survives a reload, and a second tab goes on with it", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  storage.keep({ room: "r", token: "p1" });
  const one = new Draft("p1");
  let heard = 0;
  const end = one.watch(() => heard++);
  one.change({ text: "The paint" });
  assert.equal(new Draft("p1").now.text, ""); // it rests first
  t.mock.timers.tick(300);
  const two = new Draft("p1");
  assert.equal(two.now.text, "The paint");
  two.change({ text: "The paint comes" });
  t.mock.timers.tick(300);
  happens("storage", { key: "parley.notes.p1" });
  assert.deepEqual([one.now.text, heard], ["The paint comes", 2]);
  one.change({ text: "and goes" });
  happens("pagehide");
  assert.equal(new Draft("p1").now.text, "and goes");
  one.clear();
  assert.equal(new Draft("p1").now.text, "");
  end();
  assert.equal(new Draft("p2").now.text, ""); // of another seat
});

test("a name behind an @ is completed", () => {
  assert.deepEqual(beginning("Ask @Cy L", 9), { at: 5, start: "Cy L" });
  assert.deepEqual(beginning("@", 1), { at: 1, start: "" });
  for (const before of ["请", "コーヒー", "형", "ครับ", "да"])
    assert.deepEqual(beginning(before + "@小", before.length + 2), { at: before.length + 1, start: "小" });
  for (const text of ["a@b", "é@b", "2@b", "no", "@x\ny"]) assert.equal(beginning(text, text.length), null);
  const names = ["Bob", "Cy Long", "Long John"];
  assert.deepEqual(completions(names, ""), names);
  assert.deepEqual(completions(names, "long"), ["Long John", "Cy Long"]);
  assert.deepEqual(completions(names, "BOB"), []); // it is complete
  assert.equal(completions(Array.from({ length: 20 }, (_, n) => "n" + n), "").length, 8);
});

test("what is meant for a person or its agent", () => {
  const here = { me: "Ann", messages: [{ id: "mine", from: "Ann" }], room: { agents: [{ name: "Ann" }] } };
  const meant = (message) => isMeant({ type: "message", from: "Bo", ...message }, here);
  assert.ok(
    meant({ to: ["Ann"] }) && meant({ ask: ["Ann"] }) && meant({ text: "@Ann" }) && meant({ reply_to: "mine" }),
  );
  assert.ok(
    !meant({ text: "for all" }) && !meant({ from: "Ann", text: "@Ann" }) && !meant({ from: "your user", to: ["Ann"] }),
  );
  const supervision = (reason) => ({ type: "supervision", reason });
  assert.ok(isMeant(supervision("opened_twice"), here) && !isMeant(supervision("paused"), here));
  const about = (parts) => ({ type: "task", agent: "Bo", action: "check", ...parts });
  const check = (by, verdict, id = "t1") => about({ task: { id, by, checks: [{ by: "Bo", verdict }] } });
  const added = { ...here, messages: [about({ agent: "Ann", action: "add", task: { id: "t2" } })] };
  assert.deepEqual([
    check("Ann", "differs"), check("Ann", "same"), check("Cy", "differs"), check("Cy", "differs", "t2"),
    check("Cy", "same", "t2"), about({ action: "take", task: { was: "Ann" } }),
    { ...check("Ann", "differs"), agent: "Ann" },
  ].map((event) => isMeant(event, added)), [true, false, false, true, false, true, false]);
});

test("a notice holds no text, unless the person wants that", () => {
  const here = { me: "Ann", messages: [], room: { name: "den", agents: [{ name: "Ann" }] } };
  const message = { type: "message", from: "Bo", text: "# @Ann, **look**\nmore" };
  assert.deepEqual(noticeOf(here, [message], 0, false), ["den", "New message for you"]);
  assert.deepEqual(noticeOf(here, [message], 0, true), ["Bo in den", "@Ann, look"]);
  assert.deepEqual(noticeOf(here, [message], 2, true), ["den", "2 drafts to approve."]);
  assert.match(noticeOf(here, [{ type: "supervision", reason: "opened_twice" }], 1, true)[1], /open your link/);
  assert.equal(noticeOf(here, [{ type: "message", from: "Bo", text: "for all" }], 0, true), null);
});

// Texts that try to pass for something else in the file: whatever is FAKE must stay inside of a text.
const fakes = [
  "```\n### FAKE · agree\n\n```text\n", "````\n\n## FAKE\n````", "`".repeat(40) + "\n# FAKE\n" + "`".repeat(41),
  "a\r```\r### FAKE\r", "a\r\n  ```\r\n*FAKE left*\r\n", "~~~\n### FAKE\n~~~", "    ```\n<h1>FAKE</h1>\n<!-- FAKE",
  "a\u2028```\u2028### FAKE\u2029```", "FAKE ".repeat(3_000) + "`````",
];

/** Returns the lines of Markdown that are in no fenced block and no quote, as CommonMark reads them. */
function outside(text) {
  const lines = [];
  let fence = 0;
  for (const line of text.split(/\r\n|\r|\n/)) {
    const [begins, ends] = [/^ {0,3}(`{3,})[^`]*$/.exec(line), /^ {0,3}(`{3,})[ \t]*$/.exec(line)];
    if (!fence && begins) fence = begins[1].length;
    else if (!fence && !/^ {0,3}>/.test(line)) lines.push(line);
    else if (fence && ends && ends[1].length >= fence) fence = 0;
  }
  return lines;
}

test("in an export every text stays in its place", () => {
  const at = "2030-01-01T12:00:00Z";
  const messages = fakes.map((text, n) => ({ id: "m" + n, type: "message", from: "Bo", text, at }));
  messages.push({ id: "p", type: "message", from: "Bo", kind: "proposal", text: "Steel ```", at });
  messages.push({ id: "q", type: "message", from: "Cy", kind: "agree", reply_to: "p", agreed: "p", at });
  messages.push({ id: "r", type: "room", by: "Ada", changes: { description: fakes[0], room: "x" }, at });
  messages.push({ id: "s", type: "message", from: "Dee", redacted: true, text: "removed", at });
  const room = { name: "den", description: fakes[0], agents: agents() };
  const agreements = agreementsIn(messages, []);
  messages.push({ id: "t", type: "message", from: "Bo", at, file: { name: fakes[5], size: 7, type: "text/plain" } });
  messages.push({ id: "u", type: "task", agent: "Bo", action: "add", task: { id: "t1", title: fakes[5] }, at });
  const open = fakes.map((title, n) => ({ id: "t" + n, title, text: title, state: "open" }));
  const done = fakes.map((result) => ({ id: "t0", title: "paint", result, state: "done", by: "Cy" }));
  const what = { room, me: "Ada", at, messages, agreements, open, done, files: filesIn(messages) };
  const file = markdown(what).join("");
  const lines = outside(file);
  const event = /^\*2030-01-01 12:00:00 UTC · (?:[^\\`*_#]|\\.)*\*$/; // one line, without any Markdown
  assert.deepEqual(lines.filter((line) => line.includes("FAKE") && !event.test(line)), []);
  assert.equal(lines.filter((line) => line.startsWith("### ")).length, 3 * fakes.length + 4 + 1 + 1);
  for (const text of [...fakes, "Steel ```"]) assert.ok(file.includes("\n" + quoted(text)), text.slice(0, 60));
  assert.ok(
    lines.includes("- Dee, has left") && lines.includes("- Ada, admin") && lines.includes("*This was removed.*"),
  );
  assert.ok(lines.includes("### Proposed by Bo, agreed by Cy"));
  assert.deepEqual(JSON.parse(json(what).join("")).messages, messages);
});

test("an export renders Markdown, unless it may leave its quote, load something, change others or draw a box", () => {
  assert.equal(quoted("# Plan\n\n- [a](https://example.org)\r\n- **b**"),
    "> # Plan\n>\n> - [a](https://example.org)\n> - **b**\n");
  assert.equal(quoted("```\na\n```"), "> ```\n> a\n> ```\n");
  for (const text of ["</blockquote>", "<!-- x", "![x](https://example.org/x.png)", "[docs]: https://evil.example",
    "[x](javascript:alert(1))", "a\u2028# b", "[!WARNING]\nThe server ends this room.",
    "```mermaid\nx\n```", "- ~~~~ \tmermaid\nx", "`````\u00a0mermaid"]) assert.equal(quoted(text), fenced(text));
});

test("an export tells events in words, with names and texts that stay what they are", () => {
  const at = "2030-01-01T12:00:00Z";
  const say = (event) => markdown({
    room: { name: "den", agents: [] }, me: "Ada", at, messages: [{ at, ...event }], agreements: [], done: [], open: [],
    files: [],
  }).at(-1).trim();
  const stamped = "*2030-01-01 12:00:00 UTC · ";
  assert.equal(say({ type: "joined", agent: "Bo_1" }), stamped + "Bo\\_1 joined*");
  assert.equal(say({ type: "joined", agent: "bo" }), stamped + "bo joined*");
  assert.equal(say({ type: "supervision", reason: "paused" }), stamped + "You paused your agent*");
  assert.equal(say({ type: "room", by: "Ada", person: true, changes: { description: "*Be*\n# kind." } }),
    stamped + "Ada's owner changed the description: “\\*Be\\* \\# kind”*");
  assert.equal(say({ type: "task", agent: "Bo", action: "finish", task: { id: "t1", title: "Paint", result: "- it" } }),
    stamped + "Bo marked t1 “Paint” as done*\n\nt1:\n\n> - it");
  const tasks = ["a", "b", "c", "d"].map((title, n) => ({ id: "t" + (n + 1), title, ...(n > 1 && { text: title }) }));
  assert.equal(say({ type: "task", agent: "Bo", action: "add", tasks }),
    stamped + "Bo added t1 “a”, t2 “b”, t3 “c”, and t4 “d”*\n\nt3:\n\n> c\n\nt4:\n\n> d");
});

test("agreements are those that are known and those in what was said, the oldest first", () => {
  const messages = [
    { id: "p", from: "Bo", text: "steel", at: "2030-01-02" },
    { id: "q", from: "Cy", kind: "agree", reply_to: "p", agreed: "p", at: "2030-01-03" },
  ];
  const known = [{ id: "p", text: "old", at: "2030-01-03" }, { id: "o", text: "wood", at: "2030-01-01" }];
  assert.deepEqual(agreementsIn(messages, known).map(({ id, text, agreed_by: yes }) => [id, text, yes]),
    [["o", "wood", undefined], ["p", "steel", ["Cy"]]]);
  const file = { name: "a.csv", size: 1, type: "text/plain" };
  const signed = { ...file, sha256: "ab" };
  messages[0].file = file;
  assert.deepEqual(agreementsIn(messages, [{ ...known[0], file: signed }])[0].file, signed);
  assert.deepEqual(agreementsIn(messages, [])[0].file, file);
});

test("an agreement that another one replaces stays in the export, and each names the other", () => {
  const at = "2030-01-02T09:30:00Z";
  const agreed = (id, more) => [
    { id, from: "Bo", type: "message", kind: "proposal", text: "at " + id, at, ...more },
    { id: "y" + id, from: "Cy", type: "message", kind: "agree", reply_to: id, agreed: id, at },
  ];
  const messages = [...agreed("o"), ...agreed("p", { replaces: "o" }), ...agreed("q")];
  const known = [{ id: "q", text: "at q", at, replaced_by: "r" }, { id: "r", text: "at r", at, replaces: "q" }];
  const all = agreementsIn(messages, known);
  assert.deepEqual(all.map(({ id, replaces, replaced_by: newer }) => [id, replaces, newer]),
    [["r", "q", undefined], ["o", undefined, "p"], ["p", "o", undefined], ["q", undefined, "r"]]);
  const file = markdown({ room: { name: "den", agents: [] }, me: "Ada", at, messages, agreements: all, done: [],
    open: [], files: [] }).join("");
  for (const line of ["· o · replaced by p\n", "· p · replaces o\n"]) assert.ok(file.includes(line), line);
});

test("a fence is longer than any in its text, and the name of a file suits every system", () => {
  assert.equal(fenced("a"), "```text\na\n```\n");
  assert.equal(fenced("````\n"), "`````text\n````\n`````\n");
  assert.equal(fileName("The bridge / ../é", "2030-01-01T12:00:00Z", "md"), "The-bridge-é-2030-01-01.md");
  assert.equal(fileName("…", "2030-01-01T12:00:00Z", "json"), "room-2030-01-01.json");
});

test("the minutes say what was agreed, what was done by whom, what is open, and which files there are", async () => {
  const read = (name) => readFile(new URL(name, import.meta.url), "utf8");
  const what = JSON.parse(await read("minutes.json"));
  assert.equal(minutes(what).join(""), await read("minutes.md"));
  assert.deepEqual(minutes({ agreements: [], done: [], open: [], files: [] }), []);
});

test("the files of a conversation are those that are still there", () => {
  const file = { name: "a.csv", size: 1, type: "text/csv" };
  const messages = [{ id: "m1", from: "Bo", at: "x", file, text: "look" },
    { id: "m2", from: "Bo", at: "x", text: "no" },
    { id: "m3", from: "Bo", at: "x", file, redacted: true }, { id: "m4", from: "Bo", at: "x", file, to: ["Cy"] }];
  assert.deepEqual(filesIn(messages),
    [{ id: "m1", from: "Bo", at: "x", file }, { id: "m4", from: "Bo", at: "x", file, to: ["Cy"] }]);
});

test("the text goes with the first file, and apart where something is wanted", () => {
  assert.deepEqual(sharedBy({ text: "look", to: ["Bo"] }, 0), { message: { text: "look", to: ["Bo"] }, share: {} });
  assert.deepEqual(sharedBy({ text: "look", to: ["Bo"], reply_to: "m1" }, 2),
    { message: null, share: { note: "look", to: ["Bo"], reply_to: "m1" } });
  assert.deepEqual(sharedBy({}, 1), { message: null, share: {} });
  const asks = { text: "Right?", kind: "request", ask: ["Bo"], to: ["Bo"] };
  assert.deepEqual(sharedBy(asks, 1), { message: asks, share: { to: ["Bo"] } });
  const agrees = { kind: "agree", reply_to: "m1" };
  assert.deepEqual(sharedBy(agrees, 1), { message: agrees, share: { reply_to: "m1" } });
  const files = (parts, n) => unfit(draft(parts), state(), n).why;
  assert.deepEqual([files({ text: "" }, 1), files({ text: "" }, 0), files({ text: "", kind: "object" }, 1)],
    ["", "empty", "empty"]);
});

test("the menu has what the person may do in the room", () => {
  const agents = [{ name: "Ada", you: true, role: "admin" }];
  const menu = (room, alone = false) => itemsOf({ room: { agents, ...room }, alone }).join(" ");
  const open = "invite tasks approval notices settings export name device webhook keys leave forget";
  assert.equal(menu({}), open);
  assert.equal(menu({ agents: [{ name: "Ada", you: true, role: "member" }] }), open.replace("settings ", ""));
  assert.equal(menu({}, true), "invite tasks notices settings export device keys leave forget");
  assert.equal(menu({ closed: true }), "tasks export device keys forget");
});

test("a suggestion says which one makes way for it", () => {
  const now = Date.now();
  const at = (ago) => new Date(now - ago * 3600_000).toISOString();
  const plan = { id: "m1", type: "message", kind: "proposal", from: "Bo", ask: ["Ada"], text: "Red", at: at(3) };
  const done = { id: "m2", type: "message", kind: "agree", from: "Ada", reply_to: "m1", agreed: "m1", at: at(2) };
  const by = (messages, parts = {}, more = {}) => replacedBy({ ...draft({ kind: "proposal", reply: "m1" }), ...parts },
    state({}, { messages, agreements: [], requests: [], ...more }))?.how ?? "";
  const secret = [{ ...plan, to: ["Ada"] }, done];
  const here = (...agents) => ({ room: { agents: [{ name: "Ada", you: true }, ...agents] } });
  for (const [how, messages, parts, more] of [
    ["agreed", [plan, done]],
    ["", [plan, done], { kind: "request" }],
    ["", [plan, done], { audience: "agent" }],
    ["", [plan, done], { audience: "some", to: ["Bo"] }], // others see the old one
    ["agreed", secret, { audience: "some", to: ["Bo"] }],
    ["", secret, { audience: "some", to: ["Cy Long"] }],
    ["", [plan, done], {}, { agreements: [{ id: "m1", agreed_by: ["Ada"], replaced_by: "m7" }] }],
    ["agreed", [plan, done], {}, here({ name: "Bo", muted: true })],
    ["", [plan, done], {}, here({ name: "Cy Long" })], // nobody whom it binds is left
    ["", [plan]], // it is over, and was not decided
    ["open", [plan], {}, { requests: [{ id: "m1" }] }],
    ["", [{ ...plan, ask: ["Cy Long"] }], {}, { requests: [{ id: "m1" }] }],
  ]) assert.equal(by(/** @type {any} */ (messages), parts, more), how, JSON.stringify([messages, parts, more]));
});
