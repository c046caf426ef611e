import { happens } from "./platform.js";
import { all, sentenceOf, shown } from "./elements.js";
import { drawn, settled } from "./page.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { spoken } from "../assets/talk/announcer.js";
import { countOf, together } from "../assets/talk/deeds.js";
import { Events, saidOf, sentence, voted } from "../assets/talk/events.js";
import { known } from "../assets/talk/known.js";
import { longPress } from "../assets/talk/long-press.js";
import { mentioning, mentions } from "../assets/talk/mentions.js";
import { Marks, Soon, standing } from "../assets/talk/marks.js";
import { Markdown } from "../assets/talk/markdown.js";
import { nameOf } from "../assets/talk/message.js";
import { audience, kindOf } from "../assets/talk/names.js";
import { outcomesOf } from "../assets/talk/outcomes.js";
import { lineOf, search, together as joined } from "../assets/talk/places.js";
import { initials } from "../assets/ui/avatar.js";
import { colourIn, colourOf, withColours } from "../assets/ui/colour.js";
import { few } from "../assets/ui/few.js";
import { fill, plain, word } from "../assets/ui/fill.js";
import { cutWithin } from "../assets/ui/quote.js";
import { ago, Clock, clockOf, clockOrDay, dayName } from "../assets/ui/time.js";
import { html, useState } from "../assets/vendor.js";

const flat = (parts) => sentenceOf(parts).replace(/\s*\n\s*/g, "");
const says = (event) => flat(sentence(event));

test("a long press swallows the click that ends it, and none that comes later without a press", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const pressed = [];
  const { onPointerDown, onPointerUp } = longPress((id) => pressed.push(id));
  const target = { closest: (what) => (what === "article" ? { dataset: { id: "m1" } } : null) };
  const swallowed = () => {
    let stopped = false;
    happens("click", { preventDefault: () => (stopped = true) });
    return stopped;
  };
  onPointerDown({ target, pointerType: "touch", isPrimary: true });
  t.mock.timers.tick(500);
  assert.deepEqual([pressed, swallowed()], [["m1"], true]);
  onPointerUp();
  happens("pointerup");
  t.mock.timers.tick(399);
  assert.ok(swallowed());
  t.mock.timers.tick(1);
  assert.ok(!swallowed());
});

