// One task: what is to be done, how it stands, and what this person may do with it.

import { html, useRef, useState } from "../vendor.js";
import { Markdown } from "../talk/markdown.js";
import { fill } from "../ui/fill.js";
import { words } from "../words.js";
import { useTask } from "./act.js";
import { ActForm } from "./forms.js";
import { actionsOf, mayAct, named, standing } from "./model.js";

const w = words.tasks;

export function Task({ room, state, task, onProblem }) {
  const [form, setForm] = useState(""); // the action whose form is open
  const [busy, act] = useTask(room, undefined, task, onProblem);
  const row = useRef();
  const { id, title, text, adder, minutes, result } = task;
  const actions = mayAct(state) ? actionsOf(task, state) : [];
  const start = (action) => {
    if (action === "take" || action === "takeOver") act({ action: "take", id });
    else setForm(form === action ? "" : action);
  };
  const close = () => {
    setForm("");
    row.current?.focus();
  };
  const nameOf = (action) => (action === "take" && !state.alone ? w.takeForAgent : w[action]);
  return html`
    <li class=${"task " + task.state} ref=${row} tabindex="-1" data-task=${id}>
      <p class="task-title"><span class="task-id">${id}</span> <bdi>${title}</bdi></p>
      <p class="small quiet">
        ${standing(task, state)}
        ${minutes > 0 && html` · ${words.sidebar.minutes(minutes)}`}
        ${adder && html` · ${fill(w.addedBy, { adder: named(adder, state, task.adder_person) })}`}
      </p>
      ${text && html`<div class="task-text"><${Markdown} text=${text} /></div>`}
      ${result && html`<div class="task-text task-result"><${Markdown} text=${result} /></div>`}
      ${actions.length > 0 && html`
        <div class="sidebar-buttons" role="group" aria-label=${w.actionsFor(id)}>
          ${actions.map((action) => html`
            <button type="button" key=${action} class=${action === "drop" ? "button danger" : "button"} disabled=${busy}
              aria-expanded=${action.startsWith("take") ? undefined : form === action} onClick=${() => start(action)}>
              ${nameOf(action)}
            </button>`)}
        </div>`}
      ${form && actions.includes(form) && html`
        <${ActForm} key=${form} ...${{ room, state, task, onProblem, action: form }} onDone=${close} />`}
    </li>`;
}
