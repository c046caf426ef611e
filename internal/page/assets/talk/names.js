// To whom something is said and what for, in words.

import { words } from "../words.js";

/** Returns names as one says them, with "you" for the seat of this page. */
export function listed(names, me) {
  const said = names.map((name) => (name === me ? words.talk.meYou : name));
  return said.length < 2 ? said.join() : said.slice(0, -1).join(", ") + words.talk.and + said.at(-1);
}

/** Returns who reads a message beside its sender. me is the seat of this page. */
export function audience({ from, to }, me) {
  if (!to?.length) return words.talk.toAll;
  const note = from === me && to.length === 1 && to[0] === me;
  return note ? words.talk.noteTo : words.talk.onlyTo(listed(to, me));
}

/** Returns the kind of a message: one that asks somebody is a request. */
export const kindOf = ({ kind, ask }) => kind || (ask?.length ? "request" : "");
