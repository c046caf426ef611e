// What calls the person while it looks elsewhere: the number in the title of the page, and the dot on
// its icon.

/**
 * Returns the ids of what waits for the person: drafts of its agent or, without one, what it is asked.
 * unread counts, too: what is owed is not read anew while the tab is hidden.
 */
function callsOf({ alone, me, supervision, requests }, unread) {
  if (!alone) return supervision.drafts.map(({ id }) => id);
  const owed = requests.filter(({ owed_by: by }) => by?.includes(me));
  return [...owed, ...unread.filter(({ ask }) => ask?.includes(me))].map(({ id }) => id);
}

/**
 * Returns {count: how many messages are unread or wait for the person, calls: some wait}. state is that of
 * the room, and unread the messages that the person has not read.
 */
export function attention(state, unread) {
  const calls = callsOf(state, unread);
  return { count: new Set([...unread.map(({ id }) => id), ...calls]).size, calls: calls.length > 0 };
}
