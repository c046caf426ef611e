// The button that opens the line for searching.

import { html, useEffect, useRef, useState } from "../vendor.js";
import { Icon } from "../ui/icon.js";
import { later } from "../ui/later.js";
import { words } from "../words.js";
import { seek } from "./found.js";

const Line = later(() => import("./search-line.js"), "Line");

/** A button that opens a line for searching; so do / and Ctrl+K. onJump(id) shows a message. */
export function Search({ room, state, onJump }) {
  const [open, setOpen] = useState(false);
  const field = useRef();
  const button = useRef();
  useEffect(() => {
    const onKey = (event) => {
      if (!asksForSearch(event)) return;
      event.preventDefault();
      setOpen(true);
      field.current?.select();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);
  const close = () => {
    setOpen(false);
    seek("");
    button.current.focus();
  };
  return html`
    <div class="search">
      <button type="button" class="button plain icon" ref=${button} aria-label=${words.talk.search.open}
        title=${words.talk.search.open}
        aria-expanded=${open} onClick=${() => (open ? close() : setOpen(true))}><${Icon} name="search" /></button>
      ${open && html`<${Line} room=${room} state=${state} onJump=${onJump} onClose=${close} field=${field} />`}
    </div>`;
}

function asksForSearch(event) {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") return true;
  const typing = event.target.closest?.("input, textarea, select, [contenteditable], dialog");
  return event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey;
}
