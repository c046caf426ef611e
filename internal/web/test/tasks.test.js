import "./platform.js";
import { sentenceOf } from "./elements.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { Refusal } from "../assets/mcp.js";
import { together } from "../assets/talk/deeds.js";
import { saidOf, sentence } from "../assets/talk/events.js";
import { actionsOf, mayAct, mayPrecede, refusal } from "../assets/tasks/act.js";
import { argsOf } from "../assets/tasks/forms.js";
import { isDiffering } from "../assets/tasks/mark.js";
import { filters, groupOf, grouped, standing } from "../assets/tasks/model.js";
import { briefOf, ranOf } from "../assets/tasks/ran.js";

const me = "Ada";
const stateOf = (room = {}, more = {}) => ({
  me, alone: false, tasks: [],
  room: { capacity: 5, agents: [{ name: me, you: true }, { name: "Bo" }], ...room }, ...more,
});
const task = (id, state, more = {}) => ({ id, title: "title of " + id, state, ...more });

/** Returns the parts of a sentence as a text, with titles in quotation marks. */
const quoted = (parts) => sentenceOf(parts).replace(/<\/?span>/g, "").replace(/<q>\[?/g, "“").replace(/\]?<\/q>/g, "”");

test("a task may come after each other one, but for those that wait for it", () => {
  const tasks = [task("t1", "blocked", { after: ["t3"] }), task("t2", "open"), task("t3", "blocked", { after: ["t2"] }),
    task("t4", "open")];
  const ids = (id) => mayPrecede(id, tasks).map(({ id }) => id).join();
  assert.equal(ids("t2"), "t4");
  assert.equal(ids("t3"), "t2,t4");
  assert.equal(ids("t1"), "t2,t3,t4");
  assert.equal(ids(undefined), "t1,t2,t3,t4");
});

test("tasks stand in groups: one's own, also when assigned, those of others, free ones, and blocked ones", () => {
  const tasks = [task("t1", "blocked"), task("t2", "open"), task("t3", "stalled", { by: "Bo" }),
    task("t4", "taken", { by: me }), task("t5", "open"), task("t6", "open", { for: ["Bo", me] }),
    task("t7", "open", { for: ["Bo"] })];
  assert.deepEqual(grouped(tasks, me).map(([name, some]) => [name, some.map(({ id }) => id).join()]),
    [["mine", "t4,t6"], ["taken", "t3"], ["assigned", "t7"], ["free", "t2,t5"], ["blocked", "t1"]]);
  assert.equal(groupOf(task("t6", "stalled", { by: me }), me), "mine");
});

test("a person can ask for its own tasks, for those that are free, and for those that have stalled", () => {
  const tasks = [task("t1", "blocked", { adder: me }), task("t2", "open"), task("t3", "stalled", { by: "Bo" }),
    task("t4", "taken", { by: "Bo" }), task("t5", "open", { for: [me] }), task("t6", "stalled", { by: me }),
    task("t7", "blocked", { adder: "Bo" })];
  const those = (name) => tasks.filter((one) => filters[name](one, me)).map(({ id }) => id).join();
  assert.deepEqual(["all", "mine", "free", "stalled", "done"].map(those),
    [tasks.map(({ id }) => id).join(), "t5,t6", "t2", "t3,t6", ""]);
});

