// Beside the conversation: who is here, what is open, what was agreed.

import { html } from "../vendor.js";

export function Side({ state }) {
  return html`<ul>${state.room?.agents.map((a) => html`<li>${a.name} ${a.state}</li>`)}</ul>`;
}
