// To whom something is said and what for, in words.

import { fill, word } from "../ui/fill.js";
import { who } from "../ui/words.js";
import { talk } from "./words.js";

/** Returns names for a sentence. self is the key in who (ui/words.js) of what stands for the seat of this page. */
export const listed = (names, me, self = "you") => names.map((name) => (name === me ? word(who[self]) : name));

export const capital = (text) => text[0].toUpperCase() + text.slice(1);

/** Returns the key in who (ui/words.js) of what answers for the seat of this page: the person alone, or its agent. */
export const selfOf = ({ alone }) => (alone ? "you" : "yourAgent");

/**
 * Returns who did something in the seat of an agent: it or, if byPerson, its owner, by name if that is known. Who has
 * no agent has the name of the seat. No name holds a comma.
 */
export const actor = (agent, byPerson, name = "") =>
  !byPerson || name === agent ? agent : name ? talk.personFor(name, agent) : talk.personBehind(agent);

/** Returns who said or did what a message tells. */
export const actorOf = (/** @type {any} */ { from, by, agent, person, person_name: name }) =>
  actor(from ?? by ?? agent, person, name);

/** Returns who has said a message, for a sentence: of this seat its person is told from its agent. */
export const sayer = (message, me) =>
  message.from === me ? word(who[message.person ? "you" : "yourAgent"]) : actorOf(message);

/** Reports whether the person of a seat has said a message, or approved it: it is not new to that person. */
export const isOwn = ({ from, person, draft }, me) => from === me && !!(person || draft);

/** Reports whether something of the log is a message that is new to the person of a seat, until that has read it. */
export const isNew = (one, me) => one.type === "message" && !isOwn(one, me);

/** Stands for all who are in a room, where the server gives and takes the names of readers. */
export const everyone = "everyone";

/** Returns the names of readers, as the server gives and takes them; none: all. */
export const namesIn = (to = []) => (to.includes(everyone) ? [] : to);

/** Returns who reads a message beside its sender. me is the seat of this page; say is fill, or plain for a text. */
export function audience({ from, to }, me, say = fill) {
  if (!to?.length) return talk.toAll;
  const note = from === me && to.length === 1 && to[0] === me;
  return note ? talk.noteTo : say(talk.onlyTo, { names: listed(to, me) });
}

/** Reports whether a message asks the seat of a name for an answer or a vote. */
export const asksSeat = ({ from, kind, ask }, me) =>
  from !== me && (ask?.length ? ask.includes(me) : kind === "request");

/** Returns the kind of a message: one that asks somebody is a request. */
export const kindOf = ({ kind, ask }) => kind || (ask?.length ? "request" : "");
