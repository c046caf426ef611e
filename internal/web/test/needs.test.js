import "./platform.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { needsInOther, needsOf } from "../assets/rooms/needs.js";

const me = "Ada";
const quest = { id: "m2", from: "Bo", text: "Why?", owed_by: [me, "Cy"], minutes: 1 };
const question = { id: "m2", type: "message", from: "Bo", text: "Why?\nReally?", kind: "request", ask: [me, "Cy"] };
const offer = { ...quest, id: "m3", text: "Let us go", proposal: true };
const proposal = { ...question, id: "m3", text: "Let us go", kind: "proposal" };
const draft = { id: "m4", type: "draft", from: me, text: "**Because**\nof that" };
const stalled = { id: "t1", title: "Sand it", state: "stalled", by: "Bo" };
const took = { id: "m5", type: "task", action: "take", agent: "Bo", task: { id: "t1", title: "Sand it" } };
const check = {
  id: "m8", last: "m8", who: ["Gus"], at: "2030-01-01T12:00:00Z", task: { id: "t1", title: "T" }, tasks: 1,
};
const reply = { id: "m9", type: "message", from: me, reply_to: "m2", text: "So" };

const line = ({ id, what, who, text, to, file }) =>
  [id, what, who, text, ...(to ? ["private"] : []), ...(file ? ["file"] : [])].join("|");

/** Returns what needs the person of a room that is open. */
function inSight({ drafts = [], requests = [], differing = [], tasks = [], messages = [], closed, asOf = "m9" }) {
  const room = { name: "den", agents: [{ name: "Bo" }, { name: me, you: true }], closed };
  const state = {
    phase: "live", me, room, supervision: { drafts }, deciding: {}, approved: [], pending: [], requests,
    differing, tasks, messages, asOf,
  };
  return needsOf(/** @type {any} */ (state)).map(line);
}

for (const [what, room, want] of /** @type {[string, any, string[]][]} */ ([
  ["nothing", {}, []],
  ["a draft, by its first line", { drafts: [draft], messages: [draft] }, ["m4|draft|Ada|Because"]],
  ["a draft of a file", { drafts: [{ ...draft, text: "", file: { name: "a.txt" } }] }, ["m4|draft|Ada|a.txt|file"]],
  ["a private question with a file", { requests: [quest],
    messages: [{ ...question, to: [me], file: { name: "a.txt" } }] }, ["m2|request|Bo|Why?|private|file"]],
  ["a question to its agent", { requests: [quest], messages: [question] }, ["m2|request|Bo|Why?"]],
  ["a question that was said long ago", { requests: [quest] }, ["m2|request|Bo|Why?"]],
  ["a question of a person", { requests: [{ ...quest, person: true, person_name: "Bob" }] },
    ["m2|request|Bob, for Bo|Why?"]],
  ["no question to others", { requests: [{ ...quest, owed_by: ["Cy"] }], messages: [question] }, []],
  ["no question to anyone", { requests: [{ ...quest, owed_by: undefined }] }, []],
  ["no question of its own", { requests: [{ ...quest, from: me }] }, []],
  ["no question that was answered since", { requests: [quest], messages: [question, reply] }, []],
  ["no question that a draft answers", { requests: [quest], drafts: [{ ...draft, reply_to: "m2" }],
    messages: [question, { ...draft, reply_to: "m2" }] }, ["m4|draft|Ada|Because"]],
  ["a question again once the draft is refused", { requests: [quest],
    messages: [question, { ...draft, reply_to: "m2" }, { id: "m6", type: "draft", draft: "m4", reason: "refused" }] },
    ["m2|request|Bo|Why?"]],
  ["a proposal", { requests: [offer], messages: [proposal] }, ["m3|proposal|Bo|Let us go"]],
  ["a proposal that was made long ago", { requests: [offer] }, ["m3|proposal|Bo|Let us go"]],
  ["no proposal to which it has agreed", { requests: [offer],
    messages: [proposal, { ...reply, kind: "agree", reply_to: "m3" }] }, []],
  ["no proposal to which another has objected", { requests: [offer],
    messages: [proposal, { ...reply, from: "Cy", kind: "object", reply_to: "m3" }] }, []],
  ["a task that has stalled, of whoever has it", { tasks: [stalled, { ...stalled, id: "t2", state: "taken" }],
    messages: [took] }, ["t1|task|Bo|Sand it"]],
  ["a task of which nobody knows who has it", { tasks: [{ ...stalled, by: undefined }] }, ["t1|task||Sand it"]],
  ["drafts, what asks it in the order of the room, differing, and tasks",
    { drafts: [draft], requests: [quest, offer], differing: [check], tasks: [stalled],
      messages: [question, proposal, draft, took] },
    ["m4|draft|Ada|Because", "m2|request|Bo|Why?", "m3|proposal|Bo|Let us go", "m8|check|Gus|T",
      "t1|task|Bo|Sand it"]],
  ["nothing in a closed room",
    { drafts: [draft], requests: [quest], differing: [check], tasks: [stalled], closed: true }, []],
  ["a question that came after the requests were read", { messages: [reply, { ...question, id: "m10" }] },
    ["m10|request|Bo|Why?"]],
  ["the first message of a room, too", { messages: [question], asOf: "" }, ["m2|request|Bo|Why?"], []],
  ["no question that was over when they were read", { messages: [question, { ...reply, reply_to: undefined }] }, []],
  ["none of those, if that message was forgotten", { messages: [question], asOf: "m1" }, []],
]))
  test("needs the person: " + what, () => assert.deepEqual(inSight(room), want));