test("how a task stands is said with you, or your agent", () => {
  const tasks = [task("t2", "open"), task("t4", "taken")];
  const titles = new Map([["t3", "Run `make`"]]);
  const say = (one, alone = false) => quoted(standing(one, { me, alone, tasks, titles }));
  assert.equal(say(task("t1", "taken", { by: me })), "In progress · your agent");
  assert.equal(say(task("t1", "taken", { by: me }), true), "In progress · you");
  assert.equal(say(task("t1", "stalled", { by: me })), "Stalled · your agent");
  assert.equal(say(task("t1", "stalled", { by: me }), true), "Stalled · you");
  assert.equal(say(task("t1", "taken", { by: "Bo" })), "In progress · [Bo]");
  assert.equal(say(task("t1", "stalled", { by: "Bo" })), "Stalled · [Bo]");
  assert.equal(say(task("t1", "open")), "To do");
  assert.equal(say(task("t1", "open", { for: [me, "you and Bo"] }), true), "Assigned to you and [you and Bo]");
  assert.equal(say(task("t1", "blocked", { after: ["t2", "t3", "t4"] })), "Blocked by “title of t2” and “title of t4”");
  assert.equal(say(task("t1", "blocked", { after: ["t3"] })), "Blocked by “Run <code>make</code>”");
  assert.equal(say(task("t1", "blocked", { after: ["t5"] })), "Blocked by t5"); // nobody has heard of it
  assert.equal(say(task("t1", "blocked", { after: ["t3"], for: [me, "Bo"] })),
    "Assigned to your agent and [Bo] · blocked by “Run <code>make</code>”");
  assert.equal(say(task("t1", "done", { by: "Bo" })), "Done by [Bo]");
  assert.equal(say(task("t1", "done", { by: "Bo", by_person: true })), "Done by [Bo's owner]");
  assert.equal(say(task("t1", "done", { by: "Bo", by_person: true, by_name: "Kim" })), "Done by [Kim, for Bo]");
  assert.equal(say(task("t1", "taken", { by: "Bo", by_name: "Kim" })), "In progress · [Kim, for Bo]");
  assert.equal(say(task("t1", "done", { by: me })), "Done by your agent");
  assert.equal(say(task("t1", "done", { by: me, by_person: true })), "Done by you");
  assert.equal(say(task("t1", "dropped", { by: "Bo" })), "Canceled");
  assert.equal(say(task("t1", "open", { in_question: "m4" })), "To do · in question");
});

test("a task that the person has given to its agent says so in the list, in a row and in events", () => {
  const one = task("t1", "taken", { by: me });
  const take = { type: "task", action: "take", agent: me, person: true, task: one };
  const say = (one, more = {}) => sentenceOf(standing(one, { me, alone: false, tasks: [], ...more }));
  const given = "You assigned it to your agent · in progress";
  assert.equal(say({ ...one, by_name: "Ann" }), given);
  assert.equal(say(one, { messages: [take] }), given);
  assert.equal(say(one, { messages: [take, { ...take, person: undefined }] }), "In progress · your agent");
  assert.equal(say({ ...one, by_name: me }, { messages: [take], alone: true }), "In progress · you");
  const tells = (event, alone = false) => sentenceOf(sentence(event, { me, alone })).replace(/<\/?span>|\s*\n\s*/g, "");
  assert.equal(tells(take), "You assigned t1 “title of t1” to your agent");
  assert.equal(tells({ ...take, agent: "Bo" }), "[Bo's owner] assigned t1 “title of t1” to [Bo]");
  assert.equal(tells({ ...take, agent: "Bo", person_name: "Kim", task: { ...one, was: "Cy" } }),
    "[Kim] assigned t1 “title of t1” of [Cy] to [Bo]");
  assert.equal(tells({ ...take, agent: "Kim", person_name: "Kim" }), "[Kim] put t1 “title of t1” in progress");
  assert.equal(tells({ ...take, person_name: me }, true), "You put t1 “title of t1” in progress");
});

