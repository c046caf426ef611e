// All tasks of the room, and what a person does with them.

import { html, useEffect, useRef, useState } from "../vendor.js";
import { Problem, useAct } from "../sidebar/act.js";
import { Dialog } from "../ui/dialog.js";
import { useRoom } from "../use-room.js";
import { words } from "../words.js";
import { AddForm } from "./forms.js";
import { grouped, mayAct } from "./model.js";
import { Task } from "./task.js";

const w = words.tasks;

/** id is that of the task that is looked at first, if there is one. */
export function TasksDialog({ room, id, onClose }) {
  const state = useRoom(room);
  const [adding, setAdding] = useState(!id && state.tasks.length === 0 && mayAct(state));
  const [problem, onProblem] = useState(""); // what the server refused
  const list = useRef();
  useEffect(() => {
    room.refresh.want({ tasks: true });
    const element = id && list.current.querySelector(`[data-task="${CSS.escape(id)}"]`);
    element?.scrollIntoView({ block: "center" });
    element?.focus();
  }, []);
  if (!state.room) return null;
  const titleOf = (group) => (group === "mine" && !state.alone ? w.groupOfAgent : w.groups[group]);
  return html`
    <${Dialog} title=${w.title} onClose=${onClose} className="tasks">
      ${problem && html`<p class="tasks-problem" role="alert">${problem}</p>`}
      ${mayAct(state) && (adding
        ? html`<${AddForm} ...${{ room, state, onProblem }} onDone=${() => setAdding(false)} />`
        : html`<p><button type="button" class="button primary" onClick=${() => setAdding(true)}>${w.add}</button></p>`)}
      <div class="tasks-groups" ref=${list}>
        ${state.tasks.length === 0 && html`<p class="quiet">${w.none}</p>`}
        ${grouped(state.tasks, state.me).map(([group, tasks]) => html`
          <section key=${group} aria-labelledby=${"tasks-" + group}>
            <h3 id=${"tasks-" + group}>${titleOf(group)} <span class="sidebar-count">${tasks.length}</span></h3>
            <ul>${tasks.map((task) => html`
              <${Task} key=${task.id} ...${{ room, state, task, onProblem }} />`)}</ul>
          </section>`)}
        <${Closed} room=${room} state=${state} />
      </div>
    <//>`;
}

/** What is done or dropped, on request. */
function Closed({ room, state }) {
  const [got, setGot] = useState(/** @type {any} */ (null)); // {tasks, has_more}
  const { busy, problem, act } = useAct();
  const open = state.tasks.map(({ id }) => id).join();
  const load = () => act(async () => setGot(await room.closedTasks()));
  const more = () => act(async () => {
    const { tasks, has_more } = await room.closedTasks(got.tasks.at(-1).id);
    setGot({ tasks: [...got.tasks, ...tasks], has_more });
  });
  useEffect(() => void (got && load()), [open]);
  const button = (label, onClick) => html`
    <p><button type="button" class="button" disabled=${busy} onClick=${onClick}>${label}</button></p>`;
  return html`
    <section aria-labelledby="tasks-closed">
      <h3 id="tasks-closed">${w.groups.closed}</h3>
      ${!got && button(w.showClosed, load)}
      ${got?.tasks.length === 0 && html`<p class="quiet">${w.noClosed}</p>`}
      ${got && html`<ul>${got.tasks.map((task) => html`
        <${Task} key=${task.id} ...${{ room, state, task }} />`)}</ul>`}
      ${got?.has_more && button(w.moreClosed, more)}
      <${Problem} text=${problem} />
    </section>`;
}
