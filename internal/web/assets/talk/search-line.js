// The line for searching in the conversation, with what was found: at once in what is loaded, then page by page in what
// was said before that.

import { ui } from "../ui/words.js";
import { html, useLayoutEffect, useMemo, useRef, useState } from "../vendor.js";
import { IconButton } from "../ui/icon.js";
import { clockOf, dayName, dayWithin, useNow } from "../ui/time.js";
import { touch } from "../ui/viewport.js";
import { Earlier, nothing } from "./earlier.js";
import { seek, sought } from "./found.js";
import { actorOf } from "./names.js";
import { lineOf, search, together } from "./places.js";
import { search as w } from "./dialog-words.js";

const most = 100; // results that are listed beyond the one that is chosen, and then as many more as are looked at

export function SearchLine({ room, state, onJump, onClose, field }) {
  const [text, setText] = useState("");
  const [at, setAt] = useState(/** @type {{id: string} | null} */ (null)); // what is chosen
  const [listed, setListed] = useState(true); // until one is chosen
  const [wide, setWide] = useState(most);
  const [loading, setLoading] = useState(/** @type {object | null} */ (null)); // the place up to which messages load
  const [problem, setProblem] = useState(""); // why it cannot be shown
  const { messages } = state;
  const [known, earlier] = useEarlier(room, text);
  const all = useMemo(() => together(known.kept, messages), [known.kept, messages]);
  const found = useMemo(() => search(all, text).reverse(), [all, text]); // the newest first
  const n = Math.max(0, found.findIndex(({ id }) => id === at?.id));
  const byId = useMemo(() => new Map(all.map((message) => [message.id, message])), [all]);
  const cut = useMemo(() => all.filter(({ more }) => more).length, [all]);
  const now = useNow(state.clock);
  useLayoutEffect(() => field.current.focus(), []);
  const open = listed && found.length > 0;
  useLayoutEffect(() => document.getElementById("found-" + n)?.scrollIntoView({ block: "nearest" }), [n, open]);
  const go = async (hit, list) => {
    setListed(list);
    setAt(hit ?? null);
    seek(text, hit);
    setLoading(null);
    setProblem("");
    if (!hit) return;
    if (!room.paging.history.has(hit.id)) {
      if (list) return; // the keys go by: what is only passed is not loaded
      setLoading(hit);
      const there = await earlier.load(hit.id).catch((failed) => sought.at === hit && setProblem(failed.message));
      setLoading((one) => (one === hit ? null : one));
      if (sought.at !== hit) return; // the person has gone on
      if (there === false) setProblem(w.gone);
      if (!there) return;
    }
    onJump(hit.id);
  };
  const input = ({ target }) => {
    setText(target.value);
    setAt(null);
    setListed(true);
    setWide(most);
    setLoading(null);
    setProblem("");
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
  const step = (by) => go(found[(n + by + found.length) % found.length], false); // the newest stands first
  const choose = (hit) => {
    go(hit, false);
    if (touch.matches) field.current.blur(); // its keyboard would cover the message
  };
  const scrolled = ({ target: { scrollTop, clientHeight, scrollHeight } }) => {
    if (scrollTop + clientHeight > scrollHeight - 200 && n + wide < found.length) setWide(wide + most);
  };
  const count = found.length ? w.count(n + 1, found.length) : known.how === "searching" ? "" : w.none;
  return html`
    <div class="search-line" role="search" onKeyDown=${onKey}>
      <input class="input" type="text" enterkeyhint="search" ref=${field} aria-label=${w.label} placeholder=${w.label}
        role="combobox" aria-expanded=${open} aria-controls="found" aria-autocomplete="list"
        aria-activedescendant=${open ? "found-" + n : undefined} autocomplete="off" value=${text} onInput=${input}
        onClick=${() => setListed(true)} />
      <span class="search-count small quiet" role="status">${text.trim() && count}</span>
      ${at && found.length > 1 && html`
        <${IconButton} icon="up" label=${w.earlier} onClick=${() => step(1)} />
        <${IconButton} icon="down" label=${w.later} onClick=${() => step(-1)} />`}
      <${IconButton} icon="close" label=${ui.close} onClick=${onClose} />
      ${open && html`
        <div class="search-list" id="found" role="listbox" aria-label=${w.results} onScroll=${scrolled}>
          ${found.slice(0, n + wide).map((hit, place) => html`
            <${Result} key=${hit.id} ...${{ hit, place, text, now }} message=${byId.get(hit.id)}
              chosen=${place === n} onChoose=${choose} />`)}
        </div>`}
      ${text.trim() && html`<${Reach} ...${{ state, known, cut, earlier, now, loading, problem, field }} />`}
    </div>`;
}

/** Returns what is known of the earlier messages in which a text stands, and what searches them. */
function useEarlier(room, text) {
  const [known, setKnown] = useState(nothing);
  const { history } = room.paging; // another one once the room is loaded
  const earlier = useMemo(() => new Earlier(room.paging, room.clock, setKnown), [history]);
  useLayoutEffect(() => earlier.seek(text), [earlier, text]);
  useLayoutEffect(() => () => earlier.close(), [earlier]);
  return /** @type {[typeof known, Earlier]} */ ([known, earlier]);
}

/** How far back the search is, and what ends it or has it go on. cut is of how many messages only the beginning. */
function Reach({ state, known, cut, earlier, now, loading, problem, field }) {
  const { how } = known;
  const over = state.phase === "ended";
  const searching = how === "searching" && !over;
  const done = how === "done" || over;
  const oldest = [known.back, state.messages[0]?.at].filter(Boolean).sort()[0];
  const ms = Date.parse(oldest);
  const when = oldest ? `${dayWithin(ms, now)}, ${clockOf(ms)}` : "";
  const [label, press] = searching ? [w.stop, () => earlier.stop()]
    : done ? [w.rest, () => earlier.rest()] : [w.goOn, () => earlier.go()];
  const begun = done && !over && cut > 0;
  const reached = !done ? w.searched(when) : begun ? w.begun(cut) : state.partial ? w.allThere : w.allLoaded;
  const button = !done || begun;
  const why = problem || known.problem;
  const had = useRef(false); // the focus
  useLayoutEffect(() => {
    if (had.current && !button && document.activeElement === document.body) field.current.focus();
  }, [button]);
  return html`
    <div class="search-reach small">
      <p>
        ${searching && html`<span class="quiet">${loading ? w.loading : w.searching(when)}</span>`}
        <span class="quiet" role="status">${!searching && (loading ? w.loading : reached)}</span>
        ${why && html` <span class="problem" role="alert">${why}</span>`}
      </p>
      ${button && html`
        <button type="button" class="button small" onFocus=${() => (had.current = true)} onClick=${press}>
          ${label}</button>`}
    </div>`;
}

/** One message: who said it, when, the line with the word marked, and in how many places it stands. */
function Result({ hit, place, message, text, now, chosen, onChoose }) {
  const ms = Date.parse(message.at);
  const [before, word, after] = lineOf(message, text);
  const hold = (event) => event.preventDefault(); // the field keeps the focus
  return html`
    <div class="search-result" role="option" id=${"found-" + place} aria-selected=${chosen} onMouseDown=${hold}
      onClick=${() => onChoose(hit)}>
      <bdi class="search-who">${actorOf(message)}</bdi>
      <time class="quiet small" datetime=${message.at}>${dayName(ms, now)}, ${clockOf(ms)}</time>
      <span class="search-text" dir="auto">${before}<mark>${word}</mark>${after}</span>
      ${hit.count > 1 && html`<span class="badge">${w.places(hit.count)}</span>`}
    </div>`;
}