test("what needs the person in a room that is not in sight is what the server tells", () => {
  const room = { name: "den", agents: [{ name: "Bo" }, { name: me, you: true }] };
  const drafts = [draft, { ...draft, id: "m6", reply_to: "m7" }];
  const needs = { drafts, asks: [question, proposal, { ...question, id: "m7" }], differing: [check] };
  const of = (parts, half = undefined) =>
    needsInOther(/** @type {any} */ ({ needs, info: { room, stalled: [stalled], ...parts } }), half).map(line).join();
  assert.equal(of({}), "m4|draft|Ada|Because,m6|draft|Ada|Because,m2|request|Bo|Why?,m3|proposal|Bo|Let us go," +
    "m8|check|Gus|T,t1|task|Bo|Sand it");
  assert.equal(of({ room: { ...room, closed: true } }), "");
  const half = /** @type {any} */ ({ differing: [check],
    deciding: { m6: { decision: "refuse" } }, approved: [{ id: "m5", reply_to: "m3" }],
    pending: [{ state: "sending", args: { reply_to: "m2" } }], supervision: { drafts } });
  assert.equal(of({}, half), "m4|draft|Ada|Because,m7|request|Bo|Why?,m8|check|Gus|T,t1|task|Bo|Sand it");
});

test("nothing needs the person where a room is not loaded yet, or its seat is gone", () => {
  const state = {
    me, room: null, supervision: { drafts: [draft] }, deciding: {}, approved: [], pending: [], requests: [quest],
    differing: [check], tasks: [], messages: [],
  };
  for (const phase of ["opening", "ended", "live"])
    assert.deepEqual(needsOf(/** @type {any} */ ({ ...state, phase, asOf: "" })), [], phase);
});

test("what the person has decided needs it no more, while that can be undone or is on its way", () => {
  const state = {
    phase: "live", me, room: { name: "den", agents: [] }, supervision: { drafts: [draft] }, deciding: {},
    approved: [], pending: [], requests: [quest, offer], differing: [], tasks: [], messages: [question, proposal],
    asOf: "m9",
  };
  const ids = (parts) => needsOf(/** @type {any} */ ({ ...state, ...parts })).map(({ id }) => id).join();
  const vote = { args: { kind: "agree", reply_to: "m3" }, state: "sending", waits: true };
  assert.equal(ids({}), "m4,m2,m3");
  assert.equal(ids({ deciding: { m4: { decision: "send", text: "", held: false, ends: 0, sent: false } } }), "m2,m3");
  const answer = { ...draft, reply_to: "m2" };
  const answering = (decision) => ids({ supervision: { drafts: [answer] }, deciding: { m4: { decision } } });
  assert.deepEqual([answering("send"), answering("refuse")], ["m3", "m2,m3"]);
  assert.equal(ids({ supervision: { drafts: [] }, approved: [answer] }), "m3");
  assert.equal(ids({ pending: [vote] }), "m4,m2");
  assert.equal(ids({ pending: [{ args: { text: "So", reply_to: "m2" }, state: "sending" }] }), "m4,m3");
  assert.equal(ids({ pending: [{ ...vote, state: "refused" }] }), "m4,m2,m3");
});
