// The field behind Reject: why the person refuses a draft, for its agent.

import { html, useEffect } from "../vendor.js";
import { reason as w } from "./dialog-words.js";

/** refusing is {why, sent} of the draft with this id; act shows what its refusal is refused for. */
export function Reason({ refusals, id, refusing: { why, sent }, act }) {
  // A field that leaves the page with the focus says nothing of it: its draft would wait for a word for ever.
  useEffect(() => () => void refusals.write(id, false).catch(() => {}), []);
  const take = (event) => act(() => refusals.take(id, event.target.value, true));
  const write = (writes) => act(() => refusals.write(id, writes));
  return html`
    <div class="undo-why">
      <label>
        ${w.why}
        <input class="input" maxlength="200" value=${why} readonly=${sent}
          onInput=${take} onFocus=${() => write(true)} onBlur=${() => write(false)} />
      </label>
      <button class="button" disabled=${sent}>${w.send}</button>
    </div>`;
}
