// One task: a line with what is to be done and who has it, and on a click all that is known of it.

import { ui } from "../ui/words.js";
import { html, useEffect, useRef, useState } from "../vendor.js";
import { isAdmin } from "../compose/may.js";
import { Problem, useAct } from "../sidebar/act.js";
import { Markdown } from "../talk/markdown.js";
import { firstLine } from "../talk/rows.js";
import { Avatar } from "../ui/avatar.js";
import { coded } from "../ui/coded.js";
import { fill } from "../ui/fill.js";
import { IconButton } from "../ui/icon.js";
import { Sheet } from "../ui/sheet.js";
import { touch } from "../ui/viewport.js";
import { actionsOf, mayAct, useTask } from "./act.js";
import { dialogs as w } from "./dialog-words.js";
import { ActForm } from "./forms.js";
import { isDiffering, Mark } from "./mark.js";
import { before, isGiven, named, standing } from "./model.js";
import { briefOf, ranOf } from "./ran.js";
import { tasks as taskWords } from "./words.js";

/**
 * looked is an object while it is to be looked at, a new one each time: {added} if it is new, and the focus stays where
 * the next one is written. onLook(id) leads to another one, and onJump(id) to a message.
 */
export function Task({ room, state, task, looked = /** @type {any} */ (null), onLook, onJump, onProblem = (_) => {} }) {
  const [open, setOpen] = useState(false);
  const [form, setForm] = useState(""); // the action whose form is open
  const [listing, setListing] = useState(/** @type {any} */ (null)); // {at}: the button that asked for the rest
  const [busy, act] = useTask(room, undefined, task, onProblem);
  const row = useRef();
  useEffect(() => {
    if (!looked) return;
    row.current.closest("details").open = true;
    row.current.scrollIntoView({ block: looked.added ? "nearest" : "center" });
    if (!looked.added) setOpen(true), row.current.focus();
  }, [looked]);
  const { id, title, result } = task;
  const checks = briefOf(task, state);
  const actions = mayAct(state) ? actionsOf(task, state) : [];
  const take = actions.find((action) => action.startsWith("take"));
  const rest = actions.filter((action) => action !== "finish" && action !== take);
  const close = () => {
    setForm("");
    row.current?.focus();
  };
  return html`
    <li class=${"task " + task.state + (isDiffering(task) ? " differs" : "")} ref=${row} tabindex="-1" data-task=${id}>
      <div class="task-row">
        ${actions.includes("finish")
          ? html`
            <button type="button" class="task-box" aria-label=${w.finishIt(title)} title=${w.finish}
              aria-disabled=${busy} aria-expanded=${form === "finish"}
              onClick=${() => setForm(form === "finish" ? "" : "finish")}>
              <${Mark} task=${task} />
            </button>`
          : html`<${Mark} task=${task} />`}
        <button type="button" class="task-title" aria-expanded=${open} onClick=${() => setOpen(!open)}>
          <span class="task-id">${id}</span> <bdi>${coded(title)}</bdi>
          ${!open && result && html` <span class="quiet" dir="auto">${firstLine(result)}</span>`}
          ${!open && task.in_question && html` <span class="quiet">${w.inQuestion}</span>`}
        </button>
        <${Who} state=${state} task=${task} />
        ${take && html`
          <button type="button" class="button small" aria-disabled=${busy}
            onClick=${() => act({ action: "take", id })}>
            ${take === "take" && !state.alone ? w.takeForAgent : w[take]}
            <span class="hidden-visually"> “${title}”</span>
          </button>`}
        ${rest.length > 0 && html`
          <${IconButton} icon="more" label=${w.actionsFor(title)} aria-haspopup="dialog"
            onClick=${({ currentTarget: at }) => setListing({ at: touch.matches ? undefined : at })} />`}
      </div>
      ${!open && checks.length > 0 && html`
        <p class="task-checked small">${checks.map((line, n) => [n ? " · " : "", line])}</p>`}
      ${open && html`<${Details} ...${{ room, state, task, onLook, onJump }} />`}
      ${form && actions.includes(form) && html`
        <${ActForm} key=${form} ...${{ room, state, task, onProblem, action: form }} onDone=${close} />`}
      ${listing && html`
        <${Sheet} label=${w.actionsFor(title)} at=${listing.at} onClose=${() => setListing(null)}>
          ${rest.map((action) => html`
            <li key=${action}>
              <button type="button" class=${"choice" + (action === "drop" ? " danger" : "")}
                onClick=${() => (setListing(null), setForm(action))}>${w[action]}</button>
            </li>`)}
        <//>`}
    </li>`;
}

/** Who has it, has done it, or may take it; of one that is blocked, what comes first. */
function Who({ state, task }) {
  const { state: how, by, for: offered, minutes, by_person: person, by_name: called } = task;
  if (how === "blocked" || (how === "open" && offered?.length)) return html`
    <span class="task-who quiet">${standing(task, state)}</span>`;
  if (!by) return null;
  const alone = state.room?.agents.some((agent) => agent.name === by && agent.alone);
  const whose = isGiven(task, state) ? taskWords.given
    : fill("{by}", { by: named(by, state, person || !!called, called) });
  return html`
    <span class="task-who quiet">
      <${Avatar} colours=${state.colours} name=${by} person=${person || alone} />
      <span class="task-name">${whose}</span>
      ${minutes > 0 && html`<span class="task-time">${ui.minutes(minutes)}</span>`}
    </span>`;
}

/** All that is known of a task: what comes before it, by name and with what came of it, and what was done. */
function Details({ room, state, task, onLook, onJump }) {
  const [over, setOver] = useState(/** @type {any[]} */ ([])); // what is done of that, as the server tells
  const { id, text, adder, minutes, after = [], result, report, in_question: question } = task;
  const first = before(task, state.tasks);
  useEffect(() => {
    if (after.length === first.length) return;
    room.call("list_tasks", { id }).then((got) => setOver(got.results ?? []), () => {});
  }, [id, after.join(), first.length]);
  return html`
    <div class="task-details">
      <p class="small quiet">
        ${task.state !== "blocked" && html`${standing(task, state)} · `}
        ${minutes > 0 && html`${ui.minutes(minutes)} · `}
        ${adder && fill(w.addedBy, { adder: named(adder, state, task.adder_person, task.adder_name) })}
      </p>
      ${question && html`
        <p class="small">${w.questioned}${" "}
          <button type="button" class="task-to" onClick=${() => onJump(question)}>${w.proposal}</button>
        </p>`}
      ${text && html`<div class="task-text"><${Markdown} text=${text} /></div>`}
      ${after.length > 0 && html`
        <p class="small quiet">${w.first}</p>
        <ul class="task-first">
          ${first.map((one) => html`
            <li key=${one.id}>
              <${Mark} task=${one} />
              <button type="button" class="task-to" onClick=${() => onLook(one.id)}>
                <bdi>${coded(one.title)}</bdi>
              </button>
            </li>`)}
          ${over.map((one) => html`
            <li key=${one.id}>
              <${Mark} task=${one} /><bdi>${coded(one.title)}</bdi>
              ${(one.result || one.report) && html`<${Result} ...${one} onJump=${onJump} />`}
              <${Ran} ...${{ room, state, onJump }} task=${one} />
            </li>`)}
        </ul>`}
      ${(result || report) && html`<${Result} ...${{ result, report, onJump }} />`}
      <${Ran} ...${{ room, state, task, onJump }} />
    </div>`;
}

/**
 * What was run for a task that is done, as its agent says, what others had that ran the same, and under which agreement
 * that was, if it was replaced. Who checked it, and admins, may remove a check.
 */
function Ran({ room, state, task, onJump }) {
  const { busy, problem, act } = useAct();
  const mayRemove = (check) => check?.id && (check.own || isAdmin(state)) && mayAct(state);
  const lines = ranOf(task, state);
  if (!lines.length) return null;
  const under = task.done_under && fill(w.doneUnder, { agreement: { element: html`
    <button type="button" class="task-to" onClick=${() => onJump(task.done_under)}>${w.agreement}</button>` } });
  return html`
    <ul class="task-ran small">
      ${lines.map(({ line, check }) => html`
        <li>${line}${mayRemove(check) && html`
          ${" "}<button type="button" class="task-to" aria-disabled=${busy}
            onClick=${() => act(() => room.admin.redact(check.id))}>${w.removeCheck}</button>`}
        </li>`)}
      ${under && html`<li>${under}</li>`}
    </ul>
    <${Problem} text=${problem} />`;
}

const Result = ({ result = "", report = "", onJump }) => html`
  <div class="task-result">
    <div class="task-text"><${Markdown} text=${result} /></div>
    ${report && html`<button type="button" class="task-to" onClick=${() => onJump(report)}>${w.report}</button>`}
  </div>`;
