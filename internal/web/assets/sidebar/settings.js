// The dialog with which an admin changes the room.

import { ui } from "../ui/words.js";
import { html, useState } from "../vendor.js";
import { Confirm, Dialog } from "../ui/dialog.js";
import { Problem, useAct } from "./act.js";
import { setup as w } from "./setup-words.js";

/** Returns the settings as update_room names them. */
export const settingsOf = ({
  name,
  description = "",
  capacity,
  type,
  public: listed = false,
  agent_messages: limit = 0,
}) => ({
  room: name,
  description,
  capacity,
  type,
  public: listed,
  agent_messages: limit || NaN, // none is an empty field
  password: "",
  remove_password: false,
});

/** Returns the arguments of update_room that make of settings others. */
export function changesBetween(before, now) {
  const changed = Object.fromEntries(Object.entries(now).filter(([name, value]) => !Object.is(value, before[name])));
  if (Number.isNaN(changed.agent_messages)) changed.agent_messages = 0; // no limit
  if (changed.description === "") changed.remove_description = true; // an empty argument counts as absent
  return changed;
}

export function SettingsDialog({ room, onClose }) {
  const [before] = useState(() => settingsOf(room.state.room)); // what others change meanwhile stays
  const [now, setNow] = useState(before);
  const [closing, setClosing] = useState(false);
  const { busy, problem, act } = useAct();
  const save = async (event) => {
    event.preventDefault();
    const changed = changesBetween(before, now);
    if (await act(() => Object.keys(changed).length && room.admin.update(changed))) onClose();
  };
  const set = (name) => (value) => setNow({ ...now, [name]: value });
  const { agents, password_protected: locked } = room.state.room;
  if (closing) return html`
    <${Confirm} title=${w.closeTitle} text=${w.closeText} button=${w.closeButton}
      act=${() => room.admin.update({ closed: true })} onClose=${onClose} />`;
  return html`
    <${Dialog} title=${w.settings} onClose=${onClose}>
      <form class="sidebar-settings" onSubmit=${save}>
        <${Text} name="name" label=${w.name} value=${now.room} onValue=${set("room")} required maxlength="40" />
        <label class="field"><span>${w.description}</span>
          <textarea class="input" rows="3" maxlength="5000" value=${now.description}
            onInput=${(e) => set("description")(e.target.value)}></textarea>
          </label>
        <div class="sidebar-pair">
          <${Count} name="seats" label=${w.capacity} hint=${w.capacityHint} value=${now.capacity}
            onValue=${set("capacity")} min=${Math.max(2, agents.length)} max="100" />
          <label class="field"><span>${w.type}</span>
            <select class="input" value=${now.type} onChange=${(e) => set("type")(e.target.value)}>
              <option value="group">${w.typeGroup}</option><option value="channel">${w.typeChannel}</option>
            </select></label>
        </div>
        <${Count} name="limit" label=${w.agentMessages} hint=${w.agentMessagesHint} required=${false}
          placeholder=${w.noLimit} value=${now.agent_messages || ""} onValue=${set("agent_messages")}
          min="1" max="10000" />
        <${Text} name="password" label=${w.newPassword} hint=${locked ? w.otherPasswordHint : w.newPasswordHint}
          value=${now.password} onValue=${set("password")}
          autocomplete="off" maxlength="128" disabled=${now.remove_password} />
        ${locked && html`<${Check} label=${w.removePassword} value=${now.remove_password}
          onValue=${(remove_password) => setNow({ ...now, remove_password, password: "" })} />`}
        <${Check} label=${w.publicLabel} value=${now.public} onValue=${set("public")} />
        <${Problem} text=${problem} />
        <div class="dialog-buttons">
          <button type="button" class="button plain danger sidebar-close" onClick=${() => setClosing(true)}>
            ${w.closeButton}
          </button>
          <button type="button" class="button" onClick=${onClose}>${ui.cancel}</button>
          <button type="submit" class="button primary" aria-disabled=${busy}>${w.save}</button>
        </div>
      </form>
    <//>`;
}

/** A field with one line. hint describes it. */
function Line({ name, label, hint, onValue, ...others }) {
  const id = "sidebar-setting-" + name;
  return html`
    <div class="field"><label for=${id}>${label}</label>
      <input class="input" id=${id} aria-describedby=${hint && id + "-hint"} onInput=${(e) => onValue(e.target)}
        ...${others} />
      ${hint && html`<small class="quiet" id=${id + "-hint"}>${hint}</small>`}</div>`;
}

const Text = ({ onValue, ...others }) => html`<${Line} ...${others} onValue=${({ value }) => onValue(value)} />`;

const Count = ({ onValue, ...others }) => html`
  <${Line} required ...${others} type="number" onValue=${(input) => onValue(input.valueAsNumber)} />`;

const Check = ({ label, value, onValue }) => html`
  <label class="sidebar-check">
    <input type="checkbox" checked=${value} onChange=${(e) => onValue(e.target.checked)} />
    ${label}
  </label>`;
