// Searching in what is loaded of the conversation.

import { ui } from "../ui/words.js";
import { html, useLayoutEffect, useMemo, useRef, useState } from "../vendor.js";
import { useBack } from "../ui/back.js";
import { Icon, IconButton } from "../ui/icon.js";
import { useKeys } from "../ui/keys.js";
import { clockOf, dayName, useNow } from "../ui/time.js";
import { placesOf, seek } from "./found.js";
import { actorOf, speakerOf } from "./names.js";
import { firstLine } from "./rows.js";
import { talk } from "./words.js";

/** A button that opens a line for searching and its results; so do / and Ctrl+K. onJump(id) shows a message. */
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
  useBack(close, open);
  return html`
    <div class="search">
      <button type="button" class="button plain icon" ref=${button} aria-label=${talk.search.open}
        title=${talk.search.open}
        aria-expanded=${open} onClick=${() => (open ? close() : setOpen(true))}><${Icon} name="search" /></button>
      ${open && html`<${Line} room=${room} state=${state} onJump=${onJump} onClose=${close} field=${field} />`}
    </div>`;
}

const most = 100; // results that are listed beyond the one that is shown

function Line({ room, state, onJump, onClose, field }) {
  const [text, setText] = useState("");
  const [at, setAt] = useState(/** @type {{id: string, nth: number} | null} */ (null)); // what is chosen
  const [listed, setListed] = useState(true); // until one is chosen
  const [problem, setProblem] = useState("");
  const found = useMemo(() => search(state.messages, text).reverse(), [state.messages, text]); // the newest first
  const n = Math.max(0, found.findIndex(({ id, nth }) => at && id === at.id && nth === at.nth));
  const byId = useMemo(() => new Map(state.messages.map((message) => [message.id, message])), [state.messages]);
  const now = useNow(state.clock);
  useLayoutEffect(() => field.current.focus(), []);
  const open = listed && found.length > 0;
  useLayoutEffect(() => document.getElementById("found-" + n)?.scrollIntoView({ block: "nearest" }), [n, open]);
  const go = (hit, list) => {
    setListed(list);
    setAt(hit ?? null);
    seek(text, hit);
    if (hit) onJump(hit.id);
  };
  const input = ({ target }) => {
    setText(target.value);
    setAt(null);
    setListed(true);
    seek(target.value);
  };
  const onKey = (event) => {
    const { key, shiftKey } = event;
    const by = key === "ArrowUp" || (key === "Enter" && shiftKey) ? -1 : 1;
    if (key === "Escape") return onClose();
    if (!found.length || !["Enter", "ArrowDown", "ArrowUp"].includes(key) || event.target !== field.current) return;
    event.preventDefault();
    const next = !at || (key === "Enter" && open) ? n : (n + by + found.length) % found.length;
    go(found[next], key !== "Enter");
  };
  const choose = (hit) => {
    go(hit, false);
    if (matchMedia("(pointer: coarse)").matches) field.current.blur(); // its keyboard would cover the message
  };
  const long = state.messages.filter(({ more }) => more); // texts of which the page has the beginning
  const more = async () => {
    setProblem("");
    field.current.focus(); // the button may go
    const { paging } = room;
    const loaded = state.earlier ? paging.loadEarlier() : Promise.all(long.map(({ id }) => paging.textOf(id)));
    await loaded.catch((failed) => setProblem(failed.message));
  };
  const { more: earlier, rest, allLoaded, allThere, label, results, count, none } = talk.search;
  const loadMore = state.loading ? talk.loading : state.earlier ? earlier : rest;
  return html`
    <div class="search-line" role="search" onKeyDown=${onKey}>
      <input class="input" type="text" enterkeyhint="search" ref=${field} aria-label=${label} placeholder=${label}
        role="combobox" aria-expanded=${open} aria-controls="found" aria-autocomplete="list"
        aria-activedescendant=${open ? "found-" + n : undefined} autocomplete="off" value=${text} onInput=${input} />
      <span class="search-count small quiet" role="status">
        ${text.trim() && (found.length ? count(n + 1, found.length) : none)}</span>
      <${IconButton} icon="close" label=${ui.close} onClick=${onClose} />
      ${open && html`
        <div class="search-list" id="found" role="listbox" aria-label=${results}>
          ${found.slice(0, n + most).map((hit, place) => html`
            <${Result} key=${hit.id + hit.nth} ...${{ hit, place, text, now }} message=${byId.get(hit.id)}
              chosen=${place === n} onChoose=${choose} />`)}
        </div>`}
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

/** One place: who said it, when, and the line with the word marked. */
function Result({ hit, place, message, text, now, chosen, onChoose }) {
  const ms = Date.parse(message.at);
  const [before, word, after] = lineOf(message, text, hit.nth);
  const hold = (event) => event.preventDefault(); // the field keeps the focus
  return html`
    <div class="search-result" role="option" id=${"found-" + place} aria-selected=${chosen} onMouseDown=${hold}
      onClick=${() => onChoose(hit)}>
      <bdi class="search-who">${speakerOf(message)}</bdi>
      <time class="quiet small" datetime=${message.at}>${dayName(ms, now)}, ${clockOf(ms)}</time>
      <span class="search-text" dir="auto">${before}<mark>${word}</mark>${after}</span>
    </div>`;
}

const plain = (text) => text.replace(/[*`|]|~~|^[\s>#-]+/g, "");

/** Returns the line of a place where a text stands, without its Markdown: what is before, the text, what is after. */
export function lineOf(message, text, nth) {
  const { said } = lowerOf(message);
  const wanted = text.trim().toLowerCase();
  const shown = nth < 0 ? (message.file?.name ?? "") : (message.text ?? "");
  const all = nth < 0 ? shown.toLowerCase() : said;
  const at = placesOf(wanted, all)[Math.max(nth, 0)];
  if (at === undefined) return [firstLine(message.text), "", ""]; // it is in the name of the speaker
  const line = shown.length === all.length ? shown : all; // lower case may move the letters
  const begin = line.lastIndexOf("\n", at - 1) + 1;
  const before = line.slice(begin, at);
  const end = line.indexOf("\n", at + wanted.length);
  const after = line.slice(at + wanted.length, Math.min(end < 0 ? line.length : end, at + 200));
  const cut = before.length > 40 ? "… " + before.slice(-30).replace(/^\S*\s/, "") : before;
  return [plain(cut), line.slice(at, at + wanted.length), after.replace(/[*`|]|~~/g, "")];
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
