// The room itself: what it is for, and its seats. That it is closed stands above the conversation.

import { isAdmin } from "../compose/may.js";
import { html, useState } from "../vendor.js";
import { setup } from "../ui/later.js";
import { Part } from "./part.js";
import { sidebar as w } from "./words.js";

const SettingsDialog = setup("SettingsDialog");

export function About({ room, state }) {
  const [open, setOpen] = useState(false); // the settings
  const { description, type, password_protected: locked, closed, capacity, agents, public: listed } = state.room;
  if (closed && !description) return null;
  const facts = closed ? [] : [
    w.seats(capacity - agents.length, capacity),
    type === "channel" && w.channel,
    listed && w.isPublic,
    locked && w.needsPassword,
  ].filter(Boolean);
  return html`
    <${Part} title=${w.about}>
      ${description && html`<p class="sidebar-description" dir="auto">${description}</p>`}
      ${facts.length > 0 && html`<p class="small quiet">${facts.join(" · ")}</p>`}
      ${isAdmin(state) && html`
        <div class="sidebar-buttons">
          <button type="button" class="button" aria-haspopup="dialog" onClick=${() => setOpen(true)}>
            ${w.settings}
          </button>
        </div>`}
      ${open && html`<${SettingsDialog} room=${room} onClose=${() => setOpen(false)} />`}
    <//>`;
}
