// The line in which a person adds a task, and the forms that say what is to happen to one.

import { ui } from "../ui/words.js";
import { html, useRef, useState } from "../vendor.js";
import { coded } from "../ui/coded.js";
import { Icon } from "../ui/icon.js";
import { mayPrecede, useTask } from "./act.js";
import { dialogs as w } from "./dialog-words.js";

const focus = (element) => element?.focus();

/** A checkbox for each of some names or ids; shown is what stands at each. */
function Choices({ legend, hint = "", all, chosen, onChange, shown = (one) => html`<bdi>${one}</bdi>` }) {
  if (!all.length) return null;
  const set = (one, yes) => onChange(yes ? [...chosen, one] : chosen.filter((other) => other !== one));
  return html`
    <fieldset class="choices task-choices">
      <legend>${legend}</legend>
      <div>${all.map((one) => html`
        <label class="choice" key=${one}>
          <input type="checkbox" checked=${chosen.includes(one)} onChange=${(e) => set(one, e.target.checked)} />
          <span>${shown(one)}</span>
        </label>`)}</div>
      ${hint && html`<p class="small quiet">${hint}</p>`}
    </fieldset>`;
}

const Offer = ({ state, chosen, onChange }) => html`
  <${Choices} legend=${w.offerTo} hint=${chosen.length ? w.offerHint : ""} chosen=${chosen} onChange=${onChange}
    all=${state.room.agents.map(({ name }) => name)} />`;

/** Offers what can come before the task of the form; no id: a new task. */
function After({ state, id, chosen, onChange }) {
  const titles = new Map(mayPrecede(id, state.tasks).map(({ id, title }) => [id, title]));
  return html`
    <${Choices} legend=${w.after} all=${[...titles.keys()]} chosen=${chosen} onChange=${onChange}
      shown=${(id) => html`<span class="task-id">${id}</span> <bdi>${coded(titles.get(id))}</bdi>`} />`;
}

const Area = ({ label, value, onValue, own = false }) => html`
  <label class="field"><span>${label}</span>
    <textarea class="input" rows="2" maxlength="1000" ref=${own ? focus : undefined} value=${value}
      onInput=${(e) => onValue(e.target.value)}></textarea></label>`;

const Buttons = ({ button, busy, onCancel, cancel = ui.cancel, kind = "primary" }) => html`
  <div class="dialog-buttons">
    <button type="button" class="button" onClick=${onCancel}>${cancel}</button>
    <button type="submit" class=${"button " + kind} aria-disabled=${busy}>${button}</button>
  </div>`;

const nothing = { title: "", text: "", offered: [], after: [] };

/** Adds one task in a line, or with what else is to be said of it; after it, another can follow. */
export function AddLine({ room, state, onAdded, onProblem }) {
  const [now, setNow] = useState(nothing);
  const [more, setMore] = useState(false);
  const line = useRef();
  const [busy, act] = useTask(room, "add", null, onProblem);
  const set = (parts) => setNow({ ...now, ...parts });
  const add = async (event) => {
    event.preventDefault();
    const { title, text, offered, after } = now;
    const task = {
      title: title.trim(), ...(text.trim() && { text: text.trim() }), ...(offered.length && { for: offered }),
      ...(after.length && { after }),
    };
    if (!(await act({ action: "add", tasks: [task] }))) return;
    setNow(nothing);
    setMore(false);
    line.current?.focus();
    onAdded(room.state.tasks.at(-1)?.id);
  };
  return html`
    <form class="task-add" onSubmit=${add}>
      <div class="task-row">
        <${Icon} name="plus" />
        <input class="input" ref=${line} maxlength="200" autofocus=${!state.tasks.length} aria-label=${w.add}
          placeholder=${w.add} value=${now.title} onInput=${(e) => set({ title: e.target.value })} />
        ${(now.title || more) && html`
          <button type="button" class="button plain" aria-expanded=${more} onClick=${() => setMore(!more)}>
            ${w.more}
          </button>
          <button type="submit" class="button primary" aria-disabled=${busy || !now.title.trim()}>
            ${w.buttons.add}
          </button>`}
      </div>
      ${more && html`
        <${Area} label=${w.details} value=${now.text} onValue=${(text) => set({ text })} />
        <${Offer} state=${state} chosen=${now.offered} onChange=${(offered) => set({ offered })} />
        <${After} state=${state} chosen=${now.after} onChange=${(after) => set({ after })} />`}
    </form>`;
}

/** Asks what an action needs: finish, release, offer, edit or drop. */
export function ActForm({ room, state, task, action, onDone, onProblem }) {
  const [now, setNow] = useState({
    title: task.title, text: action === "edit" ? task.text ?? "" : "", after: task.after ?? [],
    offered: task.for ?? [],
  });
  const [busy, act] = useTask(room, action, task, onProblem);
  const set = (parts) => setNow({ ...now, ...parts });
  const go = async (event) => {
    event.preventDefault();
    if (await act({ id: task.id, ...argsOf(action, now, task) })) onDone();
  };
  const text = (label) => html`
    <${Area} label=${label} value=${now.text} own=${action !== "edit"} onValue=${(text) => set({ text })} />`;
  const offer = html`<${Offer} state=${state} chosen=${now.offered} onChange=${(offered) => set({ offered })} />`;
  return html`
    <form class="task-form" aria-label=${`${w[action]} “${task.title}”`} onSubmit=${go}>
      ${action === "finish" && text(w.result)}
      ${action === "release" && html`${text(w.why)}${offer}`}
      ${action === "offer" && offer}
      ${action === "edit" && html`
        <label class="field"><span>${w.titleLabel}</span>
          <input class="input" required maxlength="200" ref=${focus} value=${now.title}
            onInput=${(e) => set({ title: e.target.value })} /></label>
        ${text(w.details)}
        <${After} state=${state} id=${task.id} chosen=${now.after} onChange=${(after) => set({ after })} />`}
      ${action === "drop" && html`<p>${w.dropText(task.title)}</p>${text(w.why)}`}
      <${Buttons} button=${w.buttons[action]} onCancel=${onDone}
        busy=${busy || !now.title.trim()}
        kind=${action === "drop" ? "danger" : "primary"} cancel=${action === "drop" ? w.keep : ui.cancel} />
    </form>`;
}

/** Returns the arguments of an action, without what stays as it was. */
export function argsOf(action, { title, text, offered, after }, task) {
  const said = text.trim() && { text: text.trim() };
  switch (action) {
    case "offer":
      return { action: "edit", for: offered };
    case "release":
      return { action, ...said, ...(offered.length && { for: offered }) };
    case "edit":
      return {
        action,
        ...(title.trim() !== task.title && { title: title.trim() }),
        ...(text.trim() !== (task.text ?? "") && said),
        ...(after.join() !== (task.after ?? []).join() && { after }),
      };
  }
  return { action, ...said };
}
