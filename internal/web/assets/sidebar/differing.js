// Checks of one agent that differ, of what the seat did. They stand beside the conversation and in the inbox until they
// are over, or the person of the seat puts them away.

import { pressedBy } from "../talk/keys.js";
import { talk } from "../talk/words.js";
import { nameOf } from "../tasks/name.js";
import { Decision } from "../ui/decision.js";
import { fill } from "../ui/fill.js";
import { isTypedOn } from "../ui/keys.js";
import { html, useLayoutEffect, useRef } from "../vendor.js";
import { Offline, Problem, useAct } from "./act.js";
import { Part } from "./part.js";
import { sidebar as w } from "./words.js";

/**
 * Checks that differ, in one row. look is the button or link that leads to the event of the first. became says what
 * became of those that no longer need the person. head, in the inbox alone, is the id of the element that describes
 * the row. onFewer takes the focus when the row is gone.
 */
export function Differing({ differing, room, look, became = "", head = undefined, onFewer = () => {} }) {
  const { last, who, task, tasks } = differing;
  const { problem, act } = useAct();
  const article = useRef();
  useLayoutEffect(() => {
    const own = article.current;
    return () => own.contains(document.activeElement) && onFewer();
  }, []);
  const putAway = () => act(async () => {
    if (room.isOffline) throw new Offline(talk.draft.offline);
    article.current.focus({ preventScroll: true }); // the button will be gone
    await room.supervision.putAway(last);
  });
  return html`
    <article class=${"differing" + (head ? " message inbox-line" : "")} tabindex="-1" ref=${article}
      aria-describedby=${head}>
      <p dir="auto">${fill(tasks > 1 ? w.differSome : w.differs, {
        who, task: nameOf(task.id, task.title), n: { word: `${tasks - 1}` },
      })}</p>
      <${Problem} text=${problem} />
      ${became ? html`<p class="undo">${became}</p>` : html`
        <p class="message-buttons">
          ${look}
          <${Decision} class="button" aria-keyshortcuts="X" onClick=${putAway}>${w.putAway}<//>
        </p>`}
    </article>`;
}

/** What differs, beside the conversation. onJump(id) leads to an event; onFewer is of Differing. */
export function DifferingPart({ room, state, onJump, onFewer }) {
  return html`
    <${Part} title=${w.differing} count=${state.differing.length}>
      <ul class="sidebar-list" onKeyDown=${press}>
        ${state.differing.map((one) => html`
          <li key=${one.id}>
            <${Differing} ...${{ differing: one, room, onFewer }} look=${html`
              <button type="button" class="button" onClick=${() => onJump(one.id)}>${w.look}</button>`} />
          </li>`)}
      </ul>
    <//>`;
}

/** Presses the button whose key was pressed while a row has the focus. */
function press(event) {
  const { target } = event;
  const button = target.matches("article") && !event.altKey && !isTypedOn(event) && pressedBy(event, target);
  if (!button) return;
  event.preventDefault();
  if (!event.repeat) button.click();
}
