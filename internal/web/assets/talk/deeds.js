// Which sentence tells what happened, and what became of it: for the page, and for the view in a client
// (../../view/rows.js).

import { kindOf } from "../tasks/ran.js";
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
  const { check, ...others } = events.task;
  if (event.action === "check") return check[kindOf(checkOf(event) ?? {})] ?? others.other;
  const ran = event.action === "finish" && event.task?.evidence ? events.taskRan : "";
  return (others[actionOf(event, given)] ?? others.other) + ran;
}

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
