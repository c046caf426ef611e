// All tasks of the room, and what a person does with them.

import { html, useEffect, useRef, useState } from "../vendor.js";
import { Problem, useAct } from "../sidebar/act.js";
import { Part } from "../sidebar/part.js";
import { Dialog } from "../ui/dialog.js";
import { Segments } from "../ui/segments.js";
import { useRoom } from "../use-room.js";
import { mayAct } from "./act.js";
import { dialogs as w } from "./dialog-words.js";
import { AddLine } from "./forms.js";
import { filters, grouped } from "./model.js";
import { Task } from "./task.js";
import { tasks as taskWords } from "./words.js";


/** id is that of the task that is looked at first, if there is one. onJump(id) shows a message. */
export function TasksDialog({ room, id = "", onJump, onClose }) {
  const state = useRoom(room);
  const [filter, setFilter] = useState("all");
  const [looked, setLooked] = useState(/** @type {any} */ (id ? { id } : null)); // see Task
  const [closed, setClosed] = useState(/** @type {any} */ (null)); // {tasks, has_more}: those that are done or dropped
  const [problem, onProblem] = useState(""); // what the server refused
  const list = useRef();
  useEffect(() => void room.refresh.want({ tasks: true }), []);
  useEffect(() => void (document.activeElement === document.body && list.current?.focus()), [state.tasks]);
  if (!state.room) return null;
  const look = (one) => (setFilter("all"), setLooked(one));
  const rest = {
    room, state, onProblem, onLook: (id) => look({ id }), onJump: (id) => (onClose(), onJump(id)),
  };
  const titleOf = (group) => (group === "mine" && !state.alone ? w.groupOfAgent : w.groups[group]);
  const those = (name) => state.tasks.filter((task) => filters[name](task, state.me));
  const shown = those(filter);
  const ended = closed && `${closed.tasks.length || ""}${closed.has_more ? "+" : ""}`;
  const counted = (name) => `${w.filters[name]} ${name === "done" ? ended ?? "" : those(name).length || ""}`;
  return html`
    <${Dialog} title=${taskWords.title} onClose=${onClose} className="tasks">
      ${problem && html`<p class="tasks-problem" role="alert">${problem}</p>`}
      <${Segments} legend=${w.filter} className="tasks-filter" name="tasks" value=${filter} onChange=${setFilter}
        all=${Object.keys(filters).map((name) => [name, counted(name)])} />
      <div class="tasks-groups" ref=${list} tabindex="-1">
        ${shown.length === 0 && filter !== "done" && html`
          <p class="quiet">${w.none[filter](state.alone, state.hidden)}</p>`}
        ${grouped(shown, state.me).map(([group, tasks]) => html`
          <${Part} key=${group} heading="h3" title=${titleOf(group)} count=${tasks.length}>
            <ul>${tasks.map((task) => html`
              <${Task} key=${task.id} ...${rest} task=${task} looked=${looked?.id === task.id ? looked : null} />`)}
            </ul>
          <//>`)}
        <${Closed} open=${filter === "done"} count=${ended} got=${closed} setGot=${setClosed} ...${rest} />
      </div>
      ${mayAct(state) && html`
        <${AddLine} ...${{ room, state, onProblem }} onAdded=${(id) => look({ id, added: true })} />`}
      <p class="hidden-visually" role="status">${looked?.added && w.added(state.titles.get(looked.id))}</p>
    <//>`;
}

/** What is done or dropped. */
function Closed({ open, count, got, setGot, room, state, ...rest }) {
  const { busy, problem, act } = useAct();
  const ids = state.tasks.map(({ id }) => id).join();
  const load = () => act(async () => setGot(await room.tasks.closed()));
  const more = () => act(async () => {
    const { tasks, has_more } = await room.tasks.closed(got.tasks.at(-1).id);
    setGot({ tasks: [...got.tasks, ...tasks], has_more });
  });
  const changed = state.messages.findLast(({ type, action }) => action === "check" || type === "room")?.id; // and
  // what was removed
  useEffect(() => void load(), [ids, changed]);
  return html`
    <${Part} heading="h3" title=${w.groups.closed} count=${count} open=${open}>
      ${got?.tasks.length === 0 && html`<p class="quiet">${w.noClosed}</p>`}
      ${got && html`<ul>${got.tasks.map((task) => html`
        <${Task} key=${task.id} ...${{ room, state, task, ...rest }} />`)}</ul>`}
      ${got?.has_more && html`
        <p><button type="button" class="button" aria-disabled=${busy} onClick=${more}>${w.moreClosed}</button></p>`}
      <${Problem} text=${problem} />
    <//>`;
}
