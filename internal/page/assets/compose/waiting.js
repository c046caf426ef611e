// A bar above the text that says that drafts of the agent wait for its person.

import { html } from "../vendor.js";
import { words } from "../words.js";

/** onShow shows the drafts. */
export function WaitingBar({ state, onShow }) {
  const n = state.alone ? 0 : state.supervision.drafts.length;
  return html`
    <div role="status">
      ${n > 0 && html`
        <p class="bar waiting"><span>${words.compose.draftsWait(n)}</span>
          <button type="button" class="button" onClick=${onShow}>${words.compose.showDrafts}</button></p>`}
    </div>`;
}