test("what happened is said in the server's words, and names stand apart", () => {
  for (const [event, want] of [
    [{ type: "left", agent: "Bo" }, "[Bo] left"],
    [{ type: "left", agent: "Bo", reason: "kicked", by: "Ada", note: "too loud" }, "[Ada] removed [Bo]: “too loud”"],
    [
      { type: "left", agent: "Bo", reason: "banned", by: "Ada", changes: { invite: "new" } },
      "[Ada] banned [Bo]; the invite link was replaced",
    ],
    [
      { type: "left", agent: "Bo", reason: "timeout", new_admin: "Cy" },
      "[Bo] timed out; new admin: [Cy]",
    ],
    [{ type: "role", action: "mute", agent: "Bo", by: "Ada" }, "[Ada] muted [Bo]"],
    [{ type: "role", reason: "timeout", agent: "Bo" }, "[Bo] became admin because all admins were inactive"],
    [{ type: "room", reason: "closed", by: "Ada" }, "[Ada] closed the room"],
    [
      { type: "room", by: "Ada", changes: { room: "The bridge", capacity: 6 } },
      "[Ada] renamed the room “The bridge”, set the seats to [6]",
    ],
    [{ type: "room", by: "Ada", changes: { description: "" } }, "[Ada] removed the description"],
    [
      { type: "room", by: "Ada", person: true, changes: { capacity: 6 } },
      "[Ada's owner] set the seats to [6]",
    ],
    [{ type: "left", agent: "Bo", reason: "kicked", by: "Ada", person: true, person_name: "Kim" },
      "[Kim, for Ada] removed [Bo]"],
    [
      { type: "room", by: "Ada", changes: { description: "For all. Be kind.", capacity: 6 } },
      "[Ada] changed the description: “For all. Be kind”, set the seats to [6]",
    ],
    [
      { type: "room", by: "Ada", changes: { description: "constructor" } },
      "[Ada] changed the description: “constructor”",
    ],
    [
      { type: "room", by: "Ada", changes: { type: "channel", public: false } },
      "[Ada] let only admins speak, unlisted the room",
    ],
    [{ type: "room", by: "Ada", changes: { agent_messages: 0 } }, "[Ada] removed the limit on agent messages"],
    [{ type: "room", by: "Ada", changes: { password: "toString" } }, "[Ada] changed the room"],
    [{ type: "room", by: "Ada", changes: { colour: "red" } }, "[Ada] changed the room"],
    [{ type: "knock", reason: "name_taken", agent: "Bo" }, "A newcomer chose the name [Bo], which is taken"],
    [{ type: "draft" }, "Your agent drafted a message for you to approve"],
    [{ type: "draft", reason: "edited" }, "You edited and sent a draft"],
    [{ type: "supervision", reason: "paused" }, "You paused your agent"],
    [{ type: "hook", agent: "Ada" }, "Your agent's client turned on notifications"],
    [{ type: "hook", agent: "Ada", hook: "each", person: true },
      "You added a webhook"],
    [{ type: "hook", agent: "Ada", hook: "each", reason: "unsubscribed", person: true }, "You deleted a webhook"],
    [{ type: "hook", agent: "Ada", hook: "each", reason: "expired" },
      "A webhook stopped: its key was revoked, or its address refused calls"],
    [{ type: "hook", agent: "Ada", hook: "messenger", person: true }, "You added a channel of a messenger"],
    [{ type: "hook", agent: "Ada", hook: "messenger", reason: "expired" },
      "Notes to a channel of a messenger stopped: its key was revoked, or the channel is gone"],
    [{ type: "hook", agent: "Ada", hook: "agent" }, "Your agent is now called when needed"],
    [{ type: "hook", agent: "Ada", hook: "of tomorrow" }, "Something changed in the room"],
    [{ type: "hook", agent: "Ada", reason: "unsubscribed" }, "Your agent's client turned off notifications"],
    [{ type: "hook", agent: "Ada", reason: "unsubscribed", person: true },
      "You stopped notifications to your agent's client"],
    [{ type: "of tomorrow" }, "Something changed in the room"],
  ])
    assert.equal(says(event), want);
});

test("a line of events has the beginning of a long title, which stands whole at the side", () => {
  const title = "Compare " + "the long ledgers ".repeat(9);
  assert.equal(flat(sentence({ type: "task", action: "add", agent: "Bo", task: { id: "t1", title } })),
    "[Bo] added <span>t1</span> “Compare the long ledgers the long ledgers the long ledgers…”");
  assert.equal(cutWithin("🌉".repeat(40)), "🌉".repeat(40), "40 letters are not long");
  assert.equal(cutWithin("会议 " + "长".repeat(90)), "会议 " + "长".repeat(57) + "…", "a title is more than its first word");
});

