// What the person's agent wants to say: it stands as it would appear, at the end of the conversation and in the inbox,
// until the person decides about it.

import { compose } from "../compose/words.js";
import { undecided } from "../rooms/needs.js";
import { roomWords } from "../room-words.js";
import { ui } from "../ui/words.js";
import { html, useEffect, useRef, useState } from "../vendor.js";
import { FileCard } from "../files/card.js";
import { trimmed } from "../compose/draft.js";
import { Offline, useAct } from "../sidebar/act.js";
import { Waiting } from "../sidebar/waiting.js";
import { Decision } from "../ui/decision.js";
import { later } from "../ui/later.js";
import { Icon, IconButton } from "../ui/icon.js";
import { Markdown } from "./markdown.js";
import { Own, Quote, Soon } from "./marks.js";
import { Head, nameOf } from "./message.js";
import { actor, audience, capital } from "./names.js";
import { Words } from "./unsent.js";
import { talk } from "./words.js";

const w = talk.draft;
const DraftOffer = later("DraftOffer", () => null);
const Reason = later("Reason", () => null);

/**
 * view as in log.js. In the inbox, view has place(id), a link to a place in the room: a draft whose question is no
 * longer open is not sent there. became says what became of a draft that no longer waits.
 */
export function Draft({ draft, view, became = "" }) {
  const { room, state, me } = view;
  const { supervision } = room;
  const { decisions } = supervision;
  const decided = state.deciding[draft.id];
  // The person's text, while it is being edited.
  const [edited, setEdited] = useState(/** @type {any} */ (supervision.edits.get(draft.id) ?? null));
  const { problem, act } = useAct();
  // What the person wants to send although the question is open no more: {decision, text}.
  const [asks, setAsks] = useState(/** @type {any} */ (null));
  const question = w.question[draft.answers?.state];
  const isOld = !!question && !!view.place;
  const article = useRef();
  const begun = useRef(false); // by a press, and not before the page was loaded: only then the field takes the focus
  const answered = draft.reply_to;
  useEffect(() => void (answered && !view.byId.has(answered) && room.paging.quote(answered)), [answered]);
  const pressed = useRef(false); // Reject, with a pointer
  const message = { ...draft, from: me };
  const focus = () => article.current.focus({ preventScroll: true }); // the button will be gone
  const write = (text) => (supervision.edit(draft.id, text), setEdited(text));
  const edit = (text) => (focus(), view.opens(), (begun.current = true), write(text));
  // Escape closes the field, and keeps what was changed in it for the next time.
  const leave = () => (focus(), edited === (draft.text ?? "") ? write(null) : setEdited(null));
  const decide = (decision, text) => act(async () => {
    (focus(), view.opens());
    const asked = !question || isOld || decision === "refuse" || supervision.anyway.has(draft.id);
    setAsks(asked ? null : { decision, text });
    if (!asked) return undefined;
    try {
      if (!room.isOffline) return await decisions.take(draft.id, decision, text);
    } catch (failed) {
      if (failed.why?.reason === "stale") // the question has ended meanwhile, and is read anew
        return view.place ? undefined : setAsks({ decision, text });
      if (!room.isOffline) throw failed;
    }
    throw new Offline(w.offline);
  });
  const decideAnyway = ({ decision, text }) => (supervision.anyway.add(draft.id), decide(decision, text));
  // Others see the name on it, as on what is written below.
  const sendEdited = () => (focus(), room.naming.speak("draft", () => decide("edit", trimmed(edited))));
  const text = decided?.decision === "edit" && decided.text || draft.text;
  const writes = !decided && !became && !isOld && edited !== null;
  // They stand beside the buttons: of a long text the head is out of sight there.
  const readers = draft.to ? audience(message, me) : capital(talk.toAll);
  return html`
    <article tabindex="-1" class=${"message message-first message-draft" + (draft.to ? " message-private" : "") +
      (decided || became ? " message-decided" : "")}
      ref=${article} aria-label=${w.name(nameOf(message, view))} aria-describedby=${view.head}
      aria-busy=${!!decided?.sent}
      onKeyDown=${(event) => (pressed.current || event.key !== "n") && typesWhy(event)}>
      <${Head} message=${{ ...message, to: undefined }} view=${view}>
        <span class=${"badge" + (decided || became ? "" : " badge-unsent")}>
          ${decided ? w.decided[decided.decision] : became || w.unsent}
        </span>
      <//>
      <div class="message-body">
        ${draft.reply_to && html`<${Quote} id=${draft.reply_to} view=${view} />`}
        ${writes && html`
          <${Edit} text=${edited} own=${begun.current} onText=${write} onLeave=${leave} onSend=${sendEdited} />`}
        ${!writes && text && html`<div class="message-text"><${Markdown} text=${text} say=${view.say} /></div>`}
        ${draft.more && html`
          <button type="button" class="message-fold" onClick=${() => act(() => supervision.read())}>
            ${talk.showAll}
          </button>`}
        ${draft.file && html`<${FileCard} room=${room} message=${draft} />`}
        <${Own} message=${{ finished: draft.finishes }} view=${view} />
        ${problem && html`<p class="problem" role="alert">${problem}</p>`}
        <div class="draft-stands">
          <p class=${draft.to ? "message-to" : "small quiet"}>
            ${draft.to && html`<${Icon} name="lock" />`}${readers}
          </p>
          ${(question || draft.messages_since > 0) && html`
            <p class="small quiet" role="status">
              ${question} ${draft.messages_since > 0 && w.since(draft.messages_since)}
            </p>`}
        </div>
        ${became ? null : decided?.elsewhere ? html`<p class="undo">${talk.undo.elsewhere}</p>` : decided ? html`
          <${Decided} ...${{ decisions, draft, decided, act, focus }} />` : asks ? html`
          <p role="alert">${w.anyway}</p>
          <p class="message-buttons" ref=${intoSight}>
            <${Decision} class="button primary" onClick=${() => decideAnyway(asks)}>
              ${talk.sendAnyway}
            <//>
            <button type="button" class="button" onClick=${() => (focus(), setAsks(null))}>${ui.cancel}</button>
          </p>` : !writes ? html`
          <p class="message-buttons">
            ${!isOld && !draft.more && html`
              <${Decision} class="button primary" aria-keyshortcuts="A" onClick=${() => decide("send")}>${w.send}<//>
              <button type="button" class="button" aria-keyshortcuts="E"
                onClick=${() => edit(supervision.edits.get(draft.id) ?? draft.text ?? "")}>
                ${w.edit}
              </button>`}
            <${Decision} class="button" aria-keyshortcuts="X"
              onClick=${(event) => ((pressed.current = event.detail > 0), decide("refuse"))}>${w.refuse}<//>
            ${isOld && html`<a class="button" ...${view.place(draft.id)}>${w.look}</a>`}
          </p>` : html`
          <p class="message-buttons" ref=${begun.current ? intoSight : undefined}>
            <${Decision} class="button primary" aria-keyshortcuts="Control+Enter" disabled=${!edited.trim()}
              onClick=${sendEdited}>
              ${w.sendEdited}
            <//>
            <button type="button" class="button" onClick=${() => edit(null)}>${ui.cancel}</button>
          </p>
          <p class="small quiet">${w.sentAs(actor(me, true, state.supervision.person_name))}</p>`}
      </div>
    </article>`;
}

