// What a person may do with a task, and does, and what came of it.

import { silencedBy } from "../compose/may.js";
import { useState } from "../vendor.js";
import { dialogs } from "./dialog-words.js";
import { filters } from "./model.js";

const mostTaken = 5; // by one agent

/** Reports whether this person may do anything with the tasks. */
export const mayAct = (state) => !!state.room && silencedBy(state) === "";

/**
 * Returns what this person may do with a task, the likeliest first: take, takeOver, finish, release, offer,
 * edit, drop.
 */
export function actionsOf(task, { me, alone = false, room }) {
  const admin = room.agents.some(({ you, role }) => you && role === "admin");
  const own = task.adder === me || admin;
  const mine = task.by === me;
  switch (task.state) {
    case "open":
      return [...(filters.free(task) || (alone && filters.mine(task, me)) ? ["take"] : []), "finish",
        ...(own ? ["offer", "edit", "drop"] : [])];
    case "blocked":
      return own ? ["edit", "offer", "drop"] : [];
    case "taken":
      return [...(mine ? ["finish", "release"] : own ? ["release"] : []), ...(own ? ["edit", "drop"] : [])];
    case "stalled":
      return [...(mine ? ["finish", "release"] : ["takeOver", ...(own ? ["release"] : [])]),
        ...(own ? ["edit", "drop"] : [])];
  }
  return [];
}

/** Returns those of the open tasks that one can come after: not itself, and none that waits for it. */
export function mayPrecede(id, tasks) {
  const waiting = new Set([id]);
  for (const one of waiting) { // the set grows
    for (const { id, after } of tasks) if (after?.includes(one)) waiting.add(id);
  }
  return tasks.filter(({ id }) => !waiting.has(id));
}

/**
 * Returns [busy, act]: act(args) calls task, about a task or none, and resolves to whether that succeeded.
 * onProblem hears what the server refused, and "" before: a task that others have changed meanwhile
 * stands elsewhere then, so it is told above them all.
 */
export function useTask(room, action, task, onProblem) {
  const [busy, setBusy] = useState(false);
  const act = async (args) => {
    setBusy(true);
    onProblem("");
    try {
      await room.tasks.change(args);
      return true;
    } catch (refused) {
      await room.refresh.want({ tasks: true });
      const why = refusal(refused, action ?? args.action, task, room.state);
      onProblem(task ? `“${task.title}”: ${why}` : why);
      return false;
    } finally {
      setBusy(false);
    }
  };
  return /** @type {[boolean, typeof act]} */ ([busy, act]);
}

/**
 * Says why the server did not do something, as far as the list, which was read again, tells: its own
 * words are for agents.
 */
export function refusal(problem, action, task, { tasks, me }) {
  const now = task && tasks.find(({ id }) => id === task.id);
  const r = dialogs.refusals;
  if (r[problem.code]) return r[problem.code];
  if (problem.code !== "invalid_argument" && problem.code !== "not_allowed") return problem.message;
  if (task && !now) return r.closed;
  if (action === "take" || action === "takeOver") {
    if (now.by && now.by !== me) return r.taken(now.by);
    if (now.state === "blocked") return r.blocked;
    if (tasks.filter(({ by }) => by === me).length >= mostTaken) return r.many(mostTaken);
    if (now.for?.length) return r.offered;
  }
  return r.other;
}
