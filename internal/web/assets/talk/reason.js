// The field behind Reject: why the person refuses a draft, for its agent.

import { fieldGoes } from "../ui/keys.js";
import { html, useEffect, useLayoutEffect, useRef } from "../vendor.js";
import { reason as w } from "./dialog-words.js";

const twice = 500; // ms in which a second Enter belongs to that which rejects

/**
 * decided is {text, sent} of the draft with this id; act shows what its refusal is refused for. Who has just pressed
 * Reject can type at once: the field takes the focus, but for a keyboard on a screen, and the time runs until a letter
 * comes. While it has none, Ctrl+Z undoes the decision. When the time is over, what is typed does nothing for a moment.
 */
export function Reason({ decisions, id, decided: { text, sent }, act, onUndo }) {
  const field = useRef();
  const led = useRef(false); // the page has given it the focus, and not the person
  const came = useRef(performance.now());
  useEffect(() => {
    const isPressed = document.activeElement === field.current.closest("article");
    if (isPressed && !matchMedia("(pointer: coarse)").matches) {
      led.current = true;
      field.current.focus();
    }
    // A field that leaves the page with the focus says nothing of it: its draft would wait for a word for ever.
    return () => void decisions.write(id, false).catch(() => {});
  }, []);
  useLayoutEffect(() => {
    const { current: element } = field;
    return () => void (document.activeElement === element && fieldGoes());
  }, []);
  const take = (event) => act(() => decisions.take(id, "refuse", event.target.value, true));
  const write = (writes) => act(() => decisions.write(id, writes));
  const focused = () => {
    if (!led.current) write(true);
    led.current = false;
  };
  const key = (event) => {
    const undoes = event.key === "z" && (event.ctrlKey || event.metaKey);
    const rejects = event.repeat || (event.key === "Enter" && event.timeStamp - came.current < twice);
    if (text || !(undoes || rejects)) return; // the key that rejects may be held, or pressed twice
    event.preventDefault();
    if (undoes) onUndo();
  };
  return html`
    <div class="undo-why">
      <label>
        ${w.why}
        <input class="input" maxlength="200" value=${text} readonly=${sent} ref=${field} onInput=${take}
          onKeyDown=${key} onPointerDown=${() => write(true)} onFocus=${focused} onBlur=${() => write(false)} />
      </label>
      <button class="button" aria-disabled=${sent}>${w.send}</button>
    </div>`;
}
