// A dispute: something that another says or does against what the seat did. A dispute stands beside the conversation
// and in the inbox until the dispute is over, or the person of the seat puts it away.

import { awayOf } from "../supervision.js";
import { pressedBy } from "../talk/keys.js";
import { Soon } from "../talk/marks.js";
import { actorOf } from "../talk/names.js";
import { gist } from "../talk/rows.js";
import { talk } from "../talk/words.js";
import { nameOf } from "../tasks/name.js";
import { Decision } from "../ui/decision.js";
import { few } from "../ui/few.js";
import { fill, word } from "../ui/fill.js";
import { isTypedOn } from "../ui/keys.js";
import { who } from "../ui/words.js";
import { html, useLayoutEffect, useRef } from "../vendor.js";
import { Offline, Problem, useAct } from "./act.js";
import { disputed as w } from "./dispute-words.js";
import { Part } from "./part.js";

/** Says who disputes what. */
export function sentence(dispute, { alone }) {
  const { kind, tasks = [] } = dispute;
  const titles = tasks.map(({ id, title }) => nameOf(id, title));
  return fill(w.disputes[kind] ?? w.disputes.check, {
    who: actorOf({ ...dispute, from: dispute.who }), tasks: few(titles, null, 3), // a row has a few lines
    you: word(who[alone ? "you" : "yourAgent"]),
  });
}

/**
 * One dispute. look is the button or link that leads to the message or event. became says what became of a dispute that
 * no longer needs the person. head, in the inbox alone, is the id of the element that describes the dispute. onFewer
 * takes the focus when the dispute is gone.
 */
export function Dispute({ dispute, room, state, look, became = "", head = undefined, onFewer = () => {} }) {
  const { id } = dispute;
  const { decisions } = room.supervision;
  const decided = state.deciding[id];
  const { problem, act } = useAct();
  const article = useRef();
  useLayoutEffect(() => {
    const own = article.current;
    return () => own.contains(document.activeElement) && onFewer();
  }, []);
  const focus = () => article.current.focus({ preventScroll: true }); // the button will be gone
  const putAway = () => (focus(), act(async () => {
    if (room.isOffline) throw new Offline(talk.draft.offline);
    await decisions.take(id, "away", awayOf(dispute));
  }));
  return html`
    <article class=${"dispute" + (head ? " message inbox-line" : "")} tabindex="-1" ref=${article}
      aria-describedby=${head}>
      <p dir="auto">${sentence(dispute, state)}</p>
      ${dispute.text && html`<p class="dispute-text quiet" dir="auto">${gist(dispute)}</p>`}
      <${Problem} text=${problem} />
      ${decided?.elsewhere || (!decided && became) ? html`
        <p class="undo">${decided ? talk.undo.elsewhere : became}</p>` : decided ? html`
        <p class="undo" data-ends=${decided.ends}>
          <${Soon} says=${decided.sent ? () => w.putAway : w.awayIn} ends=${decided.ends} />
          <button type="button" class="button" aria-keyshortcuts="Control+Z" aria-disabled=${decided.sent}
            onClick=${() => (focus(), decisions.undo(id))}>${talk.undo.undo}</button>
        </p>` : html`
        <p class="message-buttons">
          ${look}
          <${Decision} class="button" aria-keyshortcuts="X" onClick=${putAway}>${w.putAway}<//>
        </p>`}
    </article>`;
}

/** Disputes beside the conversation. onJump(id) leads to a message or an event; onFewer is of Dispute. */
export function Disputes({ room, state, onJump, onFewer }) {
  const { disputes, deciding } = state;
  return html`
    <${Part} title=${w.disputed} count=${disputes.filter(({ id }) => !deciding[id]).length}>
      <ul class="sidebar-list" onKeyDown=${press}>
        ${disputes.map((dispute) => html`
          <li key=${dispute.id}>
            <${Dispute} ...${{ dispute, room, state, onFewer }} look=${html`
              <button type="button" class="button" onClick=${() => onJump(dispute.id)}>${w.look}</button>`} />
          </li>`)}
      </ul>
    <//>`;
}

/** Presses the button whose key was pressed while a dispute has the focus. */
function press(event) {
  const { target } = event;
  const button = target.matches("article") && !event.altKey && !isTypedOn(event) && pressedBy(event, target);
  if (!button) return;
  event.preventDefault();
  if (!event.repeat) button.click();
}
