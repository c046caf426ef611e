// The room's tasks as a person looks at them: in which group each stands, and how. What it may do is in act.js.

import { actor, capital } from "../talk/names.js";
import { fill, word } from "../ui/fill.js";
import { who } from "../ui/words.js";
import { nameOf } from "./name.js";
import { tasks as w } from "./words.js";

const groups = ["mine", "taken", "assigned", "free", "blocked"];

/** Returns tasks by group, each in the order in which they were added: [name, tasks]. Empty groups are left out. */
export const grouped = (tasks, me) =>
  groups.map((name) => [name, tasks.filter((task) => groupOf(task, me) === name)]).filter(([, some]) => some.length);

export function groupOf({ state, by, for: offered }, me) {
  if (state === "blocked") return "blocked";
  if (state === "open") return !offered?.length ? "free" : offered.includes(me) ? "mine" : "assigned";
  return by === me ? "mine" : "taken";
}

/** Those that a person can ask for: whether a task is among them. */
export const filters = {
  all: () => true,
  mine: ({ by, for: offered }, me) => by === me || !!offered?.includes(me),
  free: ({ state, for: offered }) => state === "open" && !offered?.length,
  stalled: ({ state }) => state === "stalled",
  done: () => false, // none of those that are open
};

/**
 * Returns a name for a sentence, with "you" or "your agent" in place of the person's own. person is whether the person
 * behind the agent of that name did it.
 */
export function named(name, { me, alone }, person = false, called = "") {
  if (name === me) return word(who[person || alone ? "you" : "yourAgent"]);
  return actor(name, person, called);
}

/** Reports whether the person has given a task to its agent, as far as the messages and its name tell. */
export const isGiven = ({ id, by, by_name: called }, { me, alone, messages = [] }) => by === me && !alone &&
  (!!called || !!messages.findLast(({ action, task }) => action === "take" && task?.id === id)?.person);

/** Returns those of the open tasks that come before one. */
export const before = ({ after = [] }, tasks) => tasks.filter(({ id }) => after.includes(id));

/** Says how a task stands, whether it is in question, and for whom and after what one comes that is blocked. */
export const standing = (task, view) =>
  [...standsAs(task, view), ...(task.in_question ? [w.states.inQuestion] : [])];

function standsAs(task, view) {
  const { me, alone, tasks } = view;
  const { state, by, for: offered = [], after = [] } = task;
  const whose = offered.length
    ? fill(w.states.offered, { for: offered.map((name) => named(name, { me, alone })) }) : [];
  switch (state) {
    case "taken":
    case "stalled":
      if (by !== me) return fill(w.states[state], { by: actor(by, !!task.by_name, task.by_name) });
      if (state === "taken" && isGiven(task, view)) return [w.states.given];
      return [w.states[state === "taken" ? "mine" : "stalledMine"](alone)];
    case "open":
      return whose.length ? whose : [w.states.open];
    case "blocked": {
      const first = before(task, tasks).map(({ id, title }) => nameOf(id, title));
      const name = (id) => nameOf(id, view.titles?.get(id));
      const [blocked, ...by] = fill(w.states.blocked, { after: first.length ? first : after.map(name) });
      return whose.length ? [...whose, " · ", blocked, ...by] : [capital(blocked), ...by];
    }
    case "done":
      return fill(w.states.done, { by: named(by, { me, alone }, task.by_person, task.by_name) });
  }
  return [w.states.dropped];
}
