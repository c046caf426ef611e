// The header of a room: its name, whether the connection holds, and what is done with the
// room as a whole.

import { html, useState } from "../vendor.js";
import { Icon } from "../ui/icon.js";
import { few } from "../ui/few.js";
import { fill } from "../ui/fill.js";
import { agentsOf, isOnline, isWorking } from "../presence.js";
import { listed } from "../talk/names.js";
import { Menu } from "./menu.js";
import { PauseButton } from "./pause.js";
import { compose } from "./words.js";

/**
 * as is the name of the seat where this browser has several in the room; needs is how many things need the person and
 * are told nowhere else; sidebar is whether the sidebar is shown, onSidebar shows or hides it, start is what
 * stands before the name, and children what stands between name and buttons. On a phone the name has their place, and
 * the menu leads to search and description.
 */
export function Head({ room, state, as = "", needs, sidebar, start = null, onSidebar, onSearch, onDialog, children }) {
  return html`
    <header class="room-head">
      ${start}
      <${Title} state=${state} as=${as} />
      <div class="offline">
        <p role="status">${state.phase === "offline" ? state.trouble?.message ?? compose.offline : ""}</p>
        ${state.phase === "offline" && !state.trouble && html`
          <button type="button" class="button small" onClick=${() => room.wake()}>${compose.tryNow}</button>`}
      </div>
      <div class="end">
        ${children}
        ${state.room && !state.room.closed && html`
          <button type="button" class="button room-invite" onClick=${() => onDialog("invite")}>
            ${compose.invite}
          </button>`}
        ${!state.alone && state.room && !state.room.closed && html`<${PauseButton} room=${room} state=${state} />`}
        <button type="button" class="button room-sidebar-button" aria-expanded=${sidebar}
          aria-label=${compose.sidebarLabel(needs)} onClick=${onSidebar}>
          <${Icon} name="people" />${needs > 0 && html`<span class="count">${needs}</span>`}
        </button>
        <${Menu} state=${state} onSearch=${onSearch} onDialog=${onDialog} />
      </div>
    </header>`;
}

/** Says which agents are at work; null if there is none. */
export function working(state) {
  const { me } = state;
  const busy = agentsOf(state).filter((agent) => isWorking(agent, state)).map(({ name }) => name);
  const { works, work } = compose;
  return busy.length ? fill(busy.length > 1 ? work : works, { names: few(listed(busy, me, "yourAgent"), "") }) : null;
}

/** The name, how many are here, who of them is working, what the room is for: one line, all of it on a click. */
export function Title({ state, as = "" }) {
  const { room, phase } = state;
  const [whole, setWhole] = useState(false);
  if (!room) return html`<div class="room-title"><h1>${compose.opening}</h1></div>`;
  const here = agentsOf(state).filter(isOnline).length;
  const busy = working(state);
  return html`
    <div class="room-title">
      <div class="room-name">
        <h1>
          <bdi>${room.name}</bdi>
          ${as && html` <span class="room-as">${fill(compose.as, { name: as })}</span>`}
        </h1>
        ${phase === "live" && !room.closed && html`
          <p class="room-count">
            ${compose.here(here, room.agents.length)}${busy && html` <span class="room-working">· ${busy}</span>`}
          </p>`}
      </div>
      ${room.description && html`
        <button type="button" class="room-about" aria-expanded=${whole} dir="auto" onClick=${() => setWhole(!whole)}>
          ${room.description}
        </button>`}
    </div>
    ${whole && room.description && html`<p class="room-about-whole" dir="auto">${room.description}</p>`}`;
}
