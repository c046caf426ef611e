// To whom something is said and what for, in words.

import { fill, word } from "../ui/fill.js";
import { words } from "../words.js";

/** Returns names for a sentence. self is which of words.who stands for the seat of this page. */
export const listed = (names, me, self = "you") => names.map((name) => (name === me ? word(words.who[self]) : name));

export const capital = (text) => text[0].toUpperCase() + text.slice(1);

/** Returns which of words.who answers for the seat of this page: the person alone, or its agent. */
export const selfOf = ({ alone }) => (alone ? "you" : "yourAgent");

/**
 * Returns who did something in the seat of an agent: it or, if byPerson, the person behind it, by its name if it has
 * one. Who has no agent has the name of the seat. No name holds a comma.
 */
export const actor = (agent, byPerson, name = "") =>
  !byPerson || name === agent ? agent : name ? words.talk.personFor(name, agent) : words.talk.personBehind(agent);

/** Returns who said or did what a message tells. */
export const actorOf = (/** @type {any} */ { from, by, agent, person, person_name: name }) =>
  actor(from ?? by ?? agent, person, name);

/** Returns the same as it begins a line. */
export const speakerOf = (message) =>
  message.person && !message.person_name ? capital(actorOf(message)) : actorOf(message);

/** Returns who has said a message, for a sentence: of this seat its person is told from its agent. */
export const sayer = (message, me) =>
  message.from === me ? word(words.who[message.person ? "you" : "yourAgent"]) : actorOf(message);

/** Returns who reads a message beside its sender. me is the seat of this page; say is fill, or plain for a text. */
export function audience({ from, to }, me, say = fill) {
  if (!to?.length) return words.talk.toAll;
  const note = from === me && to.length === 1 && to[0] === me;
  return note ? words.talk.noteTo : say(words.talk.onlyTo, { names: listed(to, me) });
}

/** Reports whether a message asks the seat of a name for an answer or a vote. */
export const asksSeat = ({ from, kind, ask }, me) =>
  from !== me && (ask?.length ? ask.includes(me) : kind === "request");

/** Returns the kind of a message: one that asks somebody is a request. */
export const kindOf = ({ kind, ask }) => kind || (ask?.length ? "request" : "");
