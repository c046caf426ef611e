// The page at the root of the server.

import * as storage from "../storage.js";
import { Refusal } from "../mcp.js";
import { Upkeep } from "../push/upkeep.js";
import { useErrands } from "../rooms/errands.js";
import { ForAll } from "../rooms/for-all.js";
import { Inbox } from "../rooms/inbox.js";
import { useMyRooms } from "../rooms/list.js";
import { OtherRooms } from "../rooms/other.js";
import { at } from "../site.js";
import { Dialog } from "../ui/dialog.js";
import { laterForm } from "../ui/later.js";
import { useStill } from "../ui/still.js";
import { html, useEffect, useMemo, useRef, useState } from "../vendor.js";
import { Brand } from "./brand.js";
import { Connect } from "./connect.js";
import { Foot } from "./foot.js";
import { KeptKey, KeyForm } from "./key.js";
import { PublicRooms, listRooms } from "./public.js";
import { MyRooms } from "./rooms.js";
import { Picture } from "./picture.js";
import { landing as w } from "./words.js";

/**
 * Leads with what needs this person, and its rooms: mine is MyRooms. A newcomer has none, and sees what a room is and
 * how an agent gets in.
 */
export function HomePage({ mine }) {
  const [door, knock] = useDoor();
  const rooms = useMyRooms(mine);
  const deciding = useMemo(() => new OtherRooms(mine), [mine]);
  useEffect(() => () => deciding.close(), [deciding]);
  const errands = useErrands(mine);
  const settled = useSettled(door.state !== "asking" && mine.settled);
  const page = useRef();
  const left = useStill(page, () => document.scrollingElement);
  if (!settled) return null;
  const keys = door.state === "key" || storage.key() !== "";
  const forget = () => {
    storage.keepKey("");
    knock();
  };
  const seats = seatsNow(rooms);
  const connect = (quiet) => html`<${Connect} url=${at("mcp")} keys=${keys} quiet=${quiet} />`;
  const title = html`<h2 id="connect-title">${w.connect.title}</h2>`;
  const [open, asking] = [door.state === "open", door.state === "asking"];
  const kept = open && storage.key() && html`<${KeptKey} onForget=${forget} />`;
  const others = html`
    ${!open && html`<${Closed} door=${door} onKnock=${knock} onForget=${forget} />`}
    ${open && html`<${PublicRooms} first=${door.first} seats=${seats} />`}
    ${kept}`;
  return html`
    <div class=${"landing" + (rooms.length ? " landing-home" : "")} ref=${page} onPointerLeave=${left}>
      <header><${Brand} /></header>
      <${Upkeep} rooms=${rooms} />
      ${rooms.length
        ? html`
          <main>
            <${ForAll} errands=${errands} />
            <${Inbox} others=${deciding} rooms=${rooms} />
            <${MyRooms} mine=${mine} rooms=${rooms}>
              <${Ways} ways=${open ? ["create", "named", "link"] : ["link"]} seats=${seats} />
            <//>
            <div class="landing-others">
              <details class="landing-more"><summary>${title}</summary><div>${connect(true)}</div></details>
              ${others}
            </div>
          </main>`
        : html`
          <main>
            <div class="landing-first">
              <div class="landing-head"><h1>${w.title}</h1><p>${w.lead}</p>
                <${Ways} ways=${open || asking ? ["create", "named", "link"] : ["link"]} first=${open ? "create" : ""}
                  waits=${asking} />
                ${(open || asking) && html`
                  <p class=${"quiet small" + (asking ? " landing-waits" : "")}>${w.alone.why}</p>`}
              </div>
              <${Picture} />
              <section aria-labelledby="connect-title">${title}${connect(open)}</section>
            </div>
            <div class="landing-others">${others}</div>
          </main>`}
      <${Foot} text=${w.foot} />
    </div>`;
}

const patience = 3_000; // ms; on a slow line, a look at a room takes half a second

/**
 * Returns whether what is known at first is known, or takes long. Until then the opening of the document stays: what
 * needs the person would push its rooms down, what was said last make each of them higher, and a server that wants a
 * key have fewer buttons.
 */
function useSettled(known) {
  const [settled, setSettled] = useState(known);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(true), known ? 0 : patience);
    return () => clearTimeout(timer);
  }, [known]);
  return settled || known;
}

/** Returns the seats in rooms that go on, as far as is known, with the names that these have now. */
const seatsNow = (rooms) => rooms
  .filter(({ seat, state }) => !seat.claim && state !== "ended" && state !== "closed")
  .map(({ seat, title }) => ({ ...seat, title }));

/** What lets this person in: a key, or another try. */
function Closed({ door, onKnock, onForget }) {
  if (door.state === "asking") return null;
  if (door.state === "key")
    return html`<${KeyForm} refused=${door.refused} onEntered=${onKnock} onForget=${onForget} />`;
  return html`
    <section><p class="landing-problem" role="alert">${door.why}</p>
      <div><button type="button" class="button" onClick=${onKnock}>${w.again}</button></div></section>`;
}

const forms = { create: laterForm("CreateRoom"), named: laterForm("JoinByName"), link: laterForm("OpenLink") };

/**
 * Buttons for some of the forms by which a person gets into a room without an agent. first is the one that is filled,
 * seats are those of the person, and waits whether it is not known yet which forms there are.
 */
function Ways({ ways, seats = /** @type {any[]} */ ([]), first = "", waits = false }) {
  const [open, setOpen] = useState(""); // the form that is open
  return html`
    <div class=${"landing-buttons" + (waits ? " landing-waits" : "")}>
      ${ways.map((way) => html`
        <button type="button" class=${way === first ? "button primary" : "button"} aria-haspopup="dialog"
          onClick=${() => setOpen(way)}>
          ${w[way].title}
        </button>`)}
      ${open && html`
        <${Dialog} title=${w[open].title} onClose=${() => setOpen("")}>
          <p class="quiet">${w[open].why}</p>
          <${forms[open]} seats=${seats} />
        <//>`}
    </div>`;
}

/**
 * Finds out whether the server lets this person in, by asking for the public rooms. Returns
 * {state: asking | open | key | closed}, with first (the rooms), refused (a key is kept that is
 * no longer taken) or why, and what asks once more.
 * @returns {[{state: string, first?: any, refused?: boolean, why?: string}, () => Promise<void>]}
 */
function useDoor() {
  const [door, setDoor] = useState(/** @type {any} */ ({ state: "asking" }));
  const knock = async () => {
    try {
      setDoor({ state: "open", first: await listRooms({}) });
    } catch (problem) {
      const key = problem instanceof Refusal && problem.code === "key_invalid";
      setDoor(key ? { state: "key", refused: storage.key() !== "" } : { state: "closed", why: problem.message });
    }
  };
  useEffect(() => void knock(), []);
  return [door, knock];
}
