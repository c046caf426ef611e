// A button that opens a small panel beside it. Escape, Back, a click elsewhere and leaving with the
// keyboard close it.

import { useBack } from "../ui/back.js";
import { html, useEffect, useLayoutEffect, useRef, useState } from "../vendor.js";

/**
 * children is a function that is given close and returns what stands in the panel.
 * opener has the attributes of the button, and label what it shows. next is a ref of what has the focus once something
 * was chosen, and is given what is typed on: opened with the keyboard, such a panel has the focus at what is chosen.
 */
export function Popover({ label, opener, className = "", next = undefined, children }) {
  const [open, setOpen] = useState(false);
  const box = useRef();
  const button = useRef();
  const chosen = useRef(false);
  const byKey = useRef(false);
  const close = () => {
    setOpen(false);
    (next && chosen.current ? next : button).current?.focus();
  };
  useBack(close, open);
  const panel = useFitting(open);
  useEffect(() => {
    chosen.current = false;
    if (!open) return undefined;
    if (next && byKey.current) panel.current.querySelector(":checked")?.focus();
    const outside = (event) => !box.current?.contains(event.target) && setOpen(false);
    document.addEventListener("pointerdown", outside);
    return () => document.removeEventListener("pointerdown", outside);
  }, [open]);
  const key = (event) => {
    const { key, target, ctrlKey, metaKey, altKey } = event;
    if (key === "Enter" && event.repeat) return event.preventDefault(); // held, it would close what it has opened
    const types = /^([^ ]|Enter)$/.test(key) && !ctrlKey && !metaKey && !altKey && isChoice(target);
    if (!open || !(key === "Escape" || (next && types))) return;
    chosen.current ||= types;
    event.stopPropagation();
    if (key.length > 1) event.preventDefault(); // a letter is written
    close();
  };
  const left = ({ relatedTarget: to }) => to && !box.current.contains(to) && setOpen(false);
  return html`
    <div class=${"popover " + className} ref=${box} onKeyDown=${key} onFocusOut=${left}>
      <button type="button" ref=${button} aria-expanded=${open} ...${opener}
        onClick=${({ detail }) => ((byKey.current = detail === 0), setOpen(!open))}>
        ${label}
      </button>
      ${open && html`<div class="popover-panel" ref=${panel} onClick=${() => (chosen.current = true)}>
          ${children(close)}
        </div>`}
    </div>`;
}

const isChoice = ({ type }) => type === "radio" || type === "checkbox";

const edge = 8; // px between a panel and the end of what is seen

/** Returns a ref for a panel that gets the height there is, from the edge at the button to the end of what is seen. */
function useFitting(open) {
  const panel = useRef();
  useLayoutEffect(() => {
    if (!open) return undefined;
    const fit = () => {
      const { top, bottom } = panel.current.getBoundingClientRect();
      const { offsetTop, height } = window.visualViewport ?? { offsetTop: 0, height: innerHeight };
      const below = panel.current.parentElement.classList.contains("below");
      const room = below ? offsetTop + height - top : bottom - offsetTop;
      panel.current.style.setProperty("--room", Math.max(0, room - edge) + "px");
    };
    fit();
    const view = window.visualViewport ?? window;
    view.addEventListener("resize", fit);
    return () => view.removeEventListener("resize", fit);
  }, [open]);
  return panel;
}
