// What stands at a message beside its text: what it is for, what it answers, whether it was sent.

import { who } from "../ui/words.js";
import { html } from "../vendor.js";
import { Decision } from "../ui/decision.js";
import { few } from "../ui/few.js";
import { fill, plain, word } from "../ui/fill.js";
import { Icon } from "../ui/icon.js";
import { actorOf, kindOf, listed, sayer, selfOf } from "./names.js";
import { gist } from "./rows.js";
import { talk } from "./words.js";

/** What the message is for, and who owes an answer to it. */
export function Marks({ message, view }) {
  const { draft, reason, repeated, finished } = message;
  const kind = kindOf(message);
  const asks = asked(message, view);
  const outcome = outcomeIn(message, view);
  const drafted = draft && (reason === "edited" ? talk.edited : talk.approved);
  if (!kind && !asks && !outcome && !drafted && !repeated && !finished) return null;
  return html`
    <p class="marks">
      ${kind && html`<span class=${"badge badge-" + kind}>${talk.kinds[kind] ?? kind}</span>`}
      ${asks && html`<span class=${asks.mine ? "marks-mine" : ""} title=${asks.all}>${asks.text}</span>`}
      ${outcome && html`<span class=${"outcome outcome-" + outcome.end}>${outcome.text}</span>`}
      ${finished && html`<span>${fill(talk.finishes, { tasks: finished.map(word) })}</span>`}
      ${drafted && html`<span>${drafted}</span>`}
      ${repeated && html`<span>${talk.repeated}</span>`}
    </p>`;
}

/**
 * Returns whom a message asks, or who still has to answer: {text, all: every name if there are many,
 * mine: it waits for the person}.
 */
export function asked({ id, kind, ask }, view) {
  const owed = owedOf(id, view);
  if (owed) return { ...shortly(owed, view, talk.waitsFor), mine: view.alone && owed.includes(view.me) };
  const over = kind === "proposal" && view.outcomes.get(id)?.end; // which says how many were asked
  return !over && (ask?.length || kind === "request") ? shortly(ask ?? [], view, talk.asks) : null;
}

/** Returns who still owes an answer to a message, none for anyone; null if nobody does. */
function owedOf(id, { requests, outcomes }) {
  const { end, yes } = outcomes.get(id) ?? { end: "", yes: new Set() };
  const { owed_by: owed = [] } = requests.get(id) ?? {};
  if (end || !requests.has(id)) return null;
  const left = owed.filter((name) => !yes.has(name));
  return owed.length && !left.length ? null : left;
}

/** Returns what became of a message that asks: {end, text}; null while there is nothing to tell. */
export function outcomeIn({ id, kind }, { outcomes, me }) {
  const { asked, yes, end, by } = outcomes.get(id) ?? {};
  const w = talk.outcomes;
  const counts = () => ({ n: { element: yes.size }, of: { element: asked.length } });
  const said = (template) => ({ end, text: fill(template, counts()) });
  if (end === "objected") return { end, text: fill(w.objected, { by: sayer(by, me) }) };
  if (end) return said(end === "agreed" && !yes.size ? w.agreedByAll : w[end]);
  return yes?.size ? said(kind === "proposal" ? w.votes : w.answers) : null;
}

/** Returns a sentence about few of names; about anyone if there are none. */
function shortly(names, view, template) {
  const { me } = view;
  if (!names.length) return { text: fill(template, { names: [word(who.anyone)] }) };
  const shown = few(names, me);
  const self = selfOf(view);
  const all = shown.length < names.length ? plain("{names}", { names: listed(names, me, self) }) : undefined;
  return { text: fill(template, { names: listed(shown, me, self) }), all };
}

/** The first line of another message, which leads there. */
export function Quote({ id, label, kind = "reply", view }) {
  const message = view.byId.get(id);
  const text = message ? (message.redacted ? talk.removed : gist(message)) : talk.earlierMessage;
  return html`
    <button type="button" class=${"quote quote-" + kind} title=${talk.goTo} onClick=${() => view.jump(id)}>
      <${Icon} name=${kind === "agreed" ? "check" : "reply"} />
      ${label ? html`
        <span class="quote-label">${label}</span>` : html`
        <bdi class="quote-who">${message && actorOf(message)}</bdi>`}
      <bdi class="quote-text">${text}</bdi>
    </button>`;
}

/**
 * Agree and Object at a proposal that waits for this seat; Answer at a request that waits for a person alone. A
 * text of which a part is missing is not decided: the button below it loads the rest.
 */
export function Ask({ message, view }) {
  const owed = owedOf(message.id, view)?.includes(view.me);
  if (!owed || message.from === view.me || message.more) return null;
  if (message.kind === "proposal") {
    const agree = (event) => {
      event.currentTarget.closest("article").focus({ preventScroll: true }); // the button will be gone
      view.room.naming.speak(() => view.room.send({ kind: "agree", reply_to: message.id }));
    };
    const object = () => view.onReply(message.id, "object");
    const answered = view.state.pending.some(({ args, state }) => args.reply_to === message.id && state === "sending");
    return html`
      <p class="message-buttons">
        <${Decision} class="button primary" disabled=${answered} onClick=${agree}>${talk.agree}<//>
        <button type="button" class="button" disabled=${answered} onClick=${object}>${talk.object}</button>
      </p>`;
  }
  if (!view.alone) return null;
  const answer = () => view.onReply(message.id);
  return html`
    <p class="message-buttons">
      <button type="button" class="button" onClick=${answer}>${talk.answer}</button>
    </p>`;
}

/** How a pending message stands. */
export function Sending({ item, room }) {
  const { key, state, why, credential } = item;
  if (state === "sending") return html`<p class="sending" role="status">${talk.sending}…</p>`;
  const held = state === "held";
  const over = room.state.phase === "ended";
  const text = held ? talk.held(credential) : `${talk.refused} ${why}`;
  return html`
    <p class="sending sending-failed" role="alert"><${Icon} name="alert" />${text}</p>
    <p class="message-buttons">
      ${!over && html`
        <button type="button" class="button" onClick=${() => room.pending.retry(key)}>
          ${held ? talk.sendAnyway : talk.again}
        </button>`}
      <button type="button" class="button plain" onClick=${() => room.pending.drop(key)}>${talk.discard}</button>
    </p>`;
}
