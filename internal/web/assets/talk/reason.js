// The field behind Reject: why the person refuses a draft, for its agent.

import { html, useEffect } from "../vendor.js";
import { reason as w } from "./dialog-words.js";

/** decided is {text, sent} of the draft with this id; act shows what its refusal is refused for. */
export function Reason({ decisions, id, decided: { text, sent }, act }) {
  // A field that leaves the page with the focus says nothing of it: its draft would wait for a word for ever.
  useEffect(() => () => void decisions.write(id, false).catch(() => {}), []);
  const take = (event) => act(() => decisions.take(id, "refuse", event.target.value, true));
  const write = (writes) => act(() => decisions.write(id, writes));
  return html`
    <div class="undo-why">
      <label>
        ${w.why}
        <input class="input" maxlength="200" value=${text} readonly=${sent}
          onInput=${take} onFocus=${() => write(true)} onBlur=${() => write(false)} />
      </label>
      <button class="button" aria-disabled=${sent}>${w.send}</button>
    </div>`;
}
