// Those whose join was refused a short time ago, and what makes room for them.

import { html, useState } from "../vendor.js";
import { fold } from "../ui/fold.js";
import { useNow } from "../ui/time.js";
import { Problem, useAct } from "./act.js";
import { isAdmin } from "../compose/may.js";
import { later } from "../ui/later.js";
import { sidebar as w } from "./words.js";

const RemoveAgent = later("RemoveAgent");
const lasts = 10 * 60_000; // ms: as long is a knock shown
const mostSeats = 100;
const inactive = 15; // minutes without a call after which a name may be taken away

/** onFewer is called when one was dismissed, and the focus with it. */
export function Knocks({ room, state, onFewer }) {
  const now = useNow(state.clock);
  return knocksFor(state, now).map(({ knock, offer }) => html`
    <${Knock} key=${knock.id} ...${{ room, state, knock, offer, onFewer }} />`);
}

/**
 * Returns the knocks that this seat can do something about, and what: {knock, offer: kick or addSeat}. Where the name
 * is not that of an agent that has been inactive for long, the newcomer chooses another, and nobody here has anything
 * to do.
 */
export function knocksFor(state, now) {
  if (!state.room || state.phase === "ended") return [];
  const { agents, capacity } = state.room;
  const admin = isAdmin(state);
  const mayAdd = admin && agents.length >= capacity && capacity < mostSeats;
  return knocksIn(state.messages, now)
    .filter(({ id }) => !state.dismissed.includes(id))
    .map((knock) => {
      if (knock.reason !== "name_taken") return mayAdd && { knock, offer: "addSeat" };
      const owner = agents.find(({ name }) => fold(name) === fold(knock.agent));
      const gone = owner?.state === "silent" && owner.idle_minutes >= inactive;
      return admin && gone && !owner.you && { knock, offer: "kick" };
    })
    .filter((one) => !!one);
}

/**
 * Returns the knocks that nobody has answered. A join after one ends it, also under another name where that was taken:
 * whoever knocked may be in.
 */
function knocksIn(messages, now) {
  const open = new Map();
  const old = messages.findLastIndex(({ at }) => now - Date.parse(at) >= lasts);
  for (const message of messages.slice(old + 1)) {
    const { type, agent } = message;
    if (type === "knock") open.set(fold(agent), message);
    if (type !== "joined") continue;
    for (const [name, { reason }] of open) if (reason === "name_taken" || name === fold(agent)) open.delete(name);
  }
  return [...open.values()];
}

/** Answers a knock as is offered. */
const answer = (room, { agent }, offer) => offer === "kick"
  ? room.admin.manage({ action: "kick", agent_name: agent })
  : room.admin.update({ capacity: room.state.room.capacity + 1 });

/** The button that answers a knock. It asks before it removes an agent. */
export function Answer({ room, knock, offer, className = "button" }) {
  const { busy, problem, act } = useAct();
  const [asking, setAsking] = useState(false);
  const go = () => answer(room, knock, offer);
  return html`
    <button type="button" class=${className} aria-disabled=${busy}
      onClick=${() => (offer === "kick" ? setAsking(true) : act(go))}>
      ${w[offer]}
    </button>
    ${asking && html`<${RemoveAgent} name=${knock.agent} act=${go} onClose=${() => setAsking(false)} />`}
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