test("what one's own seat did, or what was done to it, is told of you or your agent", () => {
  const task = { type: "task", action: "take", agent: "Ada", task: { id: "t1", title: "x" } };
  for (const [event, agents, persons] of [
    [{ type: "joined", agent: "Ada" }, "Your agent joined", "You joined"],
    [{ type: "joined", agents: ["Ada", "Bo"] }, "Your agent and [Bo] joined", "You and [Bo] joined"],
    [{ type: "joined", agents: ["Bo", "Ada"] }, "[Bo] and your agent joined", "[Bo] and you joined"],
    [{ type: "left", agent: "Ada", reason: "kicked", by: "Bo" }, "[Bo] removed your agent", "[Bo] removed you"],
    [{ type: "left", agent: "Bo", new_admin: "Ada" }, "[Bo] left; new admin: your agent", "[Bo] left; new admin: you"],
    [{ type: "role", action: "mute", agent: "Bo", by: "Ada", person: true }, "You muted [Bo]", "You muted [Bo]"],
    [{ type: "role", reason: "timeout", agent: "Ada" }, "Your agent became admin because all admins were inactive",
      "You became admin because all admins were inactive"],
    [task, "Your agent put <span>t1</span> “x” in progress", "You put <span>t1</span> “x” in progress"],
    [{ ...task, agent: "Bo", task: { ...task.task, was: "Ada" } }, "[Bo] took over <span>t1</span> “x” from your agent",
      "[Bo] took over <span>t1</span> “x” from you"],
    [{ type: "knock", reason: "name_taken", agent: "Ada" }, "A newcomer chose the name [Ada], which is taken",
      "A newcomer chose the name [Ada], which is taken"],
  ]) {
    const said = (alone) => flat(sentence(event, { me: "Ada", alone }));
    assert.deepEqual([said(false), said(true)], [agents, persons]);
  }
});

test("a name that looks like a template stays a name", () => {
  assert.equal(says({ type: "left", agent: "{by}", by: "Ada" }), "[{by}] left");
});

const wide = { me: "Ada", known: () => null, jump: () => {} };
const lines = (...events) => together(events.map((event, n) => ({ id: "e" + n, ...event })))
  .map((line) => flat(saidOf(line, wide)));

test("events of one kind in a row are one line, with each name and each title apart", () => {
  const left = (agent, more) => ({ type: "left", agent, ...more });
  const task = (agent, action, id, more) => ({ type: "task", agent, action, task: { id, title: "T" + id, ...more } });
  const joined = (agent) => ({ type: "joined", agent });
  const said = (id) => `<span>${id}</span> “T${id}”`;
  assert.deepEqual(lines(joined("Ann"), joined("Bob and Cy"), joined("Dee"), left("Dee")),
    ["[Ann], [Bob and Cy], and [Dee] joined", "[Dee] left"]);
  assert.deepEqual(lines(left("Bo"), left("Cy"), left("Di", { note: "Bye." })),
    ["[Bo] and [Cy] left; [Di] left: “Bye”"]);
  assert.deepEqual(lines(left("Bo", { reason: "kicked", by: "Ada" }), left("Cy", { reason: "kicked", by: "Eve" })),
    ["Your agent removed [Bo]; [Eve] removed [Cy]"]);
  assert.deepEqual(
    lines(task("Bo", "take", "t1"), task("Bo", "take", "t2"), task("Cy", "take", "t3"), task("Cy", "finish", "t3")),
    [`[Bo] put ${said("t1")} and ${said("t2")} in progress; [Cy] put ${said("t3")} in progress`,
      `[Cy] marked ${said("t3")} as done`]);
  const muted = (agent) => ({ type: "role", action: "mute", by: "Ada", agent });
  assert.deepEqual(lines(...["Bo", "Cy"].map(muted)), ["Your agent muted [Bo]; your agent muted [Cy]"]);
  assert.equal(lines(knock, { ...knock, agent: "Cy" }).length, 2, "each has a button of its own");
});

test("a fold counts each thing that happened", () => {
  const task = (id, more) => ({ type: "task", agent: "Bo", action: "add", task: { id, title: id }, ...more });
  const count = (...events) => countOf(together(events));
  assert.equal(count(task("t1"), task("t2"), task("t2", { action: "take" })), 3);
  assert.equal(count(task("t1", { tasks: [1, 2, 3] })), 3);
});

