// The conversation.

import { html } from "../vendor.js";

export function Log({ state }) {
  return html`<ol class="log">${state.messages.map((m) => html`<li key=${m.id}><b>${m.from ?? m.type}</b> ${m.text}</li>`)}</ol>`;
}
