import { rest } from "./platform.js";
import { sentenceOf, shown } from "./elements.js";
import { drawn, settled } from "./page.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { working } from "../assets/compose/head.js";
import { stands } from "../assets/hooks/list.js";
import { agentsOf, isWorking } from "../assets/presence.js";
import { NoAnswer, Refusal } from "../assets/mcp.js";
import { forgetProblems, Offline, Problem, useAct } from "../assets/sidebar/act.js";
import { Agreement } from "../assets/sidebar/agreements.js";
import { knocksFor } from "../assets/sidebar/knocks.js";
import { OnlyHere, Scan } from "../assets/sidebar/device.js";
import { requestsOf, sentence } from "../assets/sidebar/owed.js";
import { beginning } from "../assets/talk/rows.js";
import { html } from "../assets/vendor.js";
import { isAdmin } from "../assets/compose/may.js";
import { groupsOf, People } from "../assets/sidebar/people.js";
import { changesBetween, settingsOf } from "../assets/sidebar/settings.js";
import { briefly, StateOf } from "../assets/sidebar/state.js";
import { Tasks } from "../assets/sidebar/tasks.js";
import { inTalk, Waiting } from "../assets/sidebar/waiting.js";
import { pathOf } from "../assets/ui/qr.js";
import { modulesOf } from "../assets/vendor-qr.js";

test("a refusal stays when the connection is back, and what was lost with it goes", async () => {
  for (const [problem, then] of [[new Refusal("forbidden", "No."), "No."], [new NoAnswer(), ""],
    [new Offline("You are offline."), ""]]) {
    const Part = () => {
      const { problem: text, act } = useAct();
      return html`<button onClick=${() => act(() => Promise.reject(problem))} /><${Problem} text=${text} />`;
    };
    const page = drawn(Part, {});
    await settled();
    page.find("button")[0].dispatchEvent(new Event("click"));
    await rest();
    await settled();
    const said = () => page.find("p").map(({ textContent }) => textContent).join();
    assert.equal(said(), problem.message);
    forgetProblems();
    await settled();
    assert.equal(said(), then);
  }
});

const me = "Ada";
const owed = (requests, more = {}) => {
  const state = { me, alone: false, messages: [], requests, ...more };
  return requestsOf(state).map((request) => sentenceOf(sentence(request, state)));
};

test("open requests are those that ask nobody here by name: what I ask comes first", () => {
  assert.deepEqual(
    owed([
      { id: "m1", from: "Bo", owed_by: ["Cy"] },
      { id: "m2", from: me, owed_by: ["Bo", "Cy"] },
      { id: "m3", from: "Bo", owed_by: ["Cy", me] },
      { id: "m4", from: "Bo" },
    ]),
    ["Your agent asked [Bo] and [Cy]", "[Bo] asked [Cy]", "Anyone can answer [Bo]"],
  );
});

test("what waits for the person in the conversation is one line, which leads up and down", () => {
  const done = [];
  const need = (id, what) => ({ id, what, who: "", text: "" });
  const needs = [need("m1", "draft"), need("m2", "proposal"), need("m3", "draft"), need("m4", "request")];
  const line = (all) => drawn(Waiting, { needs: all, onSeek: (ids, by) => done.push([by, ...ids]) });
  const { find, draw } = line(needs);
  const [what, up, down] = find("button");
  assert.equal(what.textContent, "2 drafts · 1 question · 1 suggestion");
  for (const button of [up, down, what]) button.dispatchEvent(new Event("click"));
  assert.deepEqual(done, [-1, 1, 1].map((by) => [by, "m1", "m2", "m3", "m4"]));
  draw({ needs, place: { all: "m1,m2,m3,m4", at: 3 } });
  assert.equal(find("button")[0].textContent, "Needs you: 3 of 4");
  assert.deepEqual(inTalk([...needs, need("t1", "task")]), needs); // a task stands among the tasks
  assert.equal(line([]).find("div").length, 0);
});

test("a request shows its beginning, also where room_info has both ends", () => {
  assert.equal(beginning("Steel or wood?"), "Steel or wood?");
  assert.equal(beginning("# Plan\n\n- **Which** one do we `take`?\n"), "Plan Which one do we take?");
  const long = (text) => beginning(text.slice(0, 40) + " … " + text.slice(-40));
  assert.equal(long("word ".repeat(40)), "word ".repeat(8).trim() + "…");
  assert.equal(long("We weigh it before we **paint it, and then we** weigh it again with the `scales` of the harbor."),
    "We weigh it before we paint it, and th…");
});

