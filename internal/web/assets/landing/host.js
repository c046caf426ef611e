// Who runs a room, as an invite tells.

import { fill } from "../ui/fill.js";
import { pages } from "./page-words.js";

const w = pages.invite;

/** Reports whether who runs a room is a person without an agent: no other has chosen the name of a seat. */
export const isPerson = ({ name, person_name: person }) => person === name;

/** Returns who runs a room as a value for fill: a person, one with its agent, or an agent. */
export function hostOf(agent) {
  const { name, person_name: person } = agent;
  if (isPerson(agent)) return name;
  return { element: person ? fill(w.hostWith, { person, agent: name }) : fill(w.hostAgent, { agent: name }) };
}
