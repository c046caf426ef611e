// The room's tasks beside the conversation: what is this person's, what is under way and what comes
// next, briefly. The view of its own has the rest.

import { html } from "../vendor.js";
import { grouped, mayAct, standing } from "../tasks/model.js";
import { words } from "../words.js";
import { Part } from "./part.js";

const w = words.tasks;
const shown = 6;

/** onTasks(id) shows all tasks, and the one of an id among them. */
export function Tasks({ state, onTasks }) {
  const { tasks, me } = state;
  const ordered = grouped(tasks, me).flatMap(([, some]) => some);
  return html`
    <${Part} title=${w.title} count=${tasks.length}>
      ${tasks.length === 0 && html`<p class="small quiet">${w.none}</p>`}
      <ul class="sidebar-list">
        ${ordered.slice(0, shown).map((task) => html`
          <li key=${task.id} class=${"sidebar-task " + task.state}>
            <button type="button" onClick=${() => onTasks(task.id)}>
              <span class="task-id">${task.id}</span> <bdi>${task.title}</bdi>
            </button>
            <p class="small quiet">${standing(task, state)}</p>
          </li>`)}
      </ul>
      <div class="sidebar-buttons">
        ${(tasks.length > 0 || mayAct(state)) && html`
          <button type="button" class="button" aria-haspopup="dialog" onClick=${() => onTasks()}>
            ${tasks.length > 0 ? w.all(tasks.length > shown ? tasks.length : 0) : w.add}
          </button>`}
      </div>
    <//>`;
}
