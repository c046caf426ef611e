// The field of the inbox in which the person answers a question, or says why it objects. What is begun here stands in
// the composer of the room, too, and goes to the same readers.

import { messageOf, readersOf, shownReaders } from "../compose/draft.js";
import { Left, useDraft } from "../compose/composer.js";
import { silencedBy, unfit } from "../compose/may.js";
import { compose } from "../compose/words.js";
import { audience, capital } from "../talk/names.js";
import { talk } from "../talk/words.js";
import { Copy } from "../ui/copy.js";
import { Decision } from "../ui/decision.js";
import { Icon } from "../ui/icon.js";
import { html, useLayoutEffect, useRef } from "../vendor.js";
import { ui } from "../ui/words.js";

/** Begins an answer to a message. kind is "" or "object", and text what was written for the answer before. */
export function beginAnswer({ draft, state }, message, kind, text = "") {
  const { now } = draft;
  if (now.reply === message.id && !text) return draft.change({ kind });
  return draft.begin({ text, kind, reply: message.id, ...readersOf(message, state.me) });
}

/** The answer to the message of an id. onDone is called once the answer was sent or put off. */
export function Answer({ room, state, id, onDone }) {
  const draft = useDraft(room.draft);
  const field = useRef();
  const { now } = draft;
  const isHere = now.reply === id;
  useLayoutEffect(() => void field.current?.focus(), [isHere]);
  if (!isHere) return null; // the person answers something else
  const problemOf = () => (room.state.phase === "ended" ? { why: "over" } : unfit(draft.now, room.state));
  const problem = problemOf();
  const to = shownReaders(now, state.me);
  const say = () => {
    if (problemOf().why) return;
    room.send(messageOf(draft.now, room.state.me), to).catch(() => {}); // room.pending shows what came of it
    draft.clear();
    onDone();
  };
  const send = () => draft.hasReturned() || problem.why || room.naming.speak("draft", say);
  const cancel = () => {
    if (!now.text.trim()) draft.unanswer();
    onDone();
  };
  const key = (event) => {
    const { key, ctrlKey, metaKey, repeat, isComposing } = event;
    if (isComposing) return;
    if (key === "Escape") cancel();
    if (key === "Enter" && (ctrlKey || metaKey) && !repeat) send();
  };
  const objects = now.kind === "object";
  return html`
    <form class="inbox-answer" onSubmit=${(event) => event.preventDefault()}>
      <textarea ref=${field} class="input" rows="2" dir="auto" aria-label=${objects ? talk.object : talk.answer}
        value=${now.text} readOnly=${state.givesName} onKeyDown=${key}
        onInput=${(event) => draft.change({ text: event.target.value })}></textarea>
      <${Left} problem=${problem} tried=${false} text=${now.text} />
      ${problem.why === "silent" && html`<p class="problem" role="alert">${compose.silenced[silencedBy(state)]}</p>`}
      <p class=${to ? "message-to" : "small quiet"}>
        ${to && html`<${Icon} name="lock" />`}${to ? audience({ from: state.me, to }, state.me) : capital(talk.toAll)}
      </p>
      <p class="message-buttons">
        <${Decision} class="button primary" aria-keyshortcuts="Control+Enter" disabled=${problem.why !== ""}
          onClick=${send}>${compose.send[objects ? "object" : "message"]}<//>
        ${["over", "silent"].includes(problem.why) && html`<${Copy} text=${now.text} label=${talk.copy} />`}
        <button type="button" class="button" onClick=${cancel}>${ui.cancel}</button>
      </p>
    </form>`;
}
