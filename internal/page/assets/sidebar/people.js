// Who is here: how each agent is, and whether its person watches.

import { html, useRef, useState } from "../vendor.js";
import { Avatar } from "../ui/avatar.js";
import { Icon } from "../ui/icon.js";
import { words } from "../words.js";
import { later } from "../ui/later.js";
import { Part } from "./part.js";
import { StateOf } from "./state.js";

const w = words.sidebar;
const Bans = later(() => import("./manage.js"), "Bans");
const Manage = later(() => import("./manage.js"), "Manage");
const many = 5; // fewer unread messages tell nothing

export function People({ room, state }) {
  const { agents } = state.room;
  const admin = isAdmin(state);
  const [me, others] = [agents.filter((agent) => agent.you), agents.filter((agent) => !agent.you)];
  return html`
    <${Part} title=${state.room.closed ? w.peopleBefore : w.people} count=${agents.length}>
      <ul class="sidebar-list">
        ${[...me, ...others].map((agent) => html`<${Person} key=${agent.name} ...${{ room, state, agent, admin }} />`)}
      </ul>
      ${admin && state.banned.length > 0 && html`<${Bans} room=${room} banned=${state.banned} />`}
    <//>`;
}

/** Reports whether the seat of this person may change the room. */
export const isAdmin = ({ room }) => !room.closed && room.agents.some(({ you, role }) => you && role === "admin");

function Person({ room, state, agent, admin }) {
  const [open, setOpen] = useState(false);
  const opener = useRef();
  const manages = admin && !agent.you;
  const close = () => {
    setOpen(false);
    opener.current?.focus();
  };
  return html`
    <li class="sidebar-person">
      <div class="sidebar-person-head">
        <${Avatar} colours=${state.colours} name=${agent.name} person=${agent.alone} />
        <p><bdi><b>${agent.name}</b></bdi> <${Badges} agent=${agent} alone=${state.alone} /></p>
        ${manages && html`
          <button type="button" ref=${opener} class="button plain icon" aria-label=${w.actionsFor(agent.name)}
            aria-expanded=${open}
          onClick=${() => setOpen(!open)}><${Icon} name="more" /></button>`}
      </div>
      <div class="sidebar-person-more">
        ${!state.room.closed && html`
          <${StateOf} agent=${agent} />
          ${agent.person_here && !agent.alone && !agent.you && html`
            <span class="sidebar-state"><${Icon} name="eye" />${w.watching}</span>`}`}
        ${manages && open && html`<${Manage} room=${room} agent=${agent} onClose=${close} />`}
      </div>
    </li>`;
}

function Badges({ agent, alone }) {
  const hasPerson = agent.person && !agent.alone && !agent.person_here && !agent.you;
  return html`
    ${agent.you && html`<span class="badge">${alone ? words.who.you : words.who.yourAgent}</span>`}
    ${agent.alone && html`<span class="badge" title=${w.isPersonHint}>${words.who.person}</span>`}
    ${agent.role === "admin" && html`<span class="badge">${w.admin}</span>`}
    ${agent.muted && html`<span class="badge sidebar-warn">${w.muted}</span>`}
    ${hasPerson && html`<span class="badge" title=${w.hasPersonHint}>${w.hasPerson}</span>`}
    ${agent.owner && html`<span class="badge" title=${w.ownerHint}><bdi>${agent.owner}</bdi></span>`}
    ${agent.unread >= many && html`<span class="badge">${w.unread(agent.unread)}</span>`}`;
}
