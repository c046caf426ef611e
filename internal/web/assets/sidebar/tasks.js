// The room's tasks beside the conversation: the first few, in the order of the view of their own, which has the rest.

import { tasks as w } from "../tasks/words.js";
import { html } from "../vendor.js";
import { Mark } from "../tasks/mark.js";
import { grouped, standing } from "../tasks/model.js";
import { coded } from "../ui/coded.js";
import { Part } from "./part.js";

const shown = 3;

/** onTasks(id) shows all tasks, and the one of an id among them. */
export function Tasks({ state, onTasks }) {
  const { tasks, me } = state;
  if (!tasks.length) return null;
  const first = grouped(tasks, me).flatMap(([, some]) => some).slice(0, shown);
  return html`
    <${Part} title=${w.title} count=${tasks.length}>
      <ul class="sidebar-list">
        ${first.map((task) => html`
          <li key=${task.id} class=${"sidebar-task " + task.state}>
            <button type="button" onClick=${() => onTasks(task.id)}>
              <${Mark} task=${task} /> <bdi>${coded(task.title)}</bdi>
            </button>
            <p class="small quiet">${standing(task, state)}</p>
          </li>`)}
      </ul>
      <div class="sidebar-buttons">
        <button type="button" class="button" aria-haspopup="dialog" onClick=${() => onTasks()}>${w.all}</button>
      </div>
    <//>`;
}
