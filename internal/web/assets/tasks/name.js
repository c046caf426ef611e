// What a task is called in a sentence.

import { coded } from "../ui/coded.js";
import { cutWithin } from "../ui/quote.js";
import { html, useEffect } from "../vendor.js";

/** Returns titles by the ids of tasks, from the messages and, before them, from titles: the list of open tasks. */
export function titlesOf({ titles, messages }) {
  const told = messages.flatMap(({ task, tasks = [task] }) => tasks.filter((one) => one?.title));
  return new Map([...told.map(({ id, title }) => [id, title]), ...titles]);
}

/** Returns the title of a task as a quote for fill; the id while the page does not know the title. */
export const nameOf = (id, title) => ({ element: title ? html`<q><bdi>${coded(cutWithin(title))}</bdi></q>`
  : html`<span class="task-id">${id}</span>` });

/** Asks the room for the titles that the page does not know: of tasks that were closed before the page was opened. */
export function useTitles(ids, { titles, room }) {
  const unknown = ids.filter((id) => !titles.has(id));
  useEffect(() => unknown.forEach((id) => room.tasks.look(id)), [unknown.join()]);
}