const at = "2030-01-01T12:00:00Z";
const knock = { type: "knock", id: "k1", reason: "name_taken", agent: "Bo", at };
test("an @ and a name as a whole word mention it, in any spelling, as the server reads it", () => {
  for (const text of ["But this, @ann, is.", "x@ANN", "@Ａnn", "请@Ann看", "@Annさん", "@Annｻﾝ", "@Ann님", "@Annครับ",
    "@Annຈົ່ງ", "@Annសូម", "@Annက", "@Annу", "@Annजी", "@Ann-さん"])
    assert.ok(mentions(text, "Ann", ["Ann"]), text);
  for (const text of ["Not for @Anna", "@Ann-2", "Ann", "@Ann-son", "@Ann๑"])
    assert.ok(!mentions(text, "Ann", ["Ann"]), text);
  assert.ok(!mentions("@रामजी", "राम", ["राम"]) && mentions("请@小明check", "小明", ["小明"]));
  assert.ok(!mentions("@小明明看", "小明", ["小明", "小明明"]) && mentions("@小明看 @小明明", "小明", ["小明", "小明明"]));
  const say = mentioning(["Maya", "Maya's Claude", "小明"], "Maya's Claude");
  assert.equal(shown(say("@Maya’s claude, ask @Maya and 请@小明看一下, not @Mayan."), "class").replace(/\s*\n\s*/g, ""),
    '<bdi class="mention mention-me">@Maya’s claude</bdi>, ask <bdi class="mention">@Maya</bdi> and ' +
    '请<bdi class="mention">@小明</bdi>看一下, not @Mayan.');
  assert.equal(shown(say("½ day… ask ＠Ｍａｙａ™, @Maya…"), "class").replace(/\s*\n\s*/g, ""),
    '½ day… ask ＠Ｍａｙａ™, <bdi class="mention">@Maya</bdi>…');
  const marked = (text) => shown(Markdown({ text, say }), "class");
  assert.ok(marked("**@Maya**").includes("mention") && !marked("`@Maya`\n```\n@Maya\n```").includes("mention"));
});

test("who reads a message is said in words", () => {
  const said = (message) => sentenceOf(audience(message, "Ada"));
  assert.equal(said({ from: "Bo" }), "to everyone");
  assert.equal(said({ from: "Ada", to: ["Ada"] }), "Private note to your agent");
  assert.equal(said({ from: "Bo", to: ["Ada", "Cy"] }), "Only to you and [Cy]");
  assert.equal(audience({ from: "Bo", to: ["Bo and Cy"] }, "Ada", plain), "Only to “Bo and Cy”");
  assert.equal(audience({ from: "Bo", to: ["Bo", "Cy"] }, "Ada", plain), "Only to “Bo” and “Cy”");
});

test("what a message is for", () => {
  assert.deepEqual(
    [kindOf({ ask: ["Bo"] }), kindOf({ kind: "proposal", ask: ["Bo"] }), kindOf({ ask: [] })],
    ["request", "proposal", ""],
  );
});

const asks = (message, owed, more = {}) => {
  const requests = new Map(owed ? [["m1", { owed_by: owed }]] : []);
  const got = standing({ id: "m1", ...message },
    { requests, outcomes: new Map(), me: "Ada", alone: false, ...more });
  return got && { ...got, text: sentenceOf(got.text) };
};

test("a card says whom it asks, and who still has to answer", () => {
  const marks = (message, alone = false) => sentenceOf(Marks({ message, view: { me: "Ada", alone } }));
  assert.match(marks({ ask: ["Bo", "Cy"] }), /Question.*asks \[Bo\] and \[Cy\]/);
  assert.match(marks({ kind: "request" }), /asks anyone/);
  assert.doesNotMatch(marks({ kind: "done" }), /asks/);
  assert.equal(asks({ ask: ["Bo"] }), null); // nobody knows
  assert.deepEqual(asks({ ask: ["Ada", "Bo"] }, ["Bo"]), { text: "Waits for [Bo]", all: undefined, end: "" });
  const many = asks({ kind: "proposal" }, ["Bo", "Cy", "Ada", "Dee", "Eve", "Fay"]);
  assert.deepEqual([many.text, many.end], ["Waits for your agent, [Bo], [Cy], and 3 others", "mine"]);
  assert.equal(many.all, "“Bo”, “Cy”, your agent, “Dee”, “Eve”, and “Fay”");
  assert.equal(asks({ ask: ["Ada"] }, ["Ada"], { alone: true }).text, "Waits for you");
});

