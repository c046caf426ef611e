// Which sentence tells what happened: for the page, and for the view in a client (../../view/rows.js).

import { events } from "./deed-words.js";

/** Returns the sentence that tells an event, with names in braces for what differs. */
export function templateOf(event) {
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
      return events.task[event.task?.was ? "takeOver" : event.action] ?? events.task.other;
    case "draft":
      return events.draft[event.reason] ?? events.draft.waits;
    case "hook":
      return events.hook[event.hook ?? "client"]?.[howHookIs(event)] ?? events.other;
    case "supervision":
      return events.supervision[event.reason] ?? events.other;
  }
  return events.other;
}

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
