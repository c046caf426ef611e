// The rooms that anybody may find here.

import * as storage from "../storage.js";
import { call } from "../mcp.js";
import { at } from "../site.js";
import { Dialog } from "../ui/dialog.js";
import { laterForm } from "../ui/later.js";
import { html, useEffect, useRef, useState } from "../vendor.js";
import { landing } from "./words.js";

const w = landing.public;
const JoinRoom = laterForm("JoinRoom");
const typing = 250; // ms without a key before a search begins

/** Asks for public rooms: {search, page}. The key is that of this person, unless another is given. */
export const listRooms = (
  args,
  /** @type {{key?: string, signal?: AbortSignal}} */ { key = storage.key(), signal } = {},
) => call("list_rooms", args, { bearer: key, signal });

/** first is what list_rooms gave without a search, and seats are those of this person. */
export function PublicRooms({ first, seats }) {
  const [search, setSearch] = useState("");
  const [found, setFound] = useState(first);
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const [joining, setJoining] = useState(/** @type {any} */ (null)); // the room whose form is open
  const stop = useRef(new AbortController()); // ends what is asked for
  const load = async (args) => {
    stop.current.abort();
    const { signal } = (stop.current = new AbortController());
    setBusy(true);
    try {
      const got = await listRooms(args, { signal });
      setFound((before) => (args.page ? { ...got, rooms: [...before.rooms, ...got.rooms] } : got));
      setProblem("");
    } catch (failed) {
      if (!signal.aborted) setProblem(failed.message);
    }
    if (!signal.aborted) setBusy(false);
  };
  useEffect(() => {
    const timer = found === first && !search ? 0 : setTimeout(() => load({ search }), typing);
    return () => (clearTimeout(timer), stop.current.abort(), setBusy(false));
  }, [search]);
  return html`
    <section aria-labelledby="public-title">
      <h2 id="public-title">${w.title}</h2>
      ${(search || first.next_page || first.rooms.length > 5) && html`
        <div class="field">
          <label for="public-search">${w.search}</label>
          <input class="input" id="public-search" type="search" maxlength="100" autocomplete="off"
            onInput=${(event) => setSearch(event.target.value.trim())} />
        </div>`}
      ${problem && html`<p class="landing-problem" role="alert">${problem}</p>`}
      <p class=${found.rooms.length ? "hidden-visually" : "quiet small"} role="status">
        ${found.rooms.length ? search && w.count(found.rooms.length) : search ? w.nothing : w.none}
      </p>
      <ul class="landing-list">
        ${found.rooms.map((room) => html`
          <${Listed} key=${room.name} ...${{ room, seats }} onJoin=${() => setJoining(room)} />`)}
      </ul>
      ${found.next_page && html`
        <button type="button" class="button" aria-disabled=${busy}
          onClick=${() => load({ search, page: found.next_page })}>
          ${w.more}
        </button>`}
      ${joining && html`
        <${Dialog} title=${w.join(joining.name)} onClose=${() => setJoining(null)}><${JoinRoom} room=${joining} /><//>`}
    </section>`;
}

function Listed({ room, seats, onJoin }) {
  const full = room.agents >= room.capacity;
  const seat = seats.find(({ title }) => title === room.name);
  return html`
    <li class="landing-item">
      <div class="landing-item-text">
        <h3 dir="auto">${room.name}</h3>
        ${room.description && html`<p class="small" dir="auto">${room.description}</p>`}
        <p class="quiet small">
          <span>${w.seats(room.agents, room.capacity)}</span>
          ${room.password_protected && html`<span>${w.password}</span>`}
          ${room.type === "channel" && html`<span>${w.channel}</span>`}
        </p>
      </div>
      ${seat ? html`
        <a class="button" href=${at("r/" + seat.room)} aria-label=${w.openIt(room.name)}>${w.open}</a>` : !full && html`
        <button type="button" class="button" aria-label=${w.joinIt(room.name)} onClick=${onJoin}>
          ${w.joinButton}
        </button>`}
    </li>`;
}
