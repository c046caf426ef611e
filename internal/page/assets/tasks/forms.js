// The forms with which a person adds a task, and says what is to happen to one.

import { html, useState } from "../vendor.js";
import { words } from "../words.js";
import { useTask } from "./act.js";

const w = words.tasks;
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

/** Only what was added before can come first. */
function After({ state, before, chosen, onChange }) {
  const earlier = state.tasks.slice(0, before ? state.tasks.findIndex(({ id }) => id === before) : undefined);
  const titles = new Map(earlier.map(({ id, title }) => [id, title]));
  return html`
    <${Choices} legend=${w.after} all=${[...titles.keys()]} chosen=${chosen} onChange=${onChange}
      shown=${(id) => html`<span class="task-id">${id}</span> <bdi>${titles.get(id)}</bdi>`} />`;
}

const Area = ({ label, value, onValue, own = false }) => html`
  <label class="field"><span>${label}</span>
    <textarea class="input" rows="2" maxlength="1000" ref=${own ? focus : undefined} value=${value}
      onInput=${(e) => onValue(e.target.value)}></textarea></label>`;

const Title = ({ value, onValue }) => html`
  <label class="field"><span>${w.titleLabel}</span>
    <input class="input" required maxlength="200" ref=${focus} value=${value}
      onInput=${(e) => onValue(e.target.value)} /></label>`;

const Buttons = ({ button, busy, onCancel, kind = "primary" }) => html`
  <div class="dialog-buttons">
    <button type="button" class="button" onClick=${onCancel}>${words.ui.cancel}</button>
    <button type="submit" class=${"button " + kind} disabled=${busy}>${button}</button>
  </div>`;

/** Adds one task; after it, another can follow. */
export function AddForm({ room, state, onDone, onProblem }) {
  const nothing = { title: "", text: "", offered: [], after: [] };
  const [now, setNow] = useState(nothing);
  const [times, setTimes] = useState(0); // that one was added: the next form begins with the title again
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
    setTimes(times + 1);
  };
  return html`
    <form class="task-form" aria-label=${w.add} onSubmit=${add} key=${times}>
      <${Title} value=${now.title} onValue=${(title) => set({ title })} />
      <${Area} label=${w.details} value=${now.text} onValue=${(text) => set({ text })} />
      <${Offer} state=${state} chosen=${now.offered} onChange=${(offered) => set({ offered })} />
      <${After} state=${state} chosen=${now.after} onChange=${(after) => set({ after })} />
      <${Buttons} button=${w.buttons.add} busy=${busy || !now.title.trim()} onCancel=${onDone} />
    </form>`;
}

/** Asks what an action needs: finish, release, offer, edit or drop. */
export function ActForm({ room, state, task, action, onDone, onProblem }) {
  const [now, setNow] = useState({
    title: task.title, text: action === "edit" ? task.text ?? "" : "", offered: task.for ?? [], after: task.after ?? [],
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
    <form class="task-form" aria-label=${`${w[action]} ${task.id}`} onSubmit=${go}>
      ${action === "finish" && text(w.result)}
      ${action === "release" && html`${text(w.why)}${offer}`}
      ${action === "offer" && offer}
      ${action === "edit" && html`
        <${Title} value=${now.title} onValue=${(title) => set({ title })} />
        ${text(w.details)}
        <${After} state=${state} before=${task.id} chosen=${now.after} onChange=${(after) => set({ after })} />`}
      ${action === "drop" && html`<p>${w.dropText(task.id)}</p>${text(w.why)}`}
      <${Buttons} button=${w.buttons[action]} busy=${busy || !now.title.trim()} onCancel=${onDone}
        kind=${action === "drop" ? "danger" : "primary"} />
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
