// What needs the person in its rooms, and the list of these beside the open one: what is unread, the last line and its
// time. What needs it in the open room stands there.

import { compose } from "../compose/words.js";
import * as storage from "../storage.js";
import { at, root } from "../site.js";
import { gist, isEmptyVote } from "../talk/rows.js";
import { talk } from "../talk/words.js";
import { seatNumberOf } from "../token.js";
import { moveIn } from "../ui/arrows.js";
import { fill } from "../ui/fill.js";
import { fold } from "../ui/fold.js";
import { Icon } from "../ui/icon.js";
import { useStill } from "../ui/still.js";
import { Ago, useNow } from "../ui/time.js";
import { ui } from "../ui/words.js";
import { html, useEffect, useLayoutEffect, useRef, useState } from "../vendor.js";
import { actorOf } from "../talk/names.js";
import { countNeeds, needsOfAll } from "./mine.js";
import { rooms as w } from "./words.js";

// Things that need the person, at first: the rooms are to be in sight.
const [shown, shownBeside] = [5, 3];

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

/** Opens the list where it has no place beside the conversation. */
export function RoomsButton({ rooms, open, onClick }) {
  const n = countNeeds(elsewhere(rooms));
  const unread = rooms.some((room) => room.unread > 0);
  return html`
    <button type="button" class="button room-rooms-button" aria-expanded=${open} aria-label=${w.open(n, unread)}
      onClick=${onClick}>
      <${Icon} name="menu" />
      ${n > 0 ? html`<span class="count">${n}</span>` : unread && html`<span class="rooms-dot"></span>`}
    </button>`;
}

/** The list stays where it is when it is known what needs the person: that comes below. */
export function Rooms({ rooms, missing, onClose }) {
  const list = useRef();
  const left = useStill(list);
  const open = rooms.find((room) => room.open)?.seat;
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
      <${Needs} rooms=${elsewhere(rooms)} title=${w.needsElsewhere} here=${open?.room}
        first=${shownBeside} />
      <p class="rooms-foot small"><a href=${root.href}>${w.more}</a></p>
    </div>`;
}

/** Says why news may be missing: see MyRooms. */
export const Missing = ({ why }) => why && html`<p class="small quiet rooms-none" role="status">${w.missing[why]}</p>`;

/**
 * What leads to the room of a seat, and to a place in it. The seat is named where this browser has several there: the
 * link may open in another tab.
 */
export function linkTo({ room, token }, id = "") {
  const several = storage.seats().filter((seat) => seat.room === room).length > 1;
  const place = id + (several ? "." + seatNumberOf(token) : "");
  return { href: at("r/" + room) + (place && "#" + place) };
}

/**
 * All that needs the person in some rooms; nothing if that is nothing. here is the id of the open one, and first is how
 * much is shown until more is asked for.
 */
export function Needs({ rooms, title = w.needsTitle, here = "", first = shown }) {
  const [all, setAll] = useState(false);
  const list = useRef();
  useEffect(() => void (all && list.current?.children[first]?.firstElementChild.focus()), [all]); // the button is gone
  const needs = needsOfAll(rooms);
  if (!needs.length) return null;
  const few = all || needs.length <= first + 1 ? needs : needs.slice(0, first);
  return html`
    <section class="needs" aria-labelledby="needs-title">
      <h2 class="rooms-head" id="needs-title">
        ${title} <span class="rooms-count calls">${needs.length}</span>
      </h2>
      <ul ref=${list}>
        ${few.map(({ need, room }) => html`
          <li key=${room.seat.token + need.id}><${Line} ...${{ need, room, here }} /></li>`)}
      </ul>
      ${few.length < needs.length && html`
        <button type="button" class="button small needs-more" onClick=${() => setAll(true)}>
          ${ui.more(needs.length - few.length)}
        </button>`}
    </section>`;
}

/** What and where in one line, and who has written what in two. A draft is by the person's agent. */
function Line({ need: { id, what, who, text, ...carried }, room: { seat, title, name }, here }) {
  const where = seat.room === here ? { word: w.thisRoom } : title || w.unnamed;
  return html`
    <a class="need" ...${linkTo(seat, id)}>
      <span class="need-what">
        ${fill(name ? w.whereAs : w.where, { what: { element: w.what[what] }, room: where, name })}
      </span>
      <span class="need-text" dir="auto">
        ${carries(carried)}${what !== "draft" && who && html`<bdi>${who}</bdi>: `}${text}
      </span>
    </a>`;
}

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
