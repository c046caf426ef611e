// The person's own agent: how it is, and the supervision.

import { html } from "../vendor.js";
import { later } from "../ui/later.js";
import { Problem, useAct } from "./act.js";
import { Approval } from "./approval.js";
import { Part } from "./part.js";
import { StateOf } from "./state.js";
import { sidebar as w } from "./words.js";

const Hooks = later("Hooks", () => null);

/** onFewer is called when a hook is gone, and the focus with it. */
export function MyAgent({ room, state, onFewer }) {
  const me = state.room.agents.find((agent) => agent.you);
  const { busy, problem, act } = useAct();
  const { supervision, restraint } = state;
  const pause = (paused) => {
    if (restraint.paused) room.supervision.restraint.drop("paused");
    else act(() => (paused ? room.supervision.restrain({ paused }) : room.supervision.change({ paused })));
  };
  return html`
    <${Part} title=${w.myAgent}>
      ${me && html`<p class="sidebar-agent"><b>${me.name}</b> <${StateOf} agent=${me} /></p>`}
      <${Switch} label=${w.paused} hint=${restraint.paused ? w.restraintWaits : w.pausedHint} disabled=${busy}
        on=${!!restraint.paused || supervision.paused} onChange=${pause} />
      <${Approval} ...${{ room, state, busy, act }} />
      <${Problem} text=${problem} />
      <${Hooks} ...${{ room, state, onFewer }} />
    <//>`;
}

/** Shows on as the server has it: what was refused switches back by itself. */
function Switch({ label, hint, on, disabled, onChange }) {
  const about = "sidebar-paused-hint";
  return html`
    <button type="button" class="sidebar-switch" role="switch" aria-label=${label} aria-describedby=${about}
      aria-checked=${on} aria-disabled=${disabled} onClick=${() => disabled || onChange(!on)}>
      <span><b>${label}</b><span class="small quiet" id=${about}>${hint}</span></span>
      <span class="sidebar-track" aria-hidden="true"></span>
    </button>`;
}