/** Takes what is typed after Reject for the reason, and not for a shortcut. */
function typesWhy(event) {
  const { key, target, currentTarget: article, ctrlKey, metaKey, altKey } = event;
  const field = article.querySelector(".undo-why input:not([readonly])");
  if (!field || target !== article || key.length > 1 || key === " " || ctrlKey || metaKey || altKey) return;
  event.stopPropagation();
  field.focus();
}

const enter = (element) => element?.focus();

const intoSight = (element) => element?.scrollIntoView({ block: "nearest" });

function Edit({ text, own, onText, onLeave, onSend }) {
  const key = ({ key, ctrlKey, metaKey, repeat, isComposing }) => {
    if (isComposing) return;
    if (key === "Escape") onLeave();
    if (key === "Enter" && (ctrlKey || metaKey) && !repeat && text.trim()) onSend();
  };
  return html`
    <textarea ref=${own ? enter : undefined} class="input" rows="3" dir="auto" aria-label=${w.text} value=${text}
      onInput=${(event) => onText(event.target.value)} onKeyDown=${key}></textarea>`;
}

/**
 * A decision, unless the person undoes it. While it writes why it refuses, nothing is sent before it says so. The
 * button that undoes it keeps the focus while that is sent: a disabled one would lose it.
 */
function Decided({ decisions, draft: { id }, decided, act, focus }) {
  const { decision, held, sent, ends } = decided;
  const { undo } = talk;
  const back = () => (focus(), decisions.undo(id));
  const says = sent ? () => w.decided[decision] : held ? () => undo.held : undo.decided[decision];
  return html`
    <form class="undo" data-ends=${ends} ref=${sent ? undefined : intoSight}
      onSubmit=${(event) => (event.preventDefault(), focus(), decisions.now(id))}>
      <${Soon} says=${says} ends=${ends} />
      <${Decision} class="button" aria-keyshortcuts="Control+Z" aria-disabled=${sent}
        onClick=${back}>${undo.undo}<//>
      ${decision === "refuse" && html`<${Reason} ...${{ decisions, id, decided, act }} />`}
    </form>`;
}

/** Which decision came too late, with what the person has written for it, until the person has read that. */
export function Late({ room, state: { late } }) {
  if (!late.length) return null;
  return html`
    <div class="late" role="alert">
      <p class="late-line">
        ${roomWords.late}
        <${IconButton} icon="close" label=${ui.close} onClick=${() => room.supervision.forgetLate()} />
      </p>
      <${Words} texts=${late} />
    </div>`;
}

/**
 * What stands above the composer: what waits for the person, where a part of that is out of sight and the side does not
 * tell, and which decision came too late. onDone takes the focus when an offer is gone.
 */
export function WaitingBar({ room, state, needs, place, onSeek, onDone }) {
  const n = undecided(state).length;
  return html`
    <p class="hidden-visually" role="status">${n > 0 && compose.draftsWait(n)}</p>
    <${Late} room=${room} state=${state} />
    <${Waiting} ...${{ needs, place, onSeek }} />
    ${n > 0 && html`<${DraftOffer} room=${room} onDone=${onDone} />`}`;
}
