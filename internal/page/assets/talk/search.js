// Searching in what is loaded of the conversation.

import { html, useEffect, useLayoutEffect, useMemo, useRef, useState } from "../vendor.js";
import { Icon, IconButton } from "../ui/icon.js";
import { words } from "../words.js";
import { seek } from "./found.js";

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

function Line({ room, state, onJump, onClose, field }) {
  const [text, setText] = useState("");
  const [at, setAt] = useState(""); // the id of the message that is shown
  const [problem, setProblem] = useState("");
  const found = useMemo(() => search(state.messages, text), [state.messages, text]);
  const n = found.indexOf(at);
  useLayoutEffect(() => field.current.focus(), []);
  const go = (id) => {
    if (!id) return;
    setAt(id);
    field.current.focus(); // the next key goes on, or ends it
    onJump(id);
  };
  const input = (event) => {
    setText(event.target.value);
    setAt("");
    seek(event.target.value);
  };
  // The newest comes first: what one looks for was mostly said lately.
  const older = () => go(n < 0 ? found.at(-1) : found[(n - 1 + found.length) % found.length]);
  const newer = () => go(n < 0 ? found.at(-1) : found[(n + 1) % found.length]);
  const onKey = (event) => {
    if (event.key === "Escape") onClose();
    else if (event.key === "Enter") (event.shiftKey ? newer : older)();
  };
  const more = () => {
    setProblem("");
    field.current.focus(); // the button may go
    room.loadEarlier().catch((failed) => setProblem(failed.message));
  };
  const counted = found.length
    ? words.talk.search.count(n < 0 ? 0 : found.length - n, found.length)
    : words.talk.search.none;
  const loadMore = state.loading ? words.talk.loading : words.talk.search.more;
  return html`
    <div class="search-line" role="search">
      <input class="input" type="text" enterkeyhint="search" ref=${field} aria-label=${words.talk.search.label}
        placeholder=${words.talk.search.label}
        autocomplete="off" value=${text} onInput=${input} onKeyDown=${onKey} />
      <span class="search-count small quiet" role="status">${text.trim() && counted}</span>
      <${IconButton} icon="up" label=${words.talk.search.previous} disabled=${!found.length} onClick=${older} />
      <${IconButton} icon="down" label=${words.talk.search.next} disabled=${!found.length} onClick=${newer} />
      <${IconButton} icon="close" label=${words.ui.close} onClick=${onClose} />
      ${text.trim() && html`
        <p class="search-more small">
          ${state.earlier
            ? html`
              <button type="button" class="button small" disabled=${state.loading} onClick=${more}>${loadMore}</button>`
            : html`<span class="quiet">${words.talk.search.allLoaded}</span>`}
          ${problem && html`<span class="problem" role="alert">${problem}</span>`}
        </p>`}
    </div>`;
}

const lower = new WeakMap(); // what is searched of each message

/** Returns the ids of the messages with a text in them, in their order. */
export function search(messages, text) {
  const wanted = text.trim().toLowerCase();
  if (!wanted) return [];
  return messages
    .filter((message) => message.type === "message" && textOf(message).includes(wanted))
    .map(({ id }) => id);
}

function textOf(message) {
  const { from, text = "", file } = message;
  if (!lower.has(message)) lower.set(message, `${from}\n${text}\n${file?.name ?? ""}`.toLowerCase());
  return lower.get(message);
}
