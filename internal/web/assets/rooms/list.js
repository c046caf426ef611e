// The list of my rooms beside a room: what is unread, the last line and its time.

import { clock } from "../clock.js";
import * as storage from "../storage.js";
import { at, root } from "../site.js";
import { gist } from "../talk/rows.js";
import { talk } from "../talk/words.js";
import { Icon } from "../ui/icon.js";
import { clockOf, exactly } from "../ui/time.js";
import { ui } from "../ui/words.js";
import { html, useEffect, useMemo, useState } from "../vendor.js";
import { asker, endOf, latestOf, newsIn } from "./news.js";
import { speakerOf } from "../talk/names.js";
import { RoomsWatch, most } from "./watch.js";
import { rooms as w } from "./words.js";


/** Returns the seats that the list shows: {seats}, in an order that stays, however often one is opened. */
const listed = () =>
  storage
    .seats()
    .filter(({ claim }) => !claim)
    .slice(0, most)
    .sort((a, b) => titleOf(a).localeCompare(titleOf(b)) || (a.token < b.token ? -1 : 1));

const titleOf = ({ title }) => title ?? w.unnamed;

/**
 * Returns the rooms of this person, the open one among them: {seat, title, name: of the agent, where the person has
 * several in the room, open, ended, unread, more, calls, last}. Those that are not open are looked at once the open
 * one is shown.
 */
export function useRooms(room, state) {
  const [seats, setSeats] = useState(listed);
  const [known, setKnown] = useState(/** @type {Map<string, any>} */ (new Map())); // by token: as latestOf, or {ended}
  const ready = state.phase !== "opening";
  useEffect(() => {
    const stop = new AbortController();
    addEventListener("storage", () => setSeats(listed()), { signal: stop.signal });
    return () => stop.abort();
  }, []);
  useEffect(() => setSeats(listed()), [state.room?.name, state.me]);
  useEffect(() => {
    if (!ready) return undefined;
    const stop = new AbortController();
    const found = new Map();
    const watch = new RoomsWatch({
      seats: () => listed().filter(({ token }) => token !== room.seat.token && !found.get(token)?.ended),
      async look(seat, signal) {
        const how = await latestOf(asker(seat, signal), found.get(seat.token)).catch((problem) => {
          const end = endOf(problem);
          if (!end) throw problem;
          return end;
        });
        setKnown(new Map(found.set(seat.token, { ...how, then: seat.read })));
      },
      clock,
      signal: stop.signal,
    });
    const look = () => watch.here(!document.hidden);
    document.addEventListener("visibilitychange", look, { signal: stop.signal });
    look();
    watch.run();
    return () => stop.abort();
  }, [room, ready]);
  return useMemo(
    () => seats.map((seat) => {
      const open = seat.token === room.seat.token;
      const how = open ? { messages: state.messages } : known.get(seat.token);
      const news = how?.messages ? newsIn(how, seat) : { unread: 0, last: undefined };
      const name = seats.some((other) => other !== seat && other.room === seat.room) && seat.name;
      const told = open ? { unread: 0, calls: false } : {}; // what is new there is told there
      return { seat, open, title: titleOf(seat), name, ended: how?.ended, ...news, ...told };
    }),
    [seats, known, state.messages],
  );
}

/** Returns how many rooms beside the open one have something new. */
const newOnes = (rooms) => rooms.filter(({ unread, calls }) => unread > 0 || calls).length;

/** Opens the list where it has no place beside the conversation. */
export function RoomsButton({ rooms, open, onClick }) {
  const n = newOnes(rooms);
  return html`
    <button type="button" class="button room-rooms-button" aria-expanded=${open} aria-label=${w.open(n)}
      onClick=${onClick}>
      <${Icon} name="menu" />${n > 0 && html`<span class="count">${n}</span>`}
    </button>`;
}

export const Rooms = ({ rooms, onClose }) => html`
  <div class="rooms">
    <div class="rooms-head">
      <h2>${w.title}</h2>
      <button type="button" class="button plain icon rooms-close" aria-label=${ui.close} onClick=${onClose}>
        <${Icon} name="close" />
      </button>
    </div>
    <ul class="rooms-list">${rooms.map((one) => html`<li key=${one.seat.token}><${Row} ...${one} /></li>`)}</ul>
    <p class="rooms-foot small"><a href=${root.href}>${w.more}</a></p>
  </div>`;

function Row({ seat, title, name, open, ended, unread, more, calls, last }) {
  const is = { "rooms-open": open, "rooms-unread": unread, "rooms-ended": ended };
  const classes = ["rooms-row", ...Object.keys(is).filter((name) => is[name])].join(" ");
  const choose = () => storage.keep({ token: seat.token, used: Date.now() });
  return html`
    <a class=${classes}
      href=${at("r/" + seat.room)} aria-current=${open ? "page" : undefined} onClick=${choose} onAuxClick=${choose}>
      <span class="rooms-title" dir="auto">${title}${name && html` · <bdi>${name}</bdi>`}</span>
      ${last && !ended && html`<${Time} at=${last.at} />`}
      <span class="rooms-last">${ended ? w.ended : last && html`<${Line} message=${last} />`}</span>
      ${!ended && (unread > 0 || calls) && html`
        <span class=${"rooms-count" + (calls ? " calls" : "")}>
          ${unread > 0 ? unread + (more ? "+" : "") : "!"}<span class="hidden-visually"> ${w.news(unread, calls)}</span>
        </span>`}
    </a>`;
}

/** A message in one line. */
export const Line = ({ message }) => html`
  <bdi>${speakerOf(message)}</bdi>: ${message.redacted ? talk.removed : gist(message)}`;

/** The time of a message, or its day if that was another one. */
export function Time({ at }) {
  const day = new Date(at).toDateString() === new Date().toDateString();
  const text = day ? clockOf(Date.parse(at)) : dayFormat.format(Date.parse(at));
  return html`<time class="rooms-time" datetime=${at} title=${exactly(Date.parse(at))}>${text}</time>`;
}

const dayFormat = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric" });
