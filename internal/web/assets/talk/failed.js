// What failed in the conversation: once a lost connection is back it is said no more.

import { html, useEffect, useRef } from "../vendor.js";

/** phase is that of the room. onBack forgets what failed, or tries it again. */
export function Failed({ text, phase, onBack }) {
  const before = useRef(phase);
  useEffect(() => {
    if (phase === "live" && before.current !== phase) onBack();
    before.current = phase;
  }, [phase]);
  return html`<p class="problem" role="alert">${text}</p>`;
}
