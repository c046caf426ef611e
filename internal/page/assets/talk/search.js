// Searching in what is loaded of the conversation.

import { html, useLayoutEffect, useMemo, useRef, useState } from "../vendor.js";
import { Icon, IconButton } from "../ui/icon.js";
import { useKeys } from "../ui/keys.js";
import { words } from "../words.js";
import { actorOf } from "./names.js";
import { placesOf, seek } from "./found.js";

/** A button that opens a line for searching; so do / and Ctrl+K. onJump(id) shows a message. */
export function Search({ room, state, onJump }) {
  const [open, setOpen] = useState(false);
  const field = useRef();
  const button = useRef();
  useKeys(useMemo(() => {
    const begin = () => (setOpen(true), field.current?.select());
    return { "/": begin, "Ctrl+k": begin };
  }, []));
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

function Line({ room, state, onJump, onClose, field }) {
  const [text, setText] = useState("");
  const [at, setAt] = useState(/** @type {{id: string, nth: number} | null} */ (null)); // what is shown
  const [problem, setProblem] = useState("");
  const found = useMemo(() => search(state.messages, text), [state.messages, text]);
  const n = found.findLastIndex(({ id, nth }) => !at || (id === at.id && nth === at.nth)); // at first the newest
  useLayoutEffect(() => field.current.focus(), []);
  const go = (hit, wanted = text) => {
    setAt(hit ?? null);
    seek(wanted, hit);
    field.current.focus(); // the next key goes on, or ends it
    if (hit) onJump(hit.id);
  };
  const input = ({ target }) => {
    setText(target.value);
    go(search(state.messages, target.value).at(-1), target.value);
  };
  // The newest comes first: what one looks for was mostly said lately.
  const older = () => go(found.at(n - 1));
  const newer = () => go(found[(n + 1) % found.length]);
  const onKey = (event) => {
    if (event.key === "Escape") onClose();
    else if (event.key === "Enter") (event.shiftKey ? newer : older)();
  };
  const long = state.messages.filter(({ more }) => more); // texts of which the page has the beginning
  const more = () => {
    setProblem("");
    field.current.focus(); // the button may go
    const loaded = state.earlier ? room.loadEarlier() : Promise.all(long.map(({ id }) => room.textOf(id)));
    loaded.catch((failed) => setProblem(failed.message));
  };
  const counted = found.length ? words.talk.search.count(found.length - n, found.length) : words.talk.search.none;
  const { more: earlier, rest, allLoaded, allThere } = words.talk.search;
  const loadMore = state.loading ? words.talk.loading : state.earlier ? earlier : rest;
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
          ${state.earlier || long.length
            ? html`
              <button type="button" class="button small" disabled=${state.loading} onClick=${more}>${loadMore}</button>`
            : html`<span class="quiet">${state.partial ? allThere : allLoaded}</span>`}
          ${problem && html`<span class="problem" role="alert">${problem}</span>`}
        </p>`}
    </div>`;
}

const lower = new WeakMap(); // what is searched of each message

/**
 * Returns where a text stands in messages, in order: {id, nth: in which place of the message's text,
 * or -1 if it is in the name of the speaker or of a file alone}.
 */
export function search(messages, text) {
  const wanted = text.trim().toLowerCase();
  if (!wanted) return [];
  return messages.flatMap((message) => {
    if (message.type !== "message") return [];
    const { said, names } = lowerOf(message);
    const places = placesOf(wanted, said).map((_, nth) => ({ id: message.id, nth }));
    return places.length || !names.includes(wanted) ? places : [{ id: message.id, nth: -1 }];
  });
}

function lowerOf(message) {
  const { text = "", file } = message;
  const made = () => ({ said: text.toLowerCase(), names: `${actorOf(message)}\n${file?.name ?? ""}`.toLowerCase() });
  if (!lower.has(message)) lower.set(message, made());
  return lower.get(message);
}
