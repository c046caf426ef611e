// What needs the person in all of its rooms, and the list of these beside the open one: what is unread, the last line
// and its time.

import * as storage from "../storage.js";
import { at, root } from "../site.js";
import { gist } from "../talk/rows.js";
import { talk } from "../talk/words.js";
import { fill } from "../ui/fill.js";
import { Icon } from "../ui/icon.js";
import { useStill } from "../ui/still.js";
import { ClockOrDay } from "../ui/time.js";
import { ui } from "../ui/words.js";
import { html, useEffect, useLayoutEffect, useRef, useState } from "../vendor.js";
import { actorOf } from "../talk/names.js";
import { countNeeds, needsOfAll } from "./mine.js";
import { rooms as w } from "./words.js";

const shown = 5; // things that need the person, at first: the rooms are to be in sight

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

/** Opens the list where it has no place beside the conversation. */
export function RoomsButton({ rooms, open, onClick }) {
  const n = countNeeds(rooms);
  const unread = rooms.some((room) => room.unread > 0);
  return html`
    <button type="button" class="button room-rooms-button" aria-expanded=${open} aria-label=${w.open(n, unread)}
      onClick=${onClick}>
      <${Icon} name="menu" />
      ${n > 0 ? html`<span class="count">${n}</span>` : unread && html`<span class="rooms-dot"></span>`}
    </button>`;
}

/** onLead(id) leads to a place in the open room. */
export function Rooms({ rooms, onLead, onClose }) {
  const list = useRef();
  const left = useStill(list);
  return html`
    <div class="rooms" ref=${list} onPointerLeave=${left}>
      <button type="button" class="button plain icon rooms-close" aria-label=${ui.close} onClick=${onClose}>
        <${Icon} name="close" />
      </button>
      <${Needs} rooms=${rooms} onLead=${onLead} />
      <h2 class="rooms-head">${w.title}</h2>
      <ul class="rooms-list">${rooms.map((one) => html`<li key=${one.seat.token}><${Row} ...${one} /></li>`)}</ul>
      <p class="rooms-foot small"><a href=${root.href}>${w.more}</a></p>
    </div>`;
}

/** What leads to the room of a seat, with that seat, and to a place in it. */
export function linkTo({ room, token }, id = "") {
  const choose = () => storage.keep({ token, used: Date.now() });
  return { href: at("r/" + room) + (id && "#" + id), onClick: choose, onAuxClick: choose };
}

/** All that needs the person; nothing if that is nothing. onLead(id) leads to a place in the open room. */
export function Needs({ rooms, onLead = (_) => {} }) {
  const [all, setAll] = useState(false);
  const list = useRef();
  useEffect(() => void (all && list.current?.children[shown]?.firstElementChild.focus()), [all]); // the button is gone
  const needs = needsOfAll(rooms);
  if (!needs.length) return null;
  const few = all || needs.length <= shown + 1 ? needs : needs.slice(0, shown);
  return html`
    <section class="needs" aria-labelledby="needs-title">
      <h2 class="rooms-head" id="needs-title">
        ${w.needsTitle} <span class="rooms-count calls">${needs.length}</span>
      </h2>
      <ul ref=${list}>
        ${few.map(({ need, room }) => html`
          <li key=${room.seat.token + need.id}><${Line} need=${need} room=${room} onLead=${onLead} /></li>`)}
      </ul>
      ${few.length < needs.length && html`
        <button type="button" class="button small needs-more" onClick=${() => setAll(true)}>
          ${ui.more(needs.length - few.length)}
        </button>`}
    </section>`;
}

function Line({ need, room, onLead }) {
  const { id, what, who, text } = need;
  const link = linkTo(room.seat, id);
  const lead = (event) => {
    link.onClick();
    if (!room.open || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    onLead(id);
  };
  const whose = { element: html`<span>${fill(w.what[what === "task" && !who ? "taskOnly" : what], { who })}</span>` };
  return html`
    <a class="need" ...${link} onClick=${lead}>
      <span class="need-what">${fill(w.where, { what: whose, room: room.title || w.unnamed })}</span>
      <span class="need-text" dir="auto">${text}</span>
    </a>`;
}

function Row({ seat, title, name, open, state, needs, unread, more, last }) {
  const ended = state === "ended";
  const is = { "rooms-open": open, "rooms-unread": unread, "rooms-ended": ended };
  const classes = ["rooms-row", ...Object.keys(is).filter((name) => is[name])].join(" ");
  return html`
    <a class=${classes} ...${linkTo(seat)} aria-current=${open ? "page" : undefined}>
      <span class="rooms-title" dir="auto">${title || w.unnamed}${name && html` · <bdi>${name}</bdi>`}</span>
      ${last && !ended && html`<${Time} at=${last.at} />`}
      <span class="rooms-last">${ended ? w.ended : last && html`<${Last} message=${last} />`}</span>
      <${Counts} ...${{ needs, unread, more }} />
    </a>`;
}

/** How much in a room needs the person, or else how much is unread. */
function Counts({ needs, unread, more }) {
  const n = needs.length;
  if (!n && !unread) return null;
  const [count, words] = n ? [n, w.needs(n)] : [unread + (more ? "+" : ""), w.unread(unread, more)];
  return html`
    <span class=${"rooms-count" + (n ? " calls" : "")}>
      <span aria-hidden="true">${count}</span><span class="hidden-visually">${words}</span>
    </span>`;
}

/** A message in one line. */
export const Last = ({ message }) => html`
  ${message.to && html`<${Icon} name="lock" />`}
  <bdi>${actorOf(message)}</bdi>: ${message.redacted ? talk.removed : gist(message)}`;

export const Time = ({ at }) => html`<${ClockOrDay} at=${at} className="rooms-time" now=${Date.now()} />`;