/** Returns the line at the foot of the first message of a talk. */
function told(messages, { agreements = [], owed, ...more } = {}) {
  const requests = new Map(owed ? [["p", { owed_by: owed }]] : []);
  const byId = new Map(messages.map((message) => [message.id, message]));
  const got = standing(messages[0], { me: "Ada", alone: false, outcomes: outcomesOf(messages, agreements), requests,
    byId, known: (id) => known(id, byId.get(id), { agreements }), ...more });
  return got ? sentenceOf(got.text).replace(/<\/?button>|\s+$/g, "").replace(/\s+/g, " ") : "";
}
const from = (name, kind, more) => ({ id: name, at: "2", type: "message", from: name, kind, reply_to: "p", ...more });
const proposal = { id: "p", at: "1", type: "message", from: "Eve", kind: "proposal", ask: ["Ada", "Bo", "Cy"] };
const request = { ...proposal, kind: "request" };

test("a proposal tells at its foot how it stands, in one line", () => {
  const yes = (...names) => names.map((name) => from(name, "agree"));
  const done = from("Cy", "agree", { agreed: "p" });
  const newer = from("Bo", "proposal", { ask: ["Eve"], replaces: "p", text: "Paint it red." });
  for (const [replies, more, want] of [
    [[], {}, ""],
    [[], { owed: ["Ada", "Bo", "Cy"] }, "0 of 3 agreed"],
    [[], { owed: ["Cy"] }, "Waits for [Cy]"],
    [yes("Ada", "Bo"), { state: { asOf: "p", room: { agents: [{ name: "Ada" }, { name: "Bo" }] } } },
      "Not decided: [Cy] left"],
    [yes("Ada"), { state: { asOf: "Ada", room: { closed: true, agents: proposal.ask.map((name) => ({ name })) } } },
      "Not decided"],
    [yes("Ada"), { state: { asOf: "", room: { agents: [] } } }, ""],
    [yes("Bo"), { owed: ["Ada", "Cy"] }, "1 of 3 agreed · waits for your agent and [Cy]"],
    [yes("Bo"), { owed: ["Ada", "Bo", "Cy"] }, "1 of 3 agreed · waits for your agent and [Cy]"], // read before
    [[...yes("Ada", "Bo"), done], { owed: ["Cy"] }, "3 of 3 agreed"],
    [[...yes("Ada", "Bo"), { type: "left", agent: "Cy", agreed: "p" }], {}, "2 of 3 agreed"],
    [yes("Ada", "Bo"), { agreements: [{ id: "p" }] }, "2 of 3 agreed"],
    [[], { agreements: [{ id: "p" }] }, "Agreed"],
    [[from("Bo", "object")], { owed: ["Ada"] }, "[Bo] objected"],
    [[from("Ada", "object")], {}, "Your agent objected"],
    [[from("Ada", "object", { person: true })], {}, "You objected"],
    [[from("Dan", "object"), from("Dan", "agree"), from("Bo", "")], {}, ""],
    [[newer], {}, "Replaced by “Paint it red”"],
    [[from("Bo", "proposal", { ask: ["Eve"] })], {}, ""],
    [[...yes("Ada", "Bo"), done, newer], {}, "3 of 3 agreed"],
    [[...yes("Ada", "Bo"), done, newer, from("Eve", "agree", { reply_to: "Bo", agreed: "Bo" })], {},
      "Agreed, then replaced by “Paint it red”"],
    [yes("Ada", "Bo"), { agreements: [{ id: "p", replaced_by: "n" }] }, "Agreed, then replaced by “a newer one”"],
    [[...yes("Bo"), from("Eve", "", { reply_to: undefined, withdraws: "p" })], {}, "Withdrawn"],
  ])
    assert.equal(told([proposal, ...replies], more), want);
});

