// What an admin does about the agents of the room.

import { html, useEffect, useRef, useState } from "../vendor.js";
import { Confirm } from "../ui/dialog.js";
import { Problem, useAct } from "./act.js";
import { dialogs as w } from "./dialog-words.js";

/** What asks first: whoever is removed notices at once. */
const asks = { kick: [w.kickTitle, w.kickText], ban: [w.banTitle, w.banText] };

/** The actions about one agent. */
export function Manage({ room, agent, onClose }) {
  const [note, setNote] = useState("");
  const [asking, setAsking] = useState(""); // the action that the person is asked about
  const [clear, setClear] = useState(false);
  const { busy, problem, act } = useAct();
  const manage = (action) => room.admin.manage({
    agent_name: agent.name, action, ...(note.trim() && { note: note.trim() }), ...(clear && { clear }),
  });
  const choose = async (action) => {
    setClear(false);
    if (asks[action]) setAsking(action);
    else if (await act(() => manage(action))) onClose();
  };
  const actions = [
    agent.muted ? "unmute" : agent.role !== "admin" && "mute", // an admin cannot be muted
    agent.role === "admin" ? "demote" : "promote",
    "kick",
    "ban",
  ].filter(Boolean);
  const box = useRef();
  useEffect(() => box.current.scrollIntoView({ block: "nearest" }), []); // at the lower edge it would open out of sight
  return html`
    <div class="sidebar-manage" ref=${box}>
      <input class="input" maxlength="200" aria-label=${w.why} placeholder=${w.why} value=${note}
        onInput=${(e) => setNote(e.target.value)} />
      <div class="sidebar-actions">${actions.map((action) => html`
        <button type="button" key=${action} class=${asks[action] ? "button danger" : "button"} aria-disabled=${busy}
          onClick=${() => choose(action)}>${w.actions[action]}</button>`)}</div>
      <${Problem} text=${problem} />
      ${asking && html`
        <${Confirm} title=${asks[asking][0](agent.name)} text=${asks[asking][1](agent.name)} button=${w.actions[asking]}
          act=${() => manage(asking)} onClose=${() => setAsking("")}>
          ${asking === "ban" && html`
            <label class="sidebar-check">
              <input type="checkbox" checked=${clear} onChange=${(e) => setClear(e.target.checked)} />
              ${w.banClear}
            </label>`}
        <//>`}
    </div>`;
}

/** Asks whether an agent is to be removed. */
export const RemoveAgent = ({ name, act, onClose }) => html`
  <${Confirm} title=${w.kickTitle(name)} text=${w.kickText(name)} button=${w.actions.kick} ...${{ act, onClose }} />`;

/** The names that are kept out. */
export const Bans = ({ room, banned }) => html`
  <ul class="sidebar-list">${banned.map((name) => html`<${Ban} key=${name} room=${room} name=${name} />`)}</ul>`;

function Ban({ room, name }) {
  const { busy, problem, act } = useAct();
  return html`
    <li class="sidebar-row">
      <span class="quiet">${w.banned(name)}</span>
      <button type="button" class="button" aria-disabled=${busy}
        onClick=${() => act(() => room.admin.manage({ agent_name: name, action: "unban" }))}>
        ${w.unban}
      </button>
      <${Problem} text=${problem} />
    </li>`;
}
