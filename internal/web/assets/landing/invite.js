// The page of an invite: to which room it leads, how an agent takes a seat there, and how a
// person does. To look at it takes no seat.

import * as storage from "../storage.js";
import { call } from "../mcp.js";
import { linkTo } from "../rooms/link.js";
import { endsSeat } from "../seats.js";
import { at } from "../site.js";
import { Avatar } from "../ui/avatar.js";
import { withColours } from "../ui/colour.js";
import { few } from "../ui/few.js";
import { fill } from "../ui/fill.js";
import { Icon } from "../ui/icon.js";
import { nameTab } from "../ui/tab.js";
import { html, useEffect, useState } from "../vendor.js";
import { Brand } from "./brand.js";
import { ErrorPage } from "./error-page.js";
import { Connect } from "./connect.js";
import { Foot } from "./foot.js";
import { hostOf, isPerson } from "./host.js";
import { Line } from "./line.js";
import { causeOf, endsInvite } from "./seat.js";
import { JoinByInvite } from "./take.js";
import { pages as w } from "./page-words.js";
import { landing } from "./words.js";

const long = 400; // characters of a description that are shown at first
const faces = 8; // of those who are there

/** code is that of the invite. */
export function InvitePage({ code }) {
  const path = `i/${code}/mcp`;
  const [{ room, problem, seat, gone, tries }, again] = useInvite(path, code.slice(0, 7));
  if (endsInvite(problem)) return errorPage(causeOf(problem));
  if (room?.closed) return errorPage("inviteRoom");
  if (!room && !problem) return null; // the opening of the document stays
  const full = room?.agents.length >= room?.capacity;
  const agent = !full && html`
    <section class="landing-card" aria-labelledby="connect-title">
      <h2 id="connect-title">${w.invite.agent}</h2>
      <p class="quiet">${w.invite.noSignIn}</p>
      <p>${w.invite.link}</p>
      <${Line} text=${at("i/" + code)} what=${w.invite.theLink} word />
      <p>${w.invite.orAdd}</p>
      <${Connect} url=${at(path)} guest quiet />
    </section>`;
  const person = room && !seat && !full && html`
    <section class="landing-card" aria-labelledby="join-title">
      <h2 id="join-title">${w.invite.person}</h2>
      <p class="quiet">${gone ? w.invite.gone : w.invite.why}</p>
      <${JoinByInvite} path=${path} names=${room.agents.map(({ name }) => name)} />
      <ul class="landing-then">${w.invite.then.map((one) => html`<li><${Icon} name="check" />${one}</li>`)}</ul>
    </section>`;
  return html`
    <div class="landing">
      <header><${Brand} /></header>
      <main class="landing-invite">
        <div class="landing-head">
          ${room ? html`<h1>${w.invite.title} <bdi>${room.name}</bdi></h1>` : html`<h1>${w.invite.any}</h1>`}
          <p>${w.invite.what} ${!full && w.invite.gives}</p>
        </div>
        ${problem && html`
          <div><p class="landing-problem" role="alert">${problem.message}</p>
            <p><button type="button" class="button" onClick=${again}>${landing.again}</button></p></div>`}
        ${person}
        ${room && html`<${About} ...${{ room, full, seat, gone, tries }} onTry=${again} />`}
        ${room && agent}
      </main>
      <${Foot} text=${w.invite.foot} />
    </div>`;
}

const errorPage = (code) => html`<${ErrorPage} trouble=${{ code }} />`;

/**
 * Returns what is known of an invite, and what asks once more: {room, or the problem, seat: that of this browser there,
 * gone: it had one, tries: how often that was asked before}.
 */
function useInvite(path, id) {
  const [found, setFound] = useState(/** @type {any} */ ({}));
  const ask = async () => {
    const [about, seat] = await Promise.all([
      call("room_info", {}, { path }).catch((problem) => ({ problem })), seatThere(id),
    ]);
    setFound(({ tries = -1 }) => ({ ...about, ...seat, tries: tries + 1 }));
  };
  useEffect(() => void ask(), [path]);
  useEffect(() => {
    if (found.room) nameTab(found.room.name);
  }, [found]);
  return [found, ask];
}

/** Returns the seat of this browser in a room, unless the server says that it is none any more: {seat, gone}. */
async function seatThere(id) {
  const seats = storage.seats().filter(({ room }) => room === id);
  for (const seat of seats) {
    const [own, how] = [{ agent_token: seat.token }, { bearer: seat.token }];
    const end = seat.claim ? false : await call("room_info", own, how).then(() => false, endsSeat);
    if (!end) return { seat };
  }
  return { gone: seats.length > 0 };
}

/**
 * The room; full is whether no seat is free, seat is one that this browser has there already, gone is whether it had
 * one, and onTry asks for the room once more, after so many tries.
 */
function About({ room, full, seat, gone, tries, onTry }) {
  const names = room.agents.map(({ name }) => name);
  const runs = ({ role }) => role === "admin";
  const hosts = few(room.agents.filter(runs).map(hostOf));
  const others = room.agents.filter((agent) => !runs(agent)).map(({ name }) => name);
  const colours = withColours(new Map(), names);
  return html`
    <section class="landing-about" aria-label=${w.invite.about}>
      ${room.description && html`<${Description} text=${room.description} />`}
      <div class="landing-there">
        <span class="landing-faces" aria-hidden="true">
          ${room.agents.slice(0, faces).map((agent) => html`
            <${Avatar} colours=${colours} name=${agent.name} person=${isPerson(agent)} />`)}
        </span>
        <p class="quiet">
          ${hosts.length > 0 && html`<span>${fill(w.invite.hosts, { names: hosts })}</span>`}
          ${others.length > 0 && html`<span>${fill(w.invite.there, { names: few(others) })}</span>`}
          ${!names.length && html`<span>${w.invite.nobody}</span>`}
          ${!full && html`<span>${w.invite.free(room.capacity - names.length)}</span>`}
          ${room.type === "channel" && html`<span>${w.invite.channel}</span>`}
        </p>
      </div>
      ${seat ? html`<${Seated} seat=${seat} />` : full && html`
        <p role="status">
          ${gone && w.invite.goneFull} <b>${tries ? w.invite.stillFull : w.invite.full}</b>${" "}
          ${hosts.length ? fill(w.invite.addSeat, { names: hosts }) : w.invite.addSeatUnknown}
        </p>
        <div><button type="button" class="button primary" onClick=${onTry}>${landing.again}</button></div>`}
    </section>`;
}

/** What the room is for: the words of whoever made it, as they are. */
function Description({ text }) {
  const [whole, setWhole] = useState(text.length <= long);
  return html`
    <p class="landing-words" dir="auto">${whole ? text : text.slice(0, long) + "…"}</p>
    ${!whole && html`
      <p><button type="button" class="landing-link" onClick=${() => setWhole(true)}>${w.invite.whole}</button></p>`}`;
}

const Seated = ({ seat }) => html`
  <p>${w.invite.seated} <bdi>${seat.name}</bdi>. <span class="quiet">${w.invite.another}</span></p>
  <div><a class="button primary" ...${linkTo(seat)}>${w.invite.open}</a></div>`;
