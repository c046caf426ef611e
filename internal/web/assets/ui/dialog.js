// Dialogs, on the element of that name: the browser keeps the focus inside and closes it
// with Escape.

import { html, useLayoutEffect, useRef, useState } from "../vendor.js";
import { useBack } from "./back.js";
import { Decision } from "./decision.js";
import { Icon } from "./icon.js";
import { ui } from "./words.js";

/** Shows a dialog while it is on the page, has Back close it, and gives the focus back when it goes. */
export function useModal(element, onClose) {
  useBack(onClose);
  useLayoutEffect(() => {
    const dialog = element.current; // the reference is empty when this one goes
    const from = /** @type {HTMLElement | null} */ (document.activeElement);
    dialog.showModal();
    // Never "Close": Enter would close the dialog. A form of landing/form.js takes the focus from there.
    if (!dialog.querySelector("[autofocus]")) dialog.querySelector("h2")?.focus();
    return () => {
      dialog.close();
      // A dialog that has left the page does not give it back.
      if (from?.isConnected) from.focus({ preventScroll: true });
    };
  }, []);
}

/**
 * A dialog that is open while it is on the page. onClose is called when the person closes it. One that stays is not
 * closed by a press beside it, which may be a slip.
 */
export function Dialog({ title, onClose, children, className = "", stays = false }) {
  const element = useRef();
  useModal(element, onClose);
  return html`
    <dialog ref=${element} class=${className || undefined} aria-labelledby="dialog-title"
      onCancel=${(e) => (e.preventDefault(), onClose())}
      onClose=${() => element.current && onClose() /* a browser may close it without asking */}
      onClick=${(e) => !stays && e.target === element.current && onClose()}>
      <div class="dialog-head">
        <h2 id="dialog-title" tabindex="-1">${title}</h2>
        <button type="button" class="button plain icon" aria-label=${ui.close} onClick=${onClose}>
          <${Icon} name="close" />
        </button>
      </div>
      <div class="dialog-body">${children}</div>
    </dialog>`;
}

/**
 * Asks once before something that cannot be undone. act may return a promise; what it refuses is shown. The second
 * press of a double tap was meant for what opened the dialog. One that comes late may come under any press.
 */
export function Confirm({ title, text, button, act, onClose, late = false, beside = null, children = null }) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const go = async ({ detail }) => {
    if (detail > 1) return;
    setBusy(true);
    try {
      await act();
      onClose();
    } catch (refused) {
      setProblem(refused.message);
      setBusy(false);
    }
  };
  return html`
    <${Dialog} title=${title} onClose=${onClose}>
      <p>${text}</p>
      ${children}
      ${problem && html`<p class="danger" role="alert">${problem}</p>`}
      <div class="dialog-buttons">
        <button type="button" class="button" onClick=${onClose}>${ui.cancel}</button>
        ${beside}
        <${late ? Decision : "button"} type="button" class="button danger" disabled=${busy} onClick=${go}>
          ${button}
        <//>
      </div>
    <//>`;
}
