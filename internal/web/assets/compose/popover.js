// A button that opens a small panel beside it. Escape, Back, a click elsewhere and leaving with the
// keyboard close it.

import { useBack } from "../ui/back.js";
import { html, useEffect, useLayoutEffect, useRef, useState } from "../vendor.js";

/**
 * children is a function that is given close and returns what stands in the panel.
 * opener has the attributes of the button, and label what it shows. onClosed is called when the panel has closed.
 */
export function Popover({ label, opener, className = "", onClosed = () => {}, children }) {
  const [open, setOpen] = useState(false);
  const box = useRef();
  const button = useRef();
  const close = () => {
    setOpen(false);
    button.current?.focus();
  };
  useBack(close, open);
  const panel = useFitting(open);
  useEffect(() => (open ? onClosed : undefined), [open]);
  useEffect(() => {
    if (!open) return undefined;
    const outside = (event) => !box.current?.contains(event.target) && setOpen(false);
    document.addEventListener("pointerdown", outside);
    return () => document.removeEventListener("pointerdown", outside);
  }, [open]);
  const key = (event) => {
    if (event.key !== "Escape" || !open) return;
    event.stopPropagation();
    event.preventDefault();
    close();
  };
  const left = ({ relatedTarget: to }) => to && !box.current.contains(to) && setOpen(false);
  return html`
    <div class=${"popover " + className} ref=${box} onKeyDown=${key} onFocusOut=${left}>
      <button type="button" ref=${button} aria-expanded=${open} ...${opener} onClick=${() => setOpen(!open)}>
        ${label}
      </button>
      ${open && html`<div class="popover-panel" ref=${panel}>${children(close)}</div>`}
    </div>`;
}

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
