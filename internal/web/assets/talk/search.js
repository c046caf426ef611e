// Searching in the conversation: what opens the line for that.

import { html, useMemo, useRef, useState } from "../vendor.js";
import { useBack } from "../ui/back.js";
import { Icon } from "../ui/icon.js";
import { useKeys } from "../ui/keys.js";
import { later } from "../ui/later.js";
import { seek, sought } from "./found.js";
import { talk } from "./words.js";

const Line = later("SearchLine");

/**
 * A button that opens a line for searching and its results; so do / and Ctrl+K. On a phone the button is hidden, and
 * the menu of a room that goes on calls handle.current. onJump(id) shows a message, and onFound(id) gives the focus to
 * one.
 */
export function Search({ room, state, onJump, onFound, handle = /** @type {any} */ (null) }) {
  const [open, setOpen] = useState(false);
  const field = useRef();
  const button = useRef();
  const from = useRef(/** @type {any} */ (null)); // where the focus was
  const begin = useMemo(() => () => {
    from.current = document.activeElement;
    setOpen(true);
    field.current?.select();
  }, []);
  if (handle) handle.current = begin;
  useKeys(useMemo(() => ({ "/": begin, "Ctrl+k": begin }), []));
  const close = () => {
    const { at } = sought;
    setOpen(false);
    seek("");
    if (at) onFound(at.id);
    else (button.current.checkVisibility() ? button : from).current?.focus();
  };
  useBack(close, open);
  return html`
    <div class="search">
      <button type="button" class="button plain icon" ref=${button} aria-label=${talk.search} title=${talk.search}
        aria-expanded=${open} onClick=${() => (open ? close() : setOpen(true))}><${Icon} name="search" /></button>
      ${open && html`<${Line} room=${room} state=${state} onJump=${onJump} onClose=${close} field=${field} />`}
    </div>`;
}