test("what was run for a task is told as reported, and what others had with the same as their result", () => {
  const evidence = { ran: "make <b>test</b> .", exit: 0, commit: "5ef2c4c0a1", dirty: true };
  const check = { by: "Bo", verdict: "same", exit: 0, tree: "98e2fbd3" };
  const checks = [check, { ...check, tree: undefined, exit: 3 }, { ...check, verdict: "differs", exit: 2 },
    { ...check, by: me, by_person: true, verdict: "cannot" }];
  const say = (one) => ranOf({ ...task("t1", "done"), ...one }, { me, alone: false })
    .map(({ line }) => sentenceOf(line).replace(/<\/?code>/g, ""));
  assert.deepEqual(say({ evidence, checks }), ["Reported: make <b>test</b> ., exit 0, at 5ef2c4c with changes",
    "Checked by [Bo]: same result", "Checked by [Bo]: same exit code, files not compared (exit 3)",
    "[Bo]: not the same (exit 2)", "You: could not run it"]);
  assert.deepEqual(say({ evidence: { ran: "make", exit: 3, commit: "5ef2c4c0a1" } }),
    ["Reported: make, exit 3, at 5ef2c4c"]);
  assert.deepEqual(say({ evidence: { ran: "make", exit: -1 } }), ["Reported: make, exit -1"]);
  assert.deepEqual(say({ checks }), [], "the words were removed");

  const event = (action, more) => ({ type: "task", agent: "Bo", action, task: { id: "t1", title: "T", ...more } });
  const tells = (...events) => together(events).map((line) => sentenceOf(saidOf(line, { me, alone: false })))
    .join("; ").replace(/<\/?(?:span|code)>|\s*\n\s*/g, "");
  assert.equal(tells(event("finish", { evidence })),
    "[Bo] marked t1 “T” as done, reported: make <b>test</b> ., exit 0");
  const checked = (check, more = {}) => event("check", { title: undefined, ...more, checks: [check] });
  assert.equal(tells(...checks.map((one) => checked(one))), "[Bo] checked t1: same result; " +
    "[Bo] checked t1: same exit code, files not compared; [Bo] checked t1: not the same (exit 2); " +
    "[Bo] checked t1: could not run it");
  const done = { title: "T", by: "Cy", by_person: true, by_name: "Kim", evidence: { ran: "make <b>test</b>" } };
  assert.equal(tells(checked(checks[2], done)),
    "[Bo] checked t1 “T”, done by [Kim, for Cy]: not the same (exit 2) · make <b>test</b>");
  assert.equal(tells(checked(checks[0], { ...done, by: me, by_person: false })),
    "[Bo] checked t1 “T”, done by your agent: same result · make <b>test</b>");
  const removed = { ...event("check", done), type: "room", by: "Bo", agent: "Gus", changes: { redacted: "m1" } };
  assert.equal(tells(removed), "[Bo] removed the check of [Gus] of t1 “T”");
});

test("a row says each check, and the mark is amber while one of them differs", () => {
  const evidence = { ran: "make <b>test</b>", exit: 0 };
  const [ben, gus, ed] = [{ by: "Ben", verdict: "same", exit: 0, tree: "98e2fbd3" },
    { by: "Gus", verdict: "differs", exit: 1 }, { by: me, verdict: "cannot" }];
  const says = (...checks) => {
    const one = { ...task("t1", "done"), evidence, checks };
    const lines = briefOf(one, { me, alone: false }).map((line) => sentenceOf(line).replace(/<\/?code>/g, ""));
    return [isDiffering(one), lines.join(" · ")];
  };
  const ran = "make <b>test</b>, exit 0";
  const both = "[Ben]: same, files compared · [Gus]: differs (exit 1), files not compared";
  assert.deepEqual(says(ben, gus), [true, `${both} · ${ran}`]);
  assert.deepEqual(says(ben, ed), [false, `[Ben]: same, files compared · Your agent: could not run it · ${ran}`]);
  assert.deepEqual(says(), [false, ""]);
  const [, told] = ranOf({ ...task("t1", "done"), evidence, checks: [gus] }, { me });
  assert.deepEqual([sentenceOf(told.line), told.check], ["[Gus]: not the same (exit 1)", gus]);
});

test("what may be done with a task depends on who asks, and on how it stands", () => {
  const may = (one, room) => actionsOf(one, stateOf(room)).join();
  const admin = { agents: [{ name: me, you: true, role: "admin" }] };
  assert.equal(may(task("t1", "open", { adder: "Bo" })), "take,finish");
  assert.equal(may(task("t1", "open", { adder: me })), "take,finish,offer,edit,drop");
  assert.equal(may(task("t1", "open", { adder: "Bo" }), admin), "take,finish,offer,edit,drop");
  const offered = (more) => may(task("t1", "open", { adder: "Bo", ...more }));
  assert.deepEqual([offered({ for: ["Bo"] }), offered({ for: [me] })], ["finish", "finish"], "none of them is free");
  const alone = (more) => actionsOf(task("t1", "open", { adder: "Bo", ...more }), stateOf({}, { alone: true })).join();
  assert.deepEqual([alone({ for: [me] }), alone({ for: ["Bo"] })], ["take,finish", "finish"]);
  assert.equal(may(task("t1", "blocked", { adder: "Bo" })), "");
  assert.equal(may(task("t1", "blocked", { adder: me })), "edit,offer,drop");
  assert.equal(may(task("t1", "taken", { adder: "Bo", by: me })), "finish,release");
  assert.equal(may(task("t1", "taken", { adder: "Bo", by: "Bo" })), "");
  assert.equal(may(task("t1", "taken", { adder: me, by: "Bo" })), "release,edit,drop");
  assert.equal(may(task("t1", "stalled", { adder: "Bo", by: "Bo" })), "takeOver");
  assert.equal(may(task("t1", "done", { adder: me, by: me }), admin), "");
  assert.ok(mayAct(stateOf()));
  assert.ok(!mayAct(stateOf({ closed: true })) && !mayAct(stateOf({ type: "channel" })) && !mayAct({ room: null }));
});

