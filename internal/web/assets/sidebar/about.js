// The room itself: what it is for, its seats, and its end.

import { html, useState } from "../vendor.js";
import { Confirm } from "../ui/dialog.js";
import { later } from "../ui/later.js";
import { Part } from "./part.js";
import { isAdmin } from "./people.js";
import { sidebar as w } from "./words.js";

const SettingsDialog = later("SettingsDialog");
const LeaveDialog = later("LeaveDialog");

export function About({ room, state }) {
  const [dialog, setDialog] = useState(""); // which one is open
  const { description, type, password_protected: locked, closed, capacity, agents, public: listed } = state.room;
  const admin = isAdmin(state);
  const facts = [
    w.seats(capacity - agents.length, capacity),
    type === "channel" && w.channel,
    listed && w.isPublic,
    locked && w.needsPassword,
  ].filter(Boolean);
  const button = (name, label, kind = "button") =>
    html`<button type="button" class=${kind} aria-haspopup="dialog" onClick=${() => setDialog(name)}>${label}</button>`;
  return html`
    <${Part} title=${w.about}>
      ${description && html`<p class="sidebar-description" dir="auto">${description}</p>`}
      <p class="small quiet">${closed ? w.closed : facts.join(" · ")}</p>
      <div class="sidebar-buttons">
        ${admin && button("settings", w.settings)}
        ${!closed && button("leave", w.leave)}
        ${admin && button("close", w.close, "button danger")}
      </div>
      <${Dialogs} ...${{ room, dialog, onClose: () => setDialog("") }} />
    <//>`;
}

function Dialogs({ room, dialog, onClose }) {
  if (dialog === "settings") return html`<${SettingsDialog} room=${room} onClose=${onClose} />`;
  if (dialog === "leave") return html`<${LeaveDialog} room=${room} onClose=${onClose} />`;
  if (dialog !== "close") return null;
  return html`<${Confirm} title=${w.closeTitle} text=${w.closeText} button=${w.closeButton}
    act=${() => room.admin.update({ closed: true })} onClose=${onClose} />`;
}