test("a request tells at its foot whether it was answered", () => {
  const all = ["Ada", "Bo", "Cy"].map((name) => from(name, ""));
  for (const [message, replies, more, want] of [
    [request, all, {}, "3 of 3 answered"],
    [request, all.slice(1), { owed: ["Ada"], alone: true }, "2 of 3 answered · waits for you"],
    [request, [from("Dan", ""), from("Eve", ""), from("Bo", "", { to: ["Cy"] })], {}, ""],
    [{ ...request, ask: ["Ada"] }, [from("Ada", "", { type: "draft" })], {}, ""],
    [{ ...request, kind: undefined, ask: ["Bo"] }, [from("Bo", "", { to: ["Eve"] })], {}, "Answered"],
    [{ ...request, ask: undefined }, [from("Dan", "status")], { owed: [] }, "Answered"],
    [{ ...request, ask: undefined }, [from("Eve", "")], { owed: [] }, "Waits for anyone"],
    [request, [from("Eve", "", { reply_to: undefined, withdraws: "p" })], {}, "Withdrawn"],
  ])
    assert.equal(told([message, ...replies], more), want);
});

test("who has said a message and its first line are known from all that tells of it", () => {
  const long = "Shall we paint it red".padEnd(40, "!") + "or rather blue".padStart(40, "?");
  const gone = { id: "q", from: "Bo", text: "removed", redacted: true };
  const also = {
    requests: [{ id: "r", from: "Bo", person: true, person_name: "Bob", text: long + "." }],
    agreements: [{ id: "a", by: "Eve, for Ada", text: "**At noon.**\nSharp." }], quoted: [gone],
  };
  for (const [id, message, want] of [
    ["r", { id: "r", from: "Cy", text: "Red?\nOr blue?" }, "Cy: Red?"],
    ["r", undefined, "Bob, for Bo: Shall we paint it red!!!!!!!!!!!!!!!!!!!…"],
    ["a", undefined, "Eve, for Ada: At noon."],
    ["q", undefined, "Bo: This was removed."],
    ["x", undefined, ""],
  ]) {
    const got = known(id, message, /** @type {any} */ (also));
    assert.equal(got ? `${got.who}: ${got.text}` : "", want);
  }
});

test("votes without a word are one line for each proposal", () => {
  const other = from("Cy", "agree", { reply_to: "q" });
  const lines = together([from("Bo", "agree"), from("Cy", "agree", { agreed: "p" }), other,
    { type: "left", agent: "Di" }]);
  assert.deepEqual(lines.map(({ votes, agreed }) => [votes?.map((vote) => vote.from), agreed]),
    [[["Bo", "Cy"], "p"], [["Cy"], undefined], [undefined, undefined]]);
  const talk = { me: "Ada", known: () => ({ who: "Eve", text: "Paint it red." }), jump: () => {} };
  const line = (...votes) => sentenceOf(sentence(voted(together(votes)[0], talk)));
  assert.match(line(from("Bo", "agree"), from("Ada", "agree", { agreed: "p" })),
    /^\[Bo\] and your agent agreed to .*“Paint it red”.* · all agreed$/s);
  assert.match(line(from("Ada", "agree", { person: true })), /^You agreed to /);
});

test("many names are few, the own one first", () => {
  assert.deepEqual(few(["a", "b", "c", "d"], "c"), ["c", "a", "b", "d"]);
  assert.deepEqual(few(["a", "b", "c", "d", "e"], "x"), ["a", "b", "c", word("2 others")]);
});

test("a sentence sets what others chose apart, in elements and in texts", () => {
  assert.equal(shown(fill("{a} and {q}", { a: "<b>", q: { quote: "hi" } })), "<bdi><b></bdi> and <q><bdi>hi</bdi></q>");
  assert.equal(plain("{names} owe {you}", { names: ["A", "B and C"], you: word("you") }), "“A” and “B and C” owe you");
});