test("the side shows the first tasks in the order of their dialog: one's own, those in progress, those to do", () => {
  const task = (id, state, more = {}) => ({ id, title: id, state, ...more });
  const tasks = [task("t1", "blocked", { adder: me }), task("t2", "open"), task("t3", "taken", { by: "Cy" }),
    task("t4", "taken", { by: me })];
  const shown = drawn(Tasks, { state: { me, tasks }, onTasks: () => {} }).find("bdi").map((one) => one.textContent);
  assert.deepEqual(shown.filter((one) => /^t/.test(one)), ["t4", "t3", "t2"]);
});

test("what a person asked is its own, and a proposal to many names a few, each apart", () => {
  const messages = [{ id: "m1", person: true }];
  assert.deepEqual(owed([{ id: "m1", from: me, owed_by: ["Bo"] }], { messages }), ["You asked [Bo]"]);
  const names = ["Ship 0", "Ship 1", "Ship 2", "Ship 3", "Ship 4"];
  const proposals = [{ id: "m1", kind: "proposal" }];
  assert.deepEqual(owed([{ id: "m1", from: "Bo", owed_by: names }], { messages: proposals }),
    ["[Bo] asked [Ship 0], [Ship 1], [Ship 2], and 2 others"]);
  assert.deepEqual(owed([{ id: "m1", from: "Bo", owed_by: ["Cy", "Bo and Cy"] }]), ["[Bo] asked [Cy] and [Bo and Cy]"]);
});

