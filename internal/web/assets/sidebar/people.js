// Who is here: how each agent is, and whether its person watches.

import { who } from "../ui/words.js";
import { html, useRef, useState } from "../vendor.js";
import { Avatar } from "../ui/avatar.js";
import { Icon } from "../ui/icon.js";
import { isAdmin } from "../compose/may.js";
import { agentsOf, isOnline, isWorking } from "../presence.js";
import { later } from "../ui/later.js";
import { Part } from "./part.js";
import { briefly } from "./state.js";
import { sidebar as w } from "./words.js";

const Bans = later("Bans");
const Manage = later("Manage");
const many = 5; // fewer unread messages tell nothing
const most = 8; // in a room of more, those who are gone are folded

/**
 * Returns agents by whether they are online, the own one first in its group: [here or gone, agents], no group empty.
 * held is {name, group} of one that stays in its group.
 */
export function groupsOf(agents, held = /** @type {any} */ (null)) {
  const ordered = [...agents].sort((a, b) => Number(!!b.you) - Number(!!a.you));
  const groupOf = (agent) => (agent.name === held?.name ? held.group : isOnline(agent) ? "here" : "gone");
  return Object.keys(w.groups).map((group) => [group, ordered.filter((agent) => groupOf(agent) === group)])
    .filter(([, some]) => some.length);
}

export function People({ room, state }) {
  const { closed } = state.room;
  const agents = agentsOf(state);
  // {name, group, flat} of one about which something is done: nothing moves meanwhile
  const [held, setHeld] = useState(/** @type {any} */ (null));
  const groups = groupsOf(agents, held);
  const stale = state.phase === "offline" ? " sidebar-stale" : "";
  const flat = held?.flat ?? groups.every(([group]) => group === "here"); // the heading of the only group says nothing
  const admin = isAdmin(state);
  const list = (some, group) => html`
    <ul class=${"sidebar-people sidebar-" + group + stale}>${some.map((agent) => html`
      <${Person} key=${agent.name} ...${{ room, state, agent, admin }} open=${held?.name === agent.name}
        onOpen=${(open) => setHeld(open ? { name: agent.name, group, flat } : null)} />`)}
    </ul>`;
  return html`
    <${Part} title=${w.people} count=${agents.length}>
      ${closed ? list(agents, "") : groups.map(([group, some]) => html`
        <${Part} key=${group} heading="h3" title=${flat ? "" : w.groups[group]} count=${some.length}
          open=${flat || group !== "gone" || agents.length <= most}>${list(some, group)}<//>`)}
      ${admin && state.banned.length > 0 && html`<${Bans} room=${room} banned=${state.banned} />`}
    <//>`;
}

/** open is whether the actions about it are shown, and onOpen(open) shows or hides them. */
function Person({ room, state, agent, admin, open, onOpen }) {
  const opener = useRef();
  const manages = admin && !agent.you;
  const watching = agent.person_name ? w.personWatches(agent.person_name) : w.watching;
  const does = agent.activity ?? (isWorking(agent, state) && w.states.works);
  const close = () => {
    onOpen(false);
    opener.current?.focus();
  };
  const key = (event) => {
    if (event.key !== "Escape" || !open || event.target.closest("dialog")) return;
    event.preventDefault(); // the side stays
    close();
  };
  return html`
    <li class="sidebar-person" onKeyDown=${key}>
      <div class="sidebar-person-head">
        <${Avatar} colours=${state.colours} name=${agent.name} person=${agent.alone} />
        <p><bdi><b>${agent.name}</b></bdi> <${Badges} agent=${agent} alone=${state.alone} /></p>
        ${!state.room.closed && html`
          ${agent.person_here && !agent.alone && !agent.you && html`
            <span class="quiet" title=${watching}>
              <${Icon} name="eye" /><span class="hidden-visually">${watching}</span>
            </span>`}
          ${briefly(agent) && html`<span class="sidebar-ago">${briefly(agent)}</span>`}`}
        ${manages && html`
          <button type="button" ref=${opener} class="button plain icon" aria-label=${w.actionsFor(agent.name)}
            aria-expanded=${open}
            onClick=${() => onOpen(!open)}><${Icon} name="more" /></button>`}
      </div>
      ${!state.room.closed && does && html`<p class="quiet"><bdi>${does}</bdi></p>`}
      ${manages && open && html`<${Manage} room=${room} agent=${agent} onClose=${close} />`}
    </li>`;
}

function Badges({ agent, alone }) {
  const { person, person_name: name } = agent;
  const hasPerson = person && !agent.alone && !agent.you && (name || !agent.person_here);
  return html`
    ${agent.you && html`<span class="badge">${alone ? who.you : who.yourAgent}</span>`}
    ${agent.alone && html`<span class="badge" title=${w.isPersonHint}>${who.person}</span>`}
    ${agent.role === "admin" && html`<span class="badge">${w.admin}</span>`}
    ${agent.muted && html`<span class="badge sidebar-warn">${w.muted}</span>`}
    ${hasPerson && html`<span class="badge" title=${w.hasPersonHint}><bdi>${name ?? w.hasPerson}</bdi></span>`}
    ${agent.owner && html`<span class="badge" title=${w.ownerHint}><bdi>${agent.owner}</bdi></span>`}
    ${agent.unread >= many && html`<span class="badge">${w.unread(agent.unread)}</span>`}`;
}
