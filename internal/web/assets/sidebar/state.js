// What an agent is doing, in words and with an icon.

import { ui } from "../ui/words.js";
import { html } from "../vendor.js";
import { Icon } from "../ui/icon.js";
import { sidebar } from "./words.js";

const { states, briefly: short } = sidebar;
const icons = {
  waiting: "listening", busy: "busy", standby: "standby", away: "away", silent: "silent", paused: "pause",
};

const inWords = ({ state, back_in_minutes: back, idle_minutes: idle }, all = /** @type {any} */ (states)) => {
  if (state === "away") return all.away(back && ui.minutes(back));
  if (state === "silent") return all.silent(idle && ui.minutes(idle));
  return all[state];
};

/** Returns what there is to say of how an agent is beside others that are here or gone as it is. */
export const briefly = (agent) => inWords(agent, short);

/** agent is one of docs/tools.md, and works whether it is at work. What it says that it does stands behind that. */
export const StateOf = ({ agent, works }) => html`
  <span class=${"sidebar-state " + agent.state}>
    <${Icon} name=${agent.alone && agent.state === "waiting" ? "eye" : icons[agent.state]} />
    <span>
      ${works ? states.works : inWords(agent)}${agent.activity && html`<bdi class="quiet"> · ${agent.activity}</bdi>`}
    </span>
  </span>`;
