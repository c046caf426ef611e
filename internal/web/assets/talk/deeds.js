// Which sentence tells what happened, and what became of it: for the page, and for the view in a client
// (../../view/rows.js).

import { events, outcomes } from "./deed-words.js";

/** Returns the sentence that tells the outcome (outcomes.js) of a message that asks; "" while nothing is to tell. */
export function outcomeOf({ kind }, { asked = [], yes = new Set(), end = "" } = {}) {
  const says = outcomes[kind === "proposal" ? "proposal" : "request"];
  const isCounted = yes.size && (!end || (asked.length > 1 && ["agreed", "answered"].includes(end)));
  return isCounted ? says.some : (says[end] ?? "");
}

/**
 * Reports whether an event tells that a person has given a task to its agent: who has none takes it. me is the own
 * seat, and alone says that it has no agent.
 */
export const isGiven = ({ type, action, agent, person, person_name: name }, { me, alone }) =>
  type === "task" && action === "take" && !!person && name !== agent && !(agent === me && alone);

/** Returns the sentence that tells an event, with names in braces for what differs; given as isGiven says. */
export function templateOf(event, given) {
  switch (event.type) {
    case "joined":
      return events.joined;
    case "message":
      return events.voted + (event.agreed ? events.complete : "");
    case "left":
      return (events.left[event.reason] ?? events.left.left) + (event.new_admin ? events.succeeds : "");
    case "role":
      return event.reason === "timeout" ? events.succeeded : (events.role[event.action] ?? events.other);
    case "room":
      if (event.task) return events.unchecked;
      return event.reason === "closed" ? events.closed : events.by + changesOf(event.changes ?? {}).join(", ");
    case "paired":
      return events.paired;
    case "knock":
      return events.knock[event.reason] ?? events.other;
    case "task":
      return taskTemplate(event, given);
    case "draft":
      return events.draft[event.reason] ?? events.draft.waits;
    case "hook":
      return events.hook[event.hook ?? "client"]?.[howHookIs(event)] ?? events.other;
    case "supervision":
      return events.supervision[event.reason] ?? events.other;
  }
  return events.other;
}

function taskTemplate(event, given) {
  const { action, task = {} } = event;
  const says = events.task[actionOf(event, given)] ?? events.task.other;
  const ran = !!task.evidence;
  switch (action) {
    case "check":
      return says + (task.by ? events.doneBy : "") + (events.checked[kindOf(checkOf(event) ?? {})] ?? "") +
        (ran ? events.with : "");
  }
  return says + (action === "finish" && ran ? events.taskRan : "") + (task.for?.length ? events.taskFor : "");
}

/** Returns which check it is. The same exit code on files that nobody compared is less than the same result. */
export const kindOf = ({ verdict, tree }) => (verdict === "same" && !tree ? "sameExit" : verdict);

const checkOf = ({ task }) => task?.checks?.[0];

/** Returns what an event of a task tells of a run: {ran, exit}, the command and the exit code of it or of a check. */
export const ranIn = (event) => {
  const { ran, exit } = event.task?.evidence ?? {};
  return { ran, exit: { word: String(checkOf(event)?.exit ?? exit) } };
};

const actionOf = ({ action, task }, given) =>
  (given ? "give" : task?.was ? "take" : action) + (task?.was ? "Over" : "");
const howHookIs = ({ reason, person }) => (reason && person ? "ended" : (reason ?? "begun"));

/** Returns a phrase for each setting that was changed. */
function changesOf(changes) {
  const { change } = events;
  return Object.entries(changes).map(([name, value]) => {
    const phrase = change[name];
    if (typeof phrase !== "object") return phrase ?? change.other;
    return (Object.hasOwn(phrase, value) ? phrase[value] : phrase.other) ?? change.other;
  });
}

/**
 * Returns what happened between two messages, as lines. Those of a kind of which there can be many, and none of which
 * needs to be known at once, are folded into one, {id, at, folded}, where the first of them was; isOpen reports of such
 * an id whether the lines follow.
 */
export function linesOf(events, isOpen = (/** @type {string} */ _fold) => false) {
  const lines = together(events);
  return lines.flatMap((event) => {
    const fold = foldOf(event);
    const folded = fold ? lines.filter((one) => foldOf(one) === fold) : [];
    if (folded.length < 2) return [event];
    const head = folded[0] === event ? [{ id: fold, at: event.at, folded }] : [];
    return isOpen(fold) ? [...head, event] : head;
  });
}

/** Returns with what an event is folded; "" if it stands by itself. */
export const foldOf = (event) => (event.type === "task" ? "tasks" : isRejected(event) ? "rejected" : "");

/** Returns how much happened in some lines. */
export const countOf = (lines) => lines.flatMap((line) => [line, ...(line.more ?? [])])
  .reduce((sum, { tasks }) => sum + (tasks?.length ?? 1), 0);

/** Makes one line of events of one kind in a row: one sentence of those that say the same, and the others in more. */
export function together(events) {
  const lines = [];
  for (const event of events) {
    const one = event.type === "message" ? { ...event, votes: [event] } : event;
    const line = lines.at(-1);
    if (!line || sortOf(line[0]) !== sortOf(one) || isApart(one)) lines.push([one]);
    else line.push(...added(line.pop(), one));
  }
  return lines.map(([first, ...more]) => (more.length ? { ...first, more } : first));
}

const sortOf = ({ type, reason, action, hook, to, reply_to }) =>
  JSON.stringify([type, reason, action, hook, to, reply_to]);
const isApart = ({ type, reason, action }) => type === "knock" || isRejected({ type, reason }) ||
  ["opened_twice", "closed"].includes(reason) || action === "check";
export const isRejected = ({ type, reason }) => type === "draft" && reason === "refused";
export const tasksOf = ({ task = {}, tasks = [task] }) => tasks;
export const agentsOf = ({ agent, agents = [agent] }) => agents;
const whoseOf = ({ person, person_name: name }) => person && `person ${name}`;
const saysMore = ({ note, new_admin, changes, agreed, task }) =>
  note || new_admin || changes || agreed || task?.was || task?.for?.length || task?.evidence || task?.checks;

/** Returns two events of one kind: as one, with all that did it or to which it was done, if that says the same. */
function added(a, b) {
  if (a.votes) return [{ ...a, votes: [...a.votes, ...b.votes], agreed: a.agreed ?? b.agreed }];
  if (saysMore(a) || saysMore(b) || a.by !== b.by || whoseOf(a) !== whoseOf(b)) return [a, b];
  if (a.type === "joined" || a.type === "left") return [{ ...a, agents: [...agentsOf(a), ...agentsOf(b)] }];
  return a.type === "task" && a.agent === b.agent ? [{ ...a, tasks: [...tasksOf(a), ...tasksOf(b)] }] : [a, b];
}
