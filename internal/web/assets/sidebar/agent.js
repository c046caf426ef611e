// The person's own agent: how it is, and which of its messages wait. The head of the room pauses it.

import { html } from "../vendor.js";
import { agentsOf, isWorking } from "../presence.js";
import { later } from "../ui/later.js";
import { Problem, useAct } from "./act.js";
import { Approval } from "./approval.js";
import { Part } from "./part.js";
import { StateOf } from "./state.js";
import { sidebar as w } from "./words.js";

const Hooks = later("Hooks", () => null);

/** onFewer is called when a hook is gone, and the focus with it. */
export function MyAgent({ room, state, onFewer }) {
  const me = agentsOf(state).find((agent) => agent.you);
  const { problem, act } = useAct();
  return html`
    <${Part} title=${w.yourAgent}>
      ${me && html`
        <p class="sidebar-agent"><b>${me.name}</b> <${StateOf} agent=${me} works=${isWorking(me, state)} /></p>`}
      <${Approval} ...${{ room, state, act }} />
      <${Problem} text=${problem} />
      <${Hooks} ...${{ room, state, onFewer }} />
    <//>`;
}
