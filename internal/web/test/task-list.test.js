import { HandClock } from "./platform.js";

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Refusal } from "../assets/mcp.js";
import { TaskList } from "../assets/tasks/list.js";

let clock, stop, calls, answer, shown, named, late, list;
beforeEach(() => {
  clock = new HandClock();
  stop = new AbortController();
  [calls, shown, late] = [[], [], 0];
  list = new TaskList({
    call: async (tool, args) => (calls.push([tool, args]), answer(args)), again: () => late++,
    show: ({ tasks, titles }) => (tasks ? shown.push(tasks.map(({ id }) => id)) : named = [...titles].join(" ")), clock,
    signal: stop.signal,
  });
});
const tasks = (...ids) => ids.map((id) => ({ id }));

test("tasks are shown in the order in which they were added, and a change returns the one of its action", async () => {
  answer = () => ({ task: { id: "t9" }, tasks: tasks("t10", "t9", "t2") });
  await list.read();
  assert.deepEqual(await list.change({ action: "take", id: "t9" }), { id: "t9" });
  answer = () => ({}); // there is none
  await list.read();
  assert.deepEqual(shown, [["t2", "t9", "t10"], ["t2", "t9", "t10"], []]);
  assert.deepEqual(calls[1], ["task", { action: "take", id: "t9" }]);
});

test("the title of a closed task is asked for once", async () => {
  answer = (args) => ({ tasks: [args ? { id: args.id, title: "of " + args.id } : { id: "t4", title: "New" }] });
  await list.read();
  await Promise.all([list.look("t3"), list.look("t1"), list.look("t1"), list.look("t4")]);
  assert.equal(named, "t4,New t3,of t3 t1,of t1");
  assert.deepEqual(calls.map(([, args]) => args?.id), [undefined, "t3", "t1"]);
  answer = () => Promise.reject(new Error("offline"));
  await list.look("t9");
  answer = ({ id }) => ({ tasks: [{ id, title: "Back" }] });
  await list.look("t9");
  assert.match(named, /t9,Back$/);
});

test("a list of before a change is not shown after it, and is read anew", async () => {
  let read;
  answer = (args) => (args ? { tasks: tasks("t1", "t2") } : new Promise((resolve) => (read = resolve)));
  const reading = list.read();
  await list.change({ action: "add" });
  read({ tasks: tasks("t1") });
  await reading;
  assert.deepEqual([shown, late], [[["t1", "t2"]], 1]);
});

test("all closed tasks come the oldest first, over the pages and whenever the server has time", async () => {
  const pages = { first: tasks("t5", "t4"), t4: tasks("t3", "t2"), t2: tasks("t1") };
  let busy = true;
  answer = ({ id = "first" }) => {
    if (busy && id === "t4") throw new Refusal("rate_limited", "Too many calls.", 7);
    return { tasks: [...pages[id]], has_more: id !== "t2" };
  };
  const all = list.allClosed();
  await clock.advance(0);
  assert.ok(clock.waits(7_000));
  busy = false;
  await clock.advance(7_000);
  assert.deepEqual((await all).map(({ id }) => id), ["t1", "t2", "t3", "t4", "t5"]);
  assert.deepEqual(calls[0], ["list_tasks", { closed: true }]);
  stop.abort(); // the seat is gone
  assert.deepEqual(await list.allClosed(), []);
});
