// A short list of what can be done with something: beside the button that opened it, or at the lower
// edge of a phone.

import { html, useLayoutEffect, useRef } from "../vendor.js";
import { useModal } from "./dialog.js";

/** at is the button that opened it; without one it is at the lower edge. children are list items. */
export function Sheet({ label, at, onClose, children }) {
  const element = useRef();
  const down = useRef(false); // the press began outside; that of the finger that opened it did not
  useModal(element, onClose);
  useLayoutEffect(() => {
    const { style, offsetWidth, offsetHeight } = element.current;
    const from = at?.getBoundingClientRect();
    if (!from) return;
    const below = from.bottom + 4;
    const top = below + offsetHeight > innerHeight ? from.top - 4 - offsetHeight : below;
    style.setProperty("--x", Math.max(8, from.right - offsetWidth) + "px");
    style.setProperty("--y", Math.max(8, top) + "px");
  }, []);
  return html`
    <dialog ref=${element} class=${"sheet" + (at ? "" : " sheet-low")} aria-label=${label}
      onCancel=${(e) => (e.preventDefault(), onClose())} onClose=${() => element.current && onClose()}
      onPointerDown=${(e) => (down.current = e.target === element.current)}
      onClick=${(e) => down.current && e.target === element.current && onClose()}>
      <ul>${children}</ul>
    </dialog>`;
}
