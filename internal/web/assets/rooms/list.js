// The list of a person's rooms, beside the open one: what is unread, the last line and its time. A link leads to the
// inbox.

import { compose } from "../compose/words.js";
import { root } from "../site.js";
import { gist, isEmptyVote } from "../talk/rows.js";
import { talk } from "../talk/words.js";
import { moveIn } from "../ui/arrows.js";
import { fill } from "../ui/fill.js";
import { fold } from "../ui/fold.js";
import { Icon } from "../ui/icon.js";
import { useStill } from "../ui/still.js";
import { Ago, useNow } from "../ui/time.js";
import { ui } from "../ui/words.js";
import { html, useLayoutEffect, useRef, useState } from "../vendor.js";
import { actorOf } from "../talk/names.js";
import { linkTo } from "./link.js";
import { countNeeds } from "./mine.js";
import { rooms as w } from "./words.js";

/** Returns the rooms of a person, now and after each change. mine is MyRooms. */
export function useMyRooms(mine) {
  const [rooms, setRooms] = useState(mine.rooms);
  useLayoutEffect(() => {
    const changed = () => setRooms(mine.rooms);
    changed();
    return mine.subscribe(changed);
  }, [mine]);
  return rooms;
}

const many = 10; // rooms: of more, one is found by its name

/** Returns the rooms that are found, and the field for a part of their names where there are many. */
export function useFind(rooms) {
  const [text, setText] = useState("");
  if (rooms.length <= many) return [rooms, null];
  const found = rooms.filter(({ title }) => fold(title || w.unnamed).includes(fold(text.trim())));
  const key = (event) => {
    const list = event.target.parentElement.querySelector("ul");
    if (event.key === "Enter" && !event.isComposing) list?.querySelector("a")?.click();
    if (event.key === "Home" || event.key === "End") event.stopPropagation(); // they move in the field
  };
  return [found, html`
    <input type="search" class="input rooms-find" autocomplete="off" placeholder=${w.find} aria-label=${w.find}
      value=${text} onInput=${(event) => setText(event.target.value)} onKeyDown=${key} />
    ${!found.length && html`<p class="small quiet rooms-none" role="status">${w.noneFound}</p>`}`];
}

const elsewhere = (rooms) => rooms.filter(({ open }) => !open);

/** Opens the list where it has no place beside the conversation, and is found as the list is. */
export function RoomsButton({ rooms, open, onClick }) {
  const n = countNeeds(elsewhere(rooms));
  const unread = rooms.some((room) => room.unread > 0);
  return html`
    <nav class="rooms-way" aria-label=${w.title}>
      <button type="button" class="button room-rooms-button" aria-expanded=${open} aria-label=${w.open(n, unread)}
        onClick=${onClick}>
        <${Icon} name="menu" />
        ${n > 0 ? html`<span class="count">${n}</span>` : unread && html`<span class="rooms-dot"></span>`}
      </button>
    </nav>`;
}

/** The rooms, and below them the link to the inbox: its number is known later, and moves no room. */
export function Rooms({ rooms, missing, onClose }) {
  const list = useRef();
  const left = useStill(list);
  const n = countNeeds(rooms);
  const [found, field] = useFind(rooms);
  return html`
    <div class="rooms" ref=${list} onPointerLeave=${left} onKeyDown=${(event) => moveIn(list.current, event)}>
      <button type="button" class="button plain icon rooms-close" aria-label=${ui.close} onClick=${onClose}>
        <${Icon} name="close" />
      </button>
      <h2 class="rooms-head">${w.title}</h2>
      ${field}
      <ul class="rooms-list">${found.map((one) => html`<li key=${one.seat.token}><${Row} ...${one} /></li>`)}</ul>
      <${Missing} why=${missing} />
      ${n > 0 && html`
        <a class="rooms-needs" href=${root.href}>${w.needsTitle} <span class="rooms-count calls">${n}</span></a>`}
      <p class="rooms-foot small"><a href=${root.href}>${w.more}</a></p>
    </div>`;
}

/** Says why news may be missing: see MyRooms. */
export const Missing = ({ why }) => why && html`<p class="small quiet rooms-none" role="status">${w.missing[why]}</p>`;

const isKnown = (state) => state === "known" || state === "closed";

function Row({ seat, title, name, open, state, waits, unread, more, last, proposal }) {
  const ended = state === "ended";
  const is = { "rooms-open": open, "rooms-unread": unread, "rooms-ended": ended };
  const classes = ["rooms-row", ...Object.keys(is).filter((name) => is[name])].join(" ");
  return html`
    <a class=${classes} ...${linkTo(seat)} aria-current=${open ? "page" : undefined}>
      <span class="rooms-title" dir="auto">${title || w.unnamed}</span>
      ${last && !ended && html`<${Time} at=${last.at} />`}
      ${name && html`<span class="rooms-as">${fill(compose.as, { name })}</span>`}
      <span class="rooms-last">
        ${ended ? w.ended : last ? html`<${Last} message=${last} proposal=${proposal} />` : isKnown(state) && w.none}
      </span>
      <${Counts} ...${{ waits, unread, more }} />
    </a>`;
}

/** How much in a room needs the person, or else how much is unread. */
function Counts({ waits: n, unread, more }) {
  if (!n && !unread) return null;
  const [count, words] = n ? [n, w.needs(n)] : [unread + (more ? "+" : ""), w.unread(unread, more)];
  return html`
    <span class=${"rooms-count" + (n ? " calls" : "")}>
      <span aria-hidden="true">${count}</span><span class="hidden-visually">${words}</span>
    </span>`;
}

/** Says before a text that it is private, and has a file. */
const carries = (/** @type {any} */ { to, file }) =>
  [to && ["lock", w.isPrivate], file && ["file", w.hasFile]].filter(Boolean).map(([icon, says]) => html`
    <${Icon} name=${icon} /><span class="hidden-visually">${says}: </span>`);

/** A message in one line; proposal is what a vote without words agrees to, if it is known. */
export const Last = ({ message, proposal }) => html`
  ${carries(message)}<bdi>${actorOf(message)}</bdi>${isEmptyVote(message)
    ? fill(w.agreed, { proposal: proposed(proposal) })
    : ": " + (message.redacted ? talk.removed : gist(message))}`;

const proposed = (proposal) => (proposal ? { quote: proposal.text } : { element: talk.earlierMessage });

export const Time = ({ at }) => html`<${Ago} at=${at} now=${useNow()} />`;
