// What calls the person while it looks elsewhere: the number in the title of the page, and the dot on
// its icon.

import { outcomesOf } from "../talk/outcomes.js";

/**
 * Returns the ids of what waits for the person: drafts of its agent or, without one, what it is asked. An answer that
 * its agent owes waits for the agent. unread and the log count, too: what is owed is not read anew while the tab is
 * hidden.
 */
export function callsOf({ alone, me, supervision, requests, messages }, unread = /** @type {any[]} */ ([])) {
  if (!alone) return supervision.drafts.map(({ id }) => id);
  const owed = requests.filter(({ owed_by: by }) => by?.includes(me));
  const asked = new Set([...owed, ...unread.filter(({ ask }) => ask?.includes(me))].map(({ id }) => id));
  if (!asked.size) return [];
  const outcomes = outcomesOf(messages);
  const over = ({ end, yes } = { end: "", yes: new Set() }) => !!end || yes.has(me);
  return [...asked].filter((id) => !over(outcomes.get(id)));
}

/**
 * Returns {count: how many messages are unread or wait for the person, calls: some wait}. state is that of
 * the room, and unread the messages that the person has not read.
 */
export function attention(state, unread) {
  const calls = callsOf(state, unread);
  return { count: new Set([...unread.map(({ id }) => id), ...calls]).size, calls: calls.length > 0 };
}
