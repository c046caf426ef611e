// The dialog that brings others into the room.

import { adding } from "../hooks/add-words.js";
import { html, useEffect, useState } from "../vendor.js";
import { Refusal } from "../mcp.js";
import { AgentDialog } from "../hooks/add.js";
import { isAdmin } from "../compose/may.js";
import { Copy } from "../ui/copy.js";
import { Dialog } from "../ui/dialog.js";
import { Shown } from "../ui/shown.js";
import { dayOf } from "../ui/time.js";
import { useRoom } from "../use-room.js";
import { Problem, useAct } from "./act.js";
import { OnlyHere, Scan } from "./device.js";
import { setup as w } from "./setup-words.js";
import { SettingsDialog } from "./settings.js";
import { sidebar } from "./words.js";

/**
 * Shows the link into the room, and how to get one if there is none. renewed says that it took the
 * place of another.
 */
export function InviteDialog({ room, renewed, onClose }) {
  const state = useRoom(room);
  const [invite, setInvite] = useState(/** @type {any} */ (null)); // {link, line}, once it is known
  const [Other, setOther] = useState(/** @type {any} */ (null)); // the dialog that is shown in place of this
  const [isNew, setIsNew] = useState(renewed);
  const { busy, problem, act } = useAct();
  const { agents = [], capacity = 0 } = state.room ?? {};
  const load = async () => setInvite(await inviteTo(room));
  useEffect(() => void act(load), [capacity, agents.length, state.renewed]);
  const renew = () => act(async () => {
    await room.invites.renew();
    await load();
    setIsNew(true);
  });
  if (!state.room) return null;
  const show = (dialog) => setOther(() => dialog);
  if (Other) return html`<${Other} room=${room} onClose=${() => show(null)} />`;
  const free = capacity - agents.length;
  const admin = isAdmin(state);
  return html`
    <${Dialog} title=${w.inviteTitle} onClose=${onClose}>
      ${isNew && html`<p role="status">${w.inviteRenewed}</p>`}
      ${free > 0 && html`
        <p>${w.inviteText}</p>
        <p class="small quiet">
          ${sidebar.seats(free, capacity)}${invite?.link && " · " + w.inviteUntil(dayOf(Date.parse(invite.until)))}
        </p>`}
      ${free > 0 ? invite && html`
        <${Links} invite=${invite} admin=${admin} locked=${state.room.password_protected}>
          ${admin && html`<div class="sidebar-buttons">
            <button type="button" class=${invite.link ? "button" : "button primary"}
              aria-disabled=${busy} onClick=${renew}>
              ${w.newInvite}</button>
            ${invite.link && html`<span class="small quiet">${w.newInviteHint}</span>`}
          </div>`}
          <div class="sidebar-buttons">
            <button type="button" class="button" onClick=${() => show(AgentDialog)}>${adding.agent.title}</button>
          </div>
        <//>` : html`
        <p>${admin ? w.inviteFull : w.inviteFullMember}</p>
        ${admin && html`<div class="sidebar-buttons">
          <button type="button" class="button primary" onClick=${() => show(SettingsDialog)}>${w.addSeats}</button>
        </div>`}`}
      <${Problem} text=${problem} />
    <//>`;
}

/** Returns {link, line}, of which link is "" if the invite seats nobody. */
async function inviteTo(room) {
  try {
    return await room.invites.current();
  } catch (refused) {
    if (refused instanceof Refusal && refused.code === "room_full") return { link: "", line: "" };
    throw refused;
  }
}

/** The link, and the one next step with it; the rest, with children at its end, is folded below. */
function Links({ invite: { link, line }, admin, locked, children }) {
  if (!link) return html`<p>${admin ? w.inviteNone : w.inviteNoneMember}</p>${children}`;
  return html`
    <${OnlyHere} link=${link} />
    <div class="field">
      <span>${w.inviteLink}</span>
      <div class="sidebar-shown"><code tabindex="0">${link}</code></div>
    </div>
    <div><${Copy} text=${link} className="button primary">${w.copyLink}<//></div>
    <details class="sidebar-qr">
      <summary>${w.inviteOthers}</summary>
      <div class="dialog-body">
        <${Scan} link=${link} label=${w.inviteQR} />
        ${line && html`<${Shown} label=${w.inviteLine} text=${line} copy=${w.copyLine} />`}
        ${locked && !line.includes("/i/") && html`<p class="small quiet">${w.invitePassword}</p>`}
        ${children}
      </div>
    </details>`;
}
