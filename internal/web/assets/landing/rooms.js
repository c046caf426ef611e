// My rooms: the seats that this browser keeps.

import { linkTo } from "../rooms/link.js";
import { Last, Missing, Time, useFind } from "../rooms/list.js";
import { rooms as roomsWords } from "../rooms/words.js";
import { Unsent, unsentOf } from "../talk/unsent.js";
import { html } from "../vendor.js";
import { landing } from "./words.js";

const w = landing.rooms;

/** The rooms of this person: mine is MyRooms, and children stand beside the title. */
export function MyRooms({ mine, rooms, children }) {
  const [found, field] = useFind(rooms);
  return html`
    <section aria-labelledby="rooms-title">
      <div class="landing-title"><h1 id="rooms-title">${w.title}</h1>${children}</div>
      ${field}
      <ul class="landing-list">
        ${found.map((room) => html`
          <${Room} key=${room.seat.token} room=${room} onForget=${() => mine.forget(room.seat.token)} />`)}
      </ul>
      <${Missing} why=${mine.missing} />
    </section>`;
}

function Room({ room, onForget }) {
  const { seat, state, waits, unread, more, last, proposal } = room;
  const title = room.title || w.unnamed;
  const ended = state === "ended";
  return html`
    <li class=${"landing-item landing-room" + (unread > 0 ? " landing-unread" : "")}>
      <div class="landing-item-text">
        <h2 dir="auto">${ended ? title : html`<a ...${linkTo(seat)}>${title}</a>`}</h2>
        ${last && html`<p class="landing-last"><${Last} message=${last} proposal=${proposal} /></p>`}
        <p class="quiet small">
          ${seat.name && !ended && html`<span>${seat.alone ? w.alone : w.with} <bdi>${seat.name}</bdi></span>`}
          ${state && html`<span><${State} room=${room} /></span>`}
        </p>
        ${ended && html`<${Unsent} texts=${unsentOf(seat.token)} />`}
      </div>
      <div class="landing-when">
        ${last && html`<${Time} at=${last.at} />`}
        ${waits > 0
          ? html`<span class="rooms-count calls">${roomsWords.needs(waits)}</span>`
          : unread > 0 && html`<span class="rooms-count">${roomsWords.unread(unread, more)}</span>`}
      </div>
      ${(ended || state === "closed") && html`
        <button type="button" class="button plain" aria-label=${w.forgetIt(title)} onClick=${onForget}>
          ${w.forget}
        </button>`}
    </li>`;
}

const shown = 3; // names of those present

/** Says which others are there, or why nobody is. */
function State({ room: { seat, state, code, here } }) {
  if (state === "ended") return w.ended[code];
  if (state === "closed") return w.closed;
  if (state === "failed") return w.noAnswer;
  const others = here.filter((name) => name !== seat.name);
  if (!others.length) return w.nobody;
  const names = others.slice(0, shown).map((name, i) => html`${i > 0 && ", "}<bdi>${name}</bdi>`);
  return html`${w.here} ${names}${others.length > shown && w.others(others.length - shown)}`;
}
