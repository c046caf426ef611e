// What an agent is doing, in words and with an icon.

import { html } from "../vendor.js";
import { Icon } from "../ui/icon.js";
import { words } from "../words.js";

const { states, watches, minutes } = words.sidebar;
const icons = { waiting: "listening", busy: "busy", standby: "standby", away: "away", silent: "silent" };

const inWords = ({ state, alone, back_in_minutes: back, idle_minutes: idle }) => {
  if (alone && state === "waiting") return watches;
  if (state === "away") return states.away(back && minutes(back));
  if (state === "silent") return states.silent(idle && minutes(idle));
  return states[state];
};

/** agent is one of docs/tools.md. What it says that it does stands behind its state. */
export const StateOf = ({ agent }) => html`
  <span class=${"sidebar-state " + agent.state}>
    <${Icon} name=${agent.alone && agent.state === "waiting" ? "eye" : icons[agent.state]} />
    <span>${inWords(agent)}${agent.activity && html`<bdi class="quiet"> · ${agent.activity}</bdi>`}</span>
  </span>`;
