// What a task is called in a sentence.

import { coded } from "../ui/coded.js";
import { cutWithin } from "../ui/quote.js";
import { html, useEffect } from "../vendor.js";

/** Returns the titles of tasks by their ids, as far as the list of those that are open and the messages tell. */
export function titlesOf({ titles, messages }) {
  const told = messages.flatMap(({ task, tasks = [task] }) => tasks.filter((one) => one?.title));
  return new Map([...told.map(({ id, title }) => [id, title]), ...titles]);
}

/** Returns the title of a task as a quote for fill; its id while nobody here knows the title. */
export const nameOf = (id, title) => ({ element: title ? html`<q><bdi>${coded(cutWithin(title))}</bdi></q>`
  : html`<span class="task-id">${id}</span>` });

/** Asks for the titles that are not known, of tasks that were closed before the page was opened. */
export function useTitles(ids, { titles, room }) {
  const unknown = ids.filter((id) => !titles.has(id));
  useEffect(() => unknown.forEach((id) => room.tasks.look(id)), [unknown.join()]);
}
