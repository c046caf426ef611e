// Pausing the own agent: the button in the header, and the bar that says that it is paused.

import { html } from "../vendor.js";
import { useAct } from "../sidebar/act.js";
import { Icon } from "../ui/icon.js";
import { words } from "../words.js";

/** One click pauses, one resumes. */
export function PauseButton({ room, state: { supervision } }) {
  const { busy, problem, act } = useAct();
  const name = supervision.paused ? words.compose.resume : words.compose.pause;
  return html`
    <button type="button" class=${"button pause" + (supervision.paused ? " primary" : "")} disabled=${busy}
      aria-label=${name} onClick=${() => act(() => room.supervise({ paused: !supervision.paused }))}>
      <${Icon} name=${supervision.paused ? "play" : "pause"} />
      <span class="pause-long">${name}</span>
      <span class="pause-short">${supervision.paused ? words.compose.resumeShort : words.compose.pauseShort}</span>
    </button>
    ${problem && html`<p class="pause-problem" role="alert">${problem}</p>`}`;
}

/** Says that the agent is paused, for as long as it is. */
export function PausedBar({ state }) {
  const paused = !state.alone && state.supervision.paused;
  return html`
    <div role="status">
      ${paused && html`<p class="bar paused"><${Icon} name="pause" /><span>${words.compose.paused}</span></p>`}
    </div>`;
}