test("a message is called by who says it to whom, for what and when", () => {
  const name = nameOf({ from: "Bo", person: true, to: ["Ada"], kind: "request", at }, { me: "Ada" });
  assert.match(name, /^Bo's owner, Only to you, Question, \d/);
  assert.match(nameOf({ from: "Bo", person: true, person_name: "Kim" }, { me: "Ada" }), /^Kim, for Bo, to everyone/);
  assert.match(nameOf({ from: "Kim", person: true, person_name: "Kim" }, { me: "Ada" }), /^Kim, to everyone/);
  assert.match(nameOf({ from: "Ada", file: {} }, { me: "Ada" }), /^Ada, to everyone, with a file, Sending$/);
  assert.deepEqual(["Bob's Claude", "-x", "Ünal_de", "…"].map(initials), ["BC", "X", "ÜD", ""]);
});

test("eight agents have eight colours, and keep them whoever comes and goes", () => {
  const names = Array.from({ length: 8 }, (_, n) => "Agent " + n);
  const first = withColours(new Map(), names);
  assert.deepEqual([...new Set(first.values())].sort(), [0, 1, 2, 3, 4, 5, 6, 7]);
  assert.equal(colourIn(first, names[0]), colourOf("agent 0"));
  const later = withColours(first, [...names.slice(5), "Bo", "Cy"]);
  assert.deepEqual(names.map((name) => colourIn(later, name)), names.map((name) => colourIn(first, name)));
  assert.notEqual(colourIn(later, "Bo"), colourIn(later, "Cy"));
  assert.equal(withColours(later, ["Cy", "Agent 7"]), later);
  assert.equal(colourIn(later, "who left before"), colourOf("who left before"));
});

test("searching finds each message with a text, speakers and files in any case, and nothing of events", () => {
  const messages = [
    { id: "a", type: "message", from: "Bo", text: "The first Needle, and a needle" },
    { id: "b", type: "message", from: "Needler", text: "hay" },
    { id: "c", type: "joined", agent: "needle" },
    { id: "d", type: "message", from: "Bo", file: { name: "Needle.csv" } },
  ];
  const found = (text) => search(messages, text).map(({ id, count }) => id + count).join(" ");
  assert.deepEqual([found(" needle "), found(""), found("BO")], ["a2 b0 d0", "", "a0 d0"]);
});

test("the word in the place of a removed text is not found: nobody has said it", () => {
  const gone = { id: "a", type: "message", from: "Bo", redacted: true, text: "removed" };
  const said = { ...gone, id: "b", redacted: undefined };
  const found = (text) => search([gone, said], text).map(({ id, count }) => id + count).join(" ");
  assert.deepEqual([found("removed"), found("bo")], ["b1", "a0 b0"]);
  const lines = [gone, said].map((message) => lineOf(message, "bo").join(""));
  assert.deepEqual(lines, ["This was removed.", "removed"]);
});

test("what was found and what is loaded stand together once, whole, and not after their removal", () => {
  const more = { id: "c", offset: 3 };
  const kept = [{ id: "a", text: "gone" }, { id: "b", text: "needle" }, { id: "c", text: "a needle" }];
  const loaded = [{ id: "c", text: "a n", more }, { id: "d", changes: { redacted: "a" } }, { id: "e", text: "new" }];
  assert.deepEqual(joined(kept, loaded), [kept[1], kept[2], ...loaded.slice(1)]);
});

test("a result is the line of its first place, without Markdown, and the text in it", () => {
  const text = "# Hay\n\n- All the **hay** in which there is no more than this one `Needle`, and\n> a needle.";
  const line = (wanted, more = {}) => lineOf({ from: "Bo", text, ...more }, wanted);
  assert.deepEqual(line("needle"), ["… than this one ", "Needle", ", and"]);
  assert.deepEqual(line(" a needle"), ["", "a needle", "."]);
  assert.deepEqual(line("bo"), ["Hay", "", ""]);
  assert.deepEqual(line("csv", { file: { name: "Hay.CSV" } }), ["Hay.", "CSV", ""]);
  assert.deepEqual(line("hay", { text: "İ and hay" }), ["i̇ and ", "hay", ""]); // lower case is longer
});

test("times are said as people say them", () => {
  const noon = new Date(2030, 0, 9, 12).getTime();
  assert.deepEqual(
    [0, 59, 60, 3_600, 86_399, 86_400, 86_400 * 2].map((s) => ago(noon - s * 1_000, noon)),
    ["now", "now", "1 min ago", "1 h ago", "23 h ago", "1 day ago", "2 days ago"],
  );
  assert.equal(ago(noon + 5_000, noon), "now"); // a clock that is ahead
  assert.deepEqual([noon, noon - 13 * 3_600_000].map((at) => dayName(at, noon)), ["Today", "Yesterday"]);
  assert.match(dayName(noon - 4 * 86_400_000, noon), /January 5|5 January/);
  assert.match(dayName(noon - 400 * 86_400_000, noon), /2028/);
});

test("a countdown is drawn when its second changes, and no more when it is over", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const seconds = [];
  drawn(Soon, { says: (s) => (seconds.push(s), ""), ends: 1_500 });
  for (let n = 0; n < 100; n++) {
    t.mock.timers.tick(50);
    await Promise.resolve();
  }
  assert.deepEqual(seconds.filter((s) => s < 5), [2, 1]);
});

