// Pausing the own agent: the button in the header, and the bar that says that it is paused.

import { html } from "../vendor.js";
import { useAct } from "../sidebar/act.js";
import { Icon } from "../ui/icon.js";
import { compose } from "./words.js";

/** One click pauses, one resumes, and one gives up a pause that waits for a connection. */
export function PauseButton({ room, state: { supervision, restraint } }) {
  const { busy, problem, act } = useAct();
  const how = restraint.paused ? "cancel" : supervision.paused ? "resume" : "pause";
  const [name, short] = compose.pauses[how];
  const press = {
    cancel: () => room.supervision.restraint.drop("paused"),
    resume: () => act(() => room.supervision.change({ paused: false })),
    pause: () => act(() => room.supervision.restrain({ paused: true })),
  }[how];
  return html`
    <button type="button" class=${"button pause" + (how === "pause" ? "" : " primary")} aria-disabled=${busy}
      aria-label=${name} onClick=${press}>
      <${Icon} name=${how === "resume" ? "play" : "pause"} />
      <span class="pause-long">${name}</span>
      <span class="pause-short">${short}</span>
    </button>
    ${problem && html`<p class="pause-problem" role="alert">${problem}</p>`}`;
}

/** Says that the agent is paused, for as long as it is, or that this waits for a connection. */
export function PausedBar({ state: { phase, alone, supervision, restraint } }) {
  const waits = restraint.paused;
  const shown = !alone && phase !== "opening" && (waits || supervision.paused); // with the conversation, which it moves
  return html`
    <div role="status">
      ${shown && html`
        <p class=${"bar paused" + (waits ? " waits" : "")}>
          <${Icon} name="pause" /><span>${waits ? compose.pauseWaits : compose.paused}</span>
        </p>`}
    </div>`;
}
