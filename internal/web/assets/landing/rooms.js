// My rooms: the seats that this browser keeps.

import * as storage from "../storage.js";
import { at } from "../site.js";
import { Line, Time } from "../rooms/list.js";
import { html, useEffect, useState } from "../vendor.js";
import { choose, lookAt } from "./news.js";
import { landing } from "./words.js";

const w = landing.rooms;

/**
 * The rooms of this person, and what is known of them. onSeats is called with those that are left, or that another
 * tab has brought, onKnown with what changes the rest; children stand beside the title.
 */
export function MyRooms({ seats, known, onSeats, onKnown, children }) {
  const again = useNews(() => onSeats(storage.seats()));
  useEffect(() => {
    const stop = new AbortController();
    lookAt(seats, ({ token }, how) => onKnown((known) => ({ ...known, [token]: how })), stop.signal);
    return () => stop.abort();
  }, [again]);
  const forget = ({ token }) => {
    storage.forget(token);
    onSeats(storage.seats());
  };
  return html`
    <section aria-labelledby="rooms-title">
      <div class="landing-title"><h1 id="rooms-title">${w.title}</h1>${children}</div>
      <ul class="landing-list">
        ${seats.map((seat) => html`
          <${Seat} key=${seat.token} seat=${seat} how=${known[seat.token]} onForget=${() => forget(seat)} />`)}
      </ul>
    </section>`;
}

/** Calls changed, and returns another number, when the person comes back or another tab keeps something. */
function useNews(changed) {
  const [count, setCount] = useState(0);
  useEffect(() => {
    const look = () => document.hidden || (changed(), setCount((count) => count + 1));
    const stop = new AbortController();
    document.addEventListener("visibilitychange", look, { signal: stop.signal });
    addEventListener("pageshow", (event) => event.persisted && look(), { signal: stop.signal });
    addEventListener("online", look, { signal: stop.signal });
    addEventListener("storage", changed, { signal: stop.signal });
    return () => stop.abort();
  }, []);
  return count;
}

function Seat({ seat, how, onForget }) {
  const title = how?.title ?? seat.title ?? w.unnamed;
  const open = () => choose(seat);
  return html`
    <li class=${"landing-item landing-room" + (how?.unread > 0 ? " landing-unread" : "")}>
      <div class="landing-item-text">
        <h2 dir="auto">
          ${how?.ended ? title : html`<a href=${at("r/" + seat.room)} onClick=${open} onAuxClick=${open}>${title}</a>`}
        </h2>
        ${how?.last && html`<p class="landing-last"><${Line} message=${how.last} /></p>`}
        <p class="quiet small">
          ${seat.name && !how?.ended && html`<span>${seat.alone ? w.alone : w.with} <bdi>${seat.name}</bdi></span>`}
          ${how && html`<span><${State} how=${how} /></span>`}
        </p>
      </div>
      <div class="landing-when">
        ${how?.last && html`<${Time} at=${how.last.at} />`}
        ${how?.calls && html`<span class="rooms-count calls">${seat.alone ? w.asks : w.asksAgent}</span>`}
        ${how?.unread > 0 && html`<span class="rooms-count">${w.unread(how.unread, how.more)}</span>`}
      </div>
      ${(how?.ended || how?.closed) && html`
        <button type="button" class="button plain" aria-label=${w.forgetIt(title)} onClick=${onForget}>
          ${w.forget}
        </button>`}
    </li>`;
}

const shown = 3; // names of those present

/** Says who is there, or why nobody is. */
function State({ how }) {
  if (how.ended) return w.ended[how.ended];
  if (how.closed) return w.closed;
  if (!how.here) return w.noAnswer;
  if (!how.here.length) return w.nobody;
  const names = how.here.slice(0, shown).map((name, i) => html`${i > 0 && ", "}<bdi>${name}</bdi>`);
  return html`${w.here} ${names}${how.here.length > shown && w.others(how.here.length - shown)}`;
}