test("an action says what its form changed, and nothing else", () => {
  const now = { title: "paint", text: "red", offered: ["Bo"], after: ["t2"] };
  const was = { id: "t3", title: "paint", text: "red", for: ["Bo"], after: ["t2"] };
  assert.deepEqual(argsOf("edit", now, was), { action: "edit" });
  assert.deepEqual(argsOf("edit", { ...now, title: " paint it ", text: "blue", after: [] }, was),
    { action: "edit", title: "paint it", text: "blue", after: [] });
  assert.deepEqual(argsOf("offer", now, was), { action: "edit", for: ["Bo"] });
  assert.deepEqual(argsOf("release", now, was), { action: "release", text: "red", for: ["Bo"] });
  assert.deepEqual(argsOf("finish", { ...now, text: " " }, was), { action: "finish" });
  assert.deepEqual(argsOf("drop", now, was), { action: "drop", text: "red" });
});

test("a refusal is told in words for people, as far as the list tells why", () => {
  const refused = (code) => new Refusal(code, "t1 is taken. Nothing was changed: call task with action list.");
  const why = (now, action = "take", code = "invalid_argument", tasks = [now]) =>
    refusal(refused(code), action, task("t1", "open"), stateOf({}, { tasks: tasks.filter(Boolean) }));
  assert.match(why(task("t1", "taken", { by: "Bo" })), /^Bo already has it in progress/);
  assert.match(why(undefined), /done or canceled/);
  assert.match(why(task("t1", "blocked")), /blocked by another/);
  assert.match(why(task("t1", "open", { for: ["Bo"] })), /reserved for someone else/);
  const five = Array.from({ length: 5 }, (_, n) => task("t" + (n + 2), "taken", { by: me }));
  assert.match(why(task("t1", "open"), "take", "invalid_argument", [task("t1", "open"), ...five]), /At most 5 tasks/);
  assert.doesNotMatch(why(task("t1", "open"), "edit"), /call task/);
  assert.match(why(task("t1", "open"), "edit", "unavailable"), /call task/); // the server's words about itself
});

test("changes of tasks are quiet lines, in which titles are quotes", () => {
  const say = (event, titles = undefined) => quoted(sentence({ type: "task", agent: "Bo", ...event },
    { me, alone: false, titles }));
  const one = { id: "t1", title: "paint, Bo left" };
  assert.equal(say({ action: "add", task: one }), "[Bo] added t1 “paint, Bo left”");
  assert.equal(say({ action: "take", task: one }), "[Bo] put t1 “paint, Bo left” in progress");
  assert.equal(say({ action: "take", task: { ...one, was: "Cy" } }), "[Bo] took over t1 “paint, Bo left” from [Cy]");
  assert.equal(say({ action: "release", task: { ...one, for: ["Cy", "Dee"] } }),
    "[Bo] unassigned t1 “paint, Bo left”, assigned to [Cy] and [Dee]");
  assert.equal(say({ action: "finish", task: one }), "[Bo] marked t1 “paint, Bo left” as done");
  assert.equal(say({ action: "mystery", task: one }), "[Bo] changed the tasks");
  const titles = new Map([["t1", "paint"]]); // on the page, an id stands only for a title that nobody knows
  assert.equal(say({ action: "add", task: one }, titles), "[Bo] added “paint, Bo left”");
  assert.equal(say({ action: "drop", tasks: [{ id: "t1" }, { id: "t2" }] }, titles), "[Bo] canceled “paint” and t2");
});