test("of a link to this computer it is said that no other device reaches it", () => {
  for (const [link, said] of Object.entries({ "http://127.0.0.1:8080/i/x": true, "http://localhost/r/y#z": true,
    "http://[::1]:80/": true, "http://192.168.1.7:8080/i/x": false, "https://parley.example/i/x": false }))
    assert.deepEqual([/Other devices can't open/.test(shown(OnlyHere({ link }))), !Scan({ link, label: "" })],
      [said, said], link);
});

const agents = (role, n) => [
  { name: me, you: true, role },
  ...Array.from({ length: n - 1 }, (_, i) => ({ name: "a" + i })),
];
const at = "2030-01-01T12:00:00Z";
const now = Date.parse(at) + 60_000;
const state = (role, n, messages, capacity = 5) => ({ room: { agents: agents(role, n), capacity }, messages });
const knock = (id, reason, agent) => ({ id, type: "knock", reason, agent, at });

test("only an admin changes a room, and nobody a closed one", () => {
  assert.ok(isAdmin(state("admin", 2)) && !isAdmin(state("member", 2)));
  assert.ok(!isAdmin({ room: { ...state("admin", 2).room, closed: true } }));
});

/** Returns what a seat of a role is offered about knocks: their ids, and how they can be answered. */
const offers = (role, messages, more = {}) => {
  const { holder = "silent", idle = 15, size = 3, capacity = 5, dismissed = [], later = 0 } = more;
  const seen = { ...state(role, size, messages, capacity), dismissed };
  seen.room.agents[1] = { name: "Bo", state: holder, idle_minutes: idle };
  return knocksFor(seen, now + later).map(({ knock, offer }) => [knock.id, offer].filter(Boolean).join(" ")).join();
};
const taken = [knock("k1", "name_taken", "Bo"), knock("k2", "name_taken", "bo")];
const full = [knock("k1", "room_full", "Di")];

for (const [what, want, ...args] of [
  ["an admin may make room for who knocked last", "k2 kick", "admin", taken],
  ["a member sees nothing of it", "", "member", taken],
  ["for the name of one who was silent for less than 15 minutes nobody makes room", "", "admin", taken, { idle: 14 }],
  ["nor for that of one who will be back", "", "admin", taken, { holder: "away" }],
  ["nor for that of one who reads", "", "admin", taken, { holder: "waiting" }],
  ["nor for that of one who called just now", "", "admin", taken, { holder: "busy" }],
  ["nor for that of one on standby", "", "admin", taken, { holder: "standby" }],
  ["nor for the own name", "", "admin", [knock("k1", "name_taken", me.toUpperCase())]],
  ["what was dismissed is gone", "", "admin", taken, { dismissed: ["k2"] }],
  ["and so is a knock for a seat that is free by now", "", "admin", [knock("k1", "name_taken", "Cy")]],
  ["and one for a name after which somebody came in", "", "admin", [...taken, { type: "joined", agent: "Dora", at }]],
  ["but not one for a seat, which may be another's", "k1 addSeat", "admin",
    [...full, { type: "joined", agent: "Dora", at }], { size: 5 }],
  ["and one of ten minutes ago", "", "admin", taken, { later: 540_000 }],
  ["an admin of a full room may add a seat", "k1 addSeat", "admin", full, { size: 5 }],
  ["but not where one is free", "", "admin", full, { size: 4 }],
  ["nor beyond a hundred", "", "admin", full, { size: 100, capacity: 100 }],
  ["and no member may", "", "member", full, { size: 5 }],
])
  test("knocks: " + what, () => assert.equal(offers(...args), want));

test("knocks: who may only listen removes nobody", () => {
  const muted = { ...state("member", 2, taken, 2), dismissed: [] };
  muted.room.agents = [{ name: me, you: true, muted: true }, { name: "Bo", state: "silent", idle_minutes: 20 }];
  assert.deepEqual(knocksFor(muted, now), []);
});

test("settings: only what was changed is sent, and an empty description removes it", () => {
  const before = settingsOf({ name: "den", capacity: 5, type: "group", description: "old" });
  assert.deepEqual(changesBetween(before, { ...before }), {});
  assert.deepEqual(changesBetween(before, { ...before, capacity: 6, public: true }), { capacity: 6, public: true });
  assert.deepEqual(changesBetween(before, { ...before, description: "" }), {
    description: "",
    remove_description: true,
  });
  assert.deepEqual(changesBetween(before, { ...before, remove_password: true }), { remove_password: true });
  const limited = settingsOf({ name: "den", capacity: 5, type: "group", agent_messages: 7 });
  assert.deepEqual(changesBetween(limited, { ...limited, agent_messages: NaN }), { agent_messages: 0 }, "no limit");
  assert.deepEqual(changesBetween(before, { ...before, agent_messages: 7 }), { agent_messages: 7 });
});

test("how a hook stands: what it is, since when or how long ago and, if calls fail, since when and why", () => {
  const said = (more) =>
    sentenceOf(stands({ host: "host.example", since: at, ...more }, now + 240_000)).replace(/<[^>]*>/g, "");
  for (const [form, is, fails] of [
    [{}, "Notifies [host.example] of everything new", "Calls to [host.example] failing since : "],
    [{ for_me: true }, "Notifies [host.example] of messages for your agent",
      "Calls to [host.example] failing since : "],
    [{ webhook: true }, "Webhook to [host.example]: everything your agent sees",
      "Webhook to [host.example] failing since : "],
    [{ messenger: true }, "Tells [host.example] what needs you", "Calls to [host.example] failing since : "],
    [{ agent: true }, "Runs at [host.example], called when needed",
      "Calls to your agent at [host.example] failing since : "],
  ]) {
    assert.equal(said(form), is + " · since ");
    assert.equal(said({ ...form, last_call: at }), is + " · last call ");
    const failing = { ...form, last_call: at, failing_since: at };
    const of = form.agent ? { "{at} Buy now.": "“{at} Buy now”" } // words of an agent
      : { timeout: "timed out", http_503: "HTTP 503", of_tomorrow: "of_tomorrow" };
    for (const [error, why] of Object.entries(of)) assert.equal(said({ ...failing, error }), fails + why);
  }
  const ended = { ended: true, error: "http_403" };
  assert.equal(said({ push: true, ...ended }),
    "Another device of yours is told no more: its push service, [host.example], refuses the calls (HTTP 403)");
  assert.equal(said({ push: true, this_device: true, ...ended }), "This device is told no more: its push service, " +
    "[host.example], refuses the calls (HTTP 403). Turn it on again, or try another browser.");
  assert.equal(said({ agent: true, error: "No." }), "Runs at [host.example], called when needed · since  · " +
    "last call failed: “No”");
});

test("a QR code is a square of dark modules with a border of four", () => {
  const { path, side } = pathOf(modulesOf("https://parley.example/r/abcdefg#w0123456abcde"));
  const cells = [...path.matchAll(/M(\d+) (\d+)/g)].map(([, x, y]) => [Number(x), Number(y)]);
  const edge = [0, 1, 2, 3, side - 1, side - 4];
  assert.ok(cells.every(([x, y]) => !edge.includes(x) && !edge.includes(y)));
  const finder = Array.from({ length: 7 }, (_, n) => n + 4); // the outer ring in three corners
  for (const [left, top] of [[0, 0], [side - 15, 0], [0, side - 15]])
    for (const n of finder) assert.ok(cells.some(([x, y]) => x === left + n && y === top + 4));
});

test("who is here stands in two groups, one's own agent first: those who are online, and those who are not", () => {
  const agents = [{ name: "Bo", state: "waiting" }, { name: "Cy", state: "busy" }, { name: "Di", state: "silent" },
    { name: "Ed", state: "standby" }, { name: me, state: "waiting", you: true }, { name: "Fay", state: "away" }];
  const groups = (held) =>
    groupsOf(agents, held).map(([group, some]) => [group, ...some.map(({ name }) => name)].join());
  assert.deepEqual(groups(), [`here,${me},Bo,Cy,Ed`, "gone,Di,Fay"]);
  assert.deepEqual(groups({ name: "Cy", group: "gone" }), [`here,${me},Bo,Ed`, "gone,Cy,Di,Fay"], "it stays there");
  assert.equal(briefly({ state: "busy" }), undefined);
  assert.equal(briefly({ state: "silent", idle_minutes: 180 }), "3 h ago");
  assert.equal(briefly({ state: "away", back_in_minutes: 40 }), "back in 40 min");
});

test("the members have headings while somebody is gone, the own agent is first, and a line keeps its place", () => {
  const state = (other) => ({ me, colours: new Map(), banned: [], tasks: [], requests: [],
    room: { agents: [{ name: "Bo", state: other }, { name: me, state: "busy", you: true }] } });
  const page = drawn(People, { room: {}, state: state("busy") });
  const headings = () => page.find("h3").map(({ textContent }) => textContent).join();
  const names = () => page.find("b").map(({ textContent }) => textContent).join();
  const [own] = page.find("li");
  assert.deepEqual([headings(), names()], ["", `${me},Bo`]);
  page.draw({ room: {}, state: state("away") });
  assert.deepEqual([headings(), names()], ["Online,Inactive", `${me},Bo`]);
  assert.equal(page.find("li")[0], own, "what has the focus in it keeps it");
});

test("who is working: agents that were heard, do not wait and have something to do, and no person", () => {
  const agents = [
    { name: "Bo", state: "busy", activity: "writing the parser" },
    { name: "Cy", state: "waiting", activity: "listening" },
    { name: "Di", state: "busy", alone: true },
    { name: me, state: "busy", you: true },
    { name: "Ed", state: "standby" },
    { name: "Fay", state: "busy" }, // it may have ended its turn
    { name: "Gil", state: "busy" },
  ];
  const [tasks, requests] = [[{ by: "Gil" }, { by: "Ed" }], [{ owed_by: [me, "Cy", "Di"] }]];
  assert.equal(sentenceOf(working({ room: { agents }, me, tasks, requests })),
    "[Bo], your agent, and [Gil] are working");
  assert.equal(working({ room: { agents: agents.slice(1, 3) }, me, tasks, requests }), null);
});

test("a paused agent is paused wherever the page says how it is", () => {
  const agents = [{ name: me, state: "busy", you: true, activity: "sanding" }, { name: "Bo", state: "busy" }];
  const state = { room: { agents }, me, tasks: [{ by: me }], requests: [], supervision: { paused: true } };
  const seen = agentsOf(state);
  assert.equal(working(state), null);
  assert.deepEqual(groupsOf(seen).map(([group, some]) => [group, some.map(({ name }) => name)]),
    [["here", ["Bo"]], ["gone", [me]]]);
  assert.equal(briefly(seen[0]), "paused");
  assert.match(shown(StateOf({ agent: seen[0], works: isWorking(seen[0], state) })), /paused/);
  assert.doesNotMatch(shown(StateOf({ agent: seen[0], works: false })), /sanding/);
  assert.notEqual(working({ ...state, supervision: { paused: false } }), null);
});

test("an agreement names one of many who agreed, the own agent first, and all on request", async () => {
  const agreed_by = ["Bo", "Cy", "Dee", "Eve", me];
  const agreement = { id: "m1", text: "We load on Monday.", by: "Bo", agreed_by, at: 0 };
  const page = drawn(Agreement, { agreement, me, now: 0, onJump: () => {} });
  const line = () => page.find("p")[0].textContent.replace(/\s+/g, " ");
  page.find("p")[0].focus = () => {};
  assert.match(line(), /^ ?Bo, with Ada and 3 others ?now/);
  page.find("button").at(-1).dispatchEvent(new Event("click"));
  await settled();
  assert.match(line(), /^ ?Bo, with Cy, Dee, Eve, and Ada ?now/);
  page.draw({ agreement: { ...agreement, id: "m2", agreed_by: ["Bo", "Cy", "Dee"] }, me, now: 0, onJump: () => {} });
  assert.match(line(), /^ ?Bo, with Cy and Dee ?now/);
});