test("in the conversation, times are those of the clock", () => {
  const noon = new Date(2030, 0, 9, 12, 5);
  assert.equal(shown(Clock({ at: noon.toISOString() })), `<time>${clockOf(noon)}</time>`);
  assert.match(clockOf(noon), /^12[:.]05/);
  assert.equal(clockOrDay(noon, noon), clockOf(noon));
  assert.match(clockOrDay(new Date(2030, 0, 5), noon), /Jan 5|5 Jan/);
});

test("events are lines, and changes to tasks and rejections one line each where the first was", async () => {
  const task = (id) => ({ type: "task", agent: "Bo", action: "add", task: { id, title: "Weigh it", evidence: {} } });
  const events = [{ type: "joined", agent: "Bo" }, task("t1"), { type: "left", agent: "Bo" }, task("t2"), knock,
    { type: "draft", reason: "refused" }, { type: "supervision", reason: "paused" },
    { type: "draft", reason: "refused" }]
    .map((event, n) => ({ ...event, id: "e" + n, at: `2030-01-02T10:0${n >> 1}:00Z` }));
  const view = { me: "Ada", ghosts: new Set(), byId: new Map(), opens: () => {} };
  const Log = () => {
    const [open, setOpen] = useState(new Set());
    return html`<${Events} events=${events} view=${{ ...view, open, toggle: (id) => setOpen(new Set([id])) }} />`;
  };
  const page = drawn(Log, {});
  const lines = () => page.find("p")
    .map((line) => line.textContent.replace(/\s+/g, " ").replace(/ ?\d+:\d+.*/, "").trim());
  const first = ["Bo joined", "2 changes to tasks", "Bo left", "A newcomer chose the name Bo, which is taken",
    "You rejected 2 drafts", "You paused your agent"];
  assert.deepEqual(lines(), first);
  page.find("button")[0].dispatchEvent(new Event("click"));
  await settled();
  assert.deepEqual(lines(), first.toSpliced(2, 0, "Bo added t1 Weigh it").toSpliced(4, 0, "Bo added t2 Weigh it"));
  assert.deepEqual(page.find("p").map((line) => line.class ?? line.className).slice(0, 3),
    ["event", "event", "event event-same"], "within one minute the first has the time in sight");
});

test("a line of a table is spoken without what stands between its cells", () => {
  assert.deepEqual(["| Currency | v1 | v2 |", "a | b"].map(spoken), ["Currency, v1, v2", "a | b"]);
});
