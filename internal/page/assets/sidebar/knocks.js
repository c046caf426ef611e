// Those whose join was refused a short time ago, and how to let them in.

import { html } from "../vendor.js";
import { fold } from "../ui/fold.js";
import { useNow } from "../ui/time.js";
import { words } from "../words.js";
import { silencedBy } from "../compose/may.js";
import { Problem, useAct } from "./act.js";
import { isAdmin } from "./people.js";

const w = words.sidebar;
const lasts = 10 * 60_000; // ms: as long can a knock be answered

export function Knocks({ room, state }) {
  const now = useNow(state.clock);
  const { capacity } = state.room;
  return knocksFor(state, now).map((knock) => html`<${Knock} key=${knock.id} ...${{ room, knock, capacity }} />`);
}

/** Returns the knocks that this seat can answer. */
export function knocksFor(state, now) {
  const { agents, capacity } = state.room;
  const admin = isAdmin(state);
  const mayLetIn = admin || (capacity === 2 && !silencedBy(state)); // of two, the other one may
  const mine = (name) => agents.some((agent) => agent.you && fold(agent.name) === fold(name));
  return knocksIn(state.messages, now).filter(({ reason, agent }) =>
    reason === "name_taken" ? mayLetIn && !mine(agent) : admin && agents.length >= capacity);
}

/** Returns the knocks that nobody has answered, and whose agent has not come in. */
function knocksIn(messages, now) {
  const open = new Map();
  for (const message of messages) {
    const { type, action, agent } = message;
    if (type === "knock" && now - Date.parse(message.at) < lasts) open.set(fold(agent), message);
    if (type === "joined" || (type === "role" && action === "readmit")) open.delete(fold(agent));
  }
  return [...open.values()];
}

function Knock({ room, knock, capacity }) {
  const { busy, problem, act } = useAct();
  const known = knock.reason === "name_taken";
  const letIn = () =>
    act(() => (known ? room.manage({ action: "readmit", id: knock.id }) : room.update({ capacity: capacity + 1 })));
  return html`
    <section class="sidebar-knock">
      <h2 tabindex="-1">${known ? w.knock(knock.agent) : w.knockFull(knock.agent)}</h2>
      ${known && html`<p class="small quiet">${w.knockHint}</p>`}
      <div class="sidebar-buttons">
        <button type="button" class="button" disabled=${busy} onClick=${letIn}>${known ? w.letIn : w.addSeat}</button>
      </div>
      <${Problem} text=${problem} />
    </section>`;
}
