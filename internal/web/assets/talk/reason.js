// The field behind Reject: why the person refuses a draft, for its agent.

import { html, useEffect, useRef } from "../vendor.js";
import { reason as w } from "./dialog-words.js";

/**
 * decided is {text, sent} of the draft with this id; act shows what its refusal is refused for. Who has just pressed
 * Reject can type at once: the field takes the focus, but for a keyboard on a screen, and the time runs until a letter
 * comes. While it has none, Ctrl+Z undoes the decision.
 */
export function Reason({ decisions, id, decided: { text, sent }, act, onUndo }) {
  const field = useRef();
  const led = useRef(false); // the page has given it the focus, and not the person
  useEffect(() => {
    const isPressed = document.activeElement === field.current.closest("article");
    if (isPressed && !matchMedia("(pointer: coarse)").matches) {
      led.current = true;
      field.current.focus();
    }
    // A field that leaves the page with the focus says nothing of it: its draft would wait for a word for ever.
    return () => void decisions.write(id, false).catch(() => {});
  }, []);
  const take = (event) => act(() => decisions.take(id, "refuse", event.target.value, true));
  const write = (writes) => act(() => decisions.write(id, writes));
  const came = () => {
    if (!led.current) write(true);
    led.current = false;
  };
  const key = (event) => {
    const undoes = event.key === "z" && (event.ctrlKey || event.metaKey);
    if (text || !(undoes || event.repeat)) return; // the key that rejects may be held
    event.preventDefault();
    if (undoes) onUndo();
  };
  return html`
    <div class="undo-why">
      <label>
        ${w.why}
        <input class="input" maxlength="200" value=${text} readonly=${sent} ref=${field} onInput=${take}
          onKeyDown=${key} onPointerDown=${() => write(true)} onFocus=${came} onBlur=${() => write(false)} />
      </label>
      <button class="button" aria-disabled=${sent}>${w.send}</button>
    </div>`;
}
