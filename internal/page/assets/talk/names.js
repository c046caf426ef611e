// To whom something is said and what for, in words.

import { fill, word } from "../ui/fill.js";
import { html } from "../vendor.js";
import { words } from "../words.js";

/** Returns names for a sentence. self is which of words.who stands for the seat of this page. */
export const listed = (names, me, self = "you") => names.map((name) => (name === me ? word(words.who[self]) : name));

export const capital = (text) => text[0].toUpperCase() + text.slice(1);

/** Returns which of words.who answers for the seat of this page: the person alone, or its agent. */
export const selfOf = ({ alone }) => (alone ? "you" : "yourAgent");

/** Returns who has said a message, for a sentence: of this seat its person is told from its agent. */
export const sayer = ({ from, person }, me) =>
  from === me ? word(words.who[person ? "you" : "yourAgent"]) : from;

/** Returns a name for a sentence about something that the person behind its agent did. */
export const personOf = (name) => ({ element: html`<bdi class="name">${name}</bdi> (${words.who.person})` });

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
