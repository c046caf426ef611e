// Those whose join was refused a short time ago, and what makes room for them.

import { html } from "../vendor.js";
import { fold } from "../ui/fold.js";
import { useNow } from "../ui/time.js";
import { silencedBy } from "../compose/may.js";
import { Problem, useAct } from "./act.js";
import { isAdmin } from "../compose/may.js";
import { sidebar as w } from "./words.js";

const lasts = 10 * 60_000; // ms: as long is a knock shown
const mostSeats = 100;
const gone = ["silent", "away"]; // states of agents that are not here

/** onFewer is called when one was dismissed, and the focus with it. */
export function Knocks({ room, state, onFewer }) {
  const now = useNow(state.clock);
  return knocksFor(state, now).map(({ knock, offer }) => html`
    <${Knock} key=${knock.id} ...${{ room, state, knock, offer, onFewer }} />`);
}

/**
 * Returns the knocks that this seat can do something about, and what: {knock, offer: kick or addSeat}. Where the name
 * is that of somebody who is here the newcomer chooses another, and nobody here has anything to do.
 */
export function knocksFor(state, now) {
  if (!state.room || state.phase === "ended") return [];
  const { agents, capacity } = state.room;
  const admin = isAdmin(state);
  const mayKick = admin || (capacity === 2 && !silencedBy(state)); // of two, the other one may, a while later
  const mayAdd = admin && agents.length >= capacity && capacity < mostSeats;
  return knocksIn(state.messages, now)
    .filter(({ id }) => !state.dismissed.includes(id))
    .map((knock) => {
      if (knock.reason !== "name_taken") return mayAdd && { knock, offer: "addSeat" };
      const owner = agents.find(({ name }) => fold(name) === fold(knock.agent));
      return mayKick && owner && !owner.you && gone.includes(owner.state) && { knock, offer: "kick" };
    })
    .filter((one) => !!one);
}

/** Returns the knocks that nobody has answered, and whose agent has not come in. */
function knocksIn(messages, now) {
  const open = new Map();
  const old = messages.findLastIndex(({ at }) => now - Date.parse(at) >= lasts);
  for (const message of messages.slice(old + 1)) {
    const { type, agent } = message;
    if (type === "knock") open.set(fold(agent), message);
    if (type === "joined") open.delete(fold(agent));
  }
  return [...open.values()];
}

/** Answers a knock as is offered. */
const answer = (room, { agent }, offer) => offer === "kick"
  ? room.admin.manage({ action: "kick", agent_name: agent })
  : room.admin.update({ capacity: room.state.room.capacity + 1 });

/** The button that answers a knock. */
export function Answer({ room, knock, offer, className = "button" }) {
  const { busy, problem, act } = useAct();
  return html`
    <button type="button" class=${className} aria-disabled=${busy}
      onClick=${() => act(() => answer(room, knock, offer))}>
      ${w[offer]}
    </button>
    <${Problem} text=${problem} />`;
}

function Knock({ room, knock, offer, onFewer }) {
  const { title, hint } = w.knocks[offer];
  const dismiss = () => (room.dismiss(knock.id), onFewer());
  return html`
    <section class="sidebar-knock">
      <h2 tabindex="-1">${title(knock.agent)}</h2>
      ${hint && html`<p class="small quiet">${hint}</p>`}
      <div class="sidebar-buttons">
        <${Answer} ...${{ room, knock, offer }} />
        <button type="button" class="button" onClick=${dismiss}>${w.dismiss}</button>
      </div>
    </section>`;
}
