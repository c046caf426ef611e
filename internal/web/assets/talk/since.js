// The red line above what came while the person was away, and the card at the line, which counts what came.

import { ui } from "../ui/words.js";
import { html } from "../vendor.js";
import { isNew } from "./names.js";
import { isCard } from "./rows.js";
import { talk } from "./words.js";

const few = 20; // messages: fewer need no card, unless something else is to be counted

/** Returns the messages and events that came while the person was away, as far as they are loaded: see Unread.mark. */
function missedIn({ messages, missed }) {
  if (!missed) return [];
  const place = (wanted) => messages.findLastIndex(({ id }) => id === wanted);
  return messages.slice(place(missed.read) + 1, place(missed.last) + 1);
}

const tasksIn = ({ task, tasks = task ? [task] : [] }) => tasks.map(({ id }) => id);

/** What the card counts. Each function returns the keys of the things in a message or an event; a key counts once. */
const counted = {
  messages: (one, me) => (isNew(one, me) ? [one.id] : []),
  agreed: ({ agreed }) => (agreed ? [agreed] : []),
  done: (one) => (one.action === "finish" ? tasksIn(one) : (one.finished ?? [])),
  differing: ({ id, action, task }) => (action === "check" && task.checks?.[0]?.verdict === "differs" ? [id] : []),
  files: ({ type, file, id }) => (type === "message" && file ? [id] : []),
  questions: (one) => (one.type === "message" && isCard(one) && one.kind !== "proposal" ? [one.id] : []),
};

/**
 * Returns what stands at the red line, {first: the id of the message below the line, card}; null for no line. card is
 * {whole: all that came is loaded, minutes: from the last message that the person had read to the last that came,
 * counts: [name, how many, the id of the first]}. card is null if only messages are to be counted, and few.
 */
export function sinceOf(state) {
  const { messages, missed, me, earlier, partial } = state;
  const all = missedIn(state);
  const first = all.find((one) => isNew(one, me))?.id;
  if (!first) return null;
  const counts = Object.entries(counted).map(([name, of]) => {
    const found = all.flatMap((one) => of(one, me).map((key) => ({ key, id: one.id })));
    return [name, new Set(found.map(({ key }) => key)).size, found[0]?.id];
  }).filter(([, n]) => n);
  if (counts.length < 2 && counts[0][1] < few) return { first, card: null };
  const read = messages.find(({ id }) => id === missed.read);
  const span = Date.parse(all.at(-1).at) - Date.parse((read ?? all[0]).at);
  return { first, card: { whole: !!read || !(earlier || partial), minutes: Math.floor(span / 60_000), counts } };
}

/** The card. view as in log.js. */
export function Since({ card: { whole, minutes, counts }, view }) {
  const w = talk.since;
  const links = counts.map(([name, n, id]) => html`
    <a class="event-more" href=${"#" + id} onClick=${(click) => (click.preventDefault(), view.jump(id))}>
      ${w[name](n)}
    </a>`);
  return html`
    <p class="since">
      ${!whole && w.partly} ${minutes > 0 && ui.minutes(minutes) + ", "}${links[0]}
      ${links.slice(1).map((link, n) => [n ? ", " : ": ", link])}
    </p>`;
}
