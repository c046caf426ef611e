// What stands at a message beside its text: what it is for, how what it asks stands, what it answers, whether it was
// sent.

import { silencedBy } from "../compose/may.js";
import { undo } from "../decisions.js";
import { answering, draftFor } from "../rooms/needs.js";
import { who } from "../ui/words.js";
import { html, useEffect, useState } from "../vendor.js";
import { Copy } from "../ui/copy.js";
import { Decision } from "../ui/decision.js";
import { few } from "../ui/few.js";
import { fill, plain, word } from "../ui/fill.js";
import { Icon } from "../ui/icon.js";
import { within } from "../ui/quote.js";
import { outcomes } from "./deed-words.js";
import { outcomeOf } from "./deeds.js";
import { capital, kindOf, listed, sayer, selfOf } from "./names.js";
import { nameOf, useTitles } from "../tasks/name.js";
import { isCard } from "./rows.js";
import { talk } from "./words.js";

/** What the message is for, unless the one above says the same again, and whom it asks. */
export function Marks({ message, again = false, view }) {
  const kind = !again && kindOf(message);
  const asks = isCard(message) && shortly(message.ask ?? [], view, talk.asks);
  return kind && html`
    <p class="marks">
      <span class=${"badge badge-" + kind}>${talk.kinds[kind] ?? kind}</span>
      ${asks && html`<span title=${asks.all}>${asks.text}</span>`}
    </p>`;
}

/** What is true of this message alone: it stands below its text, since the head is of all that the speaker says. */
export function Own({ message: { draft, reason, repeated, finished }, view }) {
  const drafted = draft && (reason === "edited" ? talk.edited : talk.approved);
  return (drafted || repeated || finished) && html`
    <p class="marks">
      ${finished && html`<${Finished} ids=${finished} view=${view} />`}
      ${drafted && html`<span>${drafted}</span>`}
      ${repeated && html`<span>${talk.repeated}</span>`}
    </p>`;
}

/** Which tasks a message finishes. */
function Finished({ ids, view }) {
  useTitles(ids, view);
  return html`<span>${fill(talk.finishes, { tasks: ids.map((id) => nameOf(id, view.titles.get(id))) })}</span>`;
}

/** The foot of a card: what the person can do about it, and how it stands, in one line. */
export function Foot({ message, view }) {
  const state = justVoted(message, view) ?? standing(message, view);
  const does = Ask({ message, view });
  return (state || does) && html`
    <div class="message-foot">
      ${does}
      ${state && does?.type !== Undo && html`
        <p class=${"standing standing-" + state.end} title=${state.all}>${state.text}</p>`}
    </div>`;
}

/**
 * Returns how a message that asks stands: {end: what became of it, mine while it waits for this seat, or "", text, all:
 * every name if there are many}; null where nobody knows.
 * @returns {{end: string, text: any, all?: string} | null}
 */
export function standing(message, view) {
  const outcome = view.outcomes.get(message.id);
  const { asked = [], yes = new Set(), end, by } = outcome ?? {};
  const became = fill(outcomeOf(message, outcome), {
    n: { element: yes.size }, of: { element: asked.length },
    by: end === "objected" && begun(sayer(by, view.me)), newer: by && { element: leadTo(by, view) },
  });
  if (end) return { end, text: became };
  const owed = owedOf(message.id, view);
  if (!owed) return undecided(message, { asked, yes }, view);
  if (message.kind === "proposal" && asked.length > 1 && owed.length === asked.length) { // its head names them
    const none = fill(outcomes.proposal.some, { n: { element: 0 }, of: { element: asked.length } });
    return { text: none, end: owed.includes(view.me) ? "mine" : "" };
  }
  const waits = shortly(owed, view, yes.size ? talk.waitsToo : talk.waitsFor);
  const text = yes.size ? [...became, ...waits.text] : waits.text;
  return { ...waits, text, end: owed.includes(view.me) ? "mine" : "" };
}

/** Returns how a proposal stands that is open no more, and was not decided; null where nobody knows that. */
function undecided({ id, at, kind }, { asked, yes }, { state, byId, over }) {
  const read = byId?.get(state?.asOf); // the last message before the requests were read
  if (over || kind !== "proposal" || !read || (id !== read.id && at >= read.at)) return null;
  const here = state.room.agents.map(({ name }) => name);
  const left = asked.filter((name) => !yes.has(name) && !here.includes(name));
  return { text: fill(left.length ? talk.undecidedBy : talk.undecided, { names: left }), end: "" };
}

/** Returns the answer of this seat that is on its way; undefined if there is none. */
const answerOf = (id, { pending }) => pending.find(({ args, state }) => args.reply_to === id && state === "sending");

/** Returns, as standing does, what the person has just decided about a proposal; null for nothing. */
function justVoted({ id }, { state }) {
  const text = talk.voted[answerOf(id, state)?.args.kind];
  return text ? { text, end: "" } : null;
}

/** Returns who begins a sentence. */
const begun = (who) => (who.word ? word(capital(who.word)) : who);

const leadTo = (message, { known, jump }) => html`
  <button type="button" class="event-more" title=${talk.goTo} onClick=${() => jump(message.id)}>
    <q><bdi>${within(known(message.id)?.text || talk.newerOne)}</bdi></q>
  </button>`;

/** Returns who still owes an answer to a message, none for anyone; null if nobody does. */
function owedOf(id, { requests, outcomes }) {
  const { end, yes } = outcomes.get(id) ?? { end: "", yes: new Set() };
  const { owed_by: owed = [] } = requests.get(id) ?? {};
  if (end || !requests.has(id)) return null;
  const left = owed.filter((name) => !yes.has(name));
  return owed.length && !left.length ? null : left;
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
  const { who, text } = view.known(id) ?? { who: "", text: talk.earlierMessage };
  return html`
    <button type="button" class=${"quote quote-" + kind} title=${talk.goTo} onClick=${() => view.jump(id)}>
      <${Icon} name=${kind === "agreed" ? "check" : "reply"} />
      ${label ? html`
        <span class="quote-label">${label}</span>` : html`
        <bdi class="quote-who">${who}</bdi>`}
      <bdi class="quote-text">${text}</bdi>
    </button>`;
}

/**
 * Agree and Object at a proposal that waits for this seat; Answer at a request that does, or waits for anyone. Where a
 * draft answers it, that is what to decide about. A text of which a part is missing is not decided: the button below it
 * loads the rest.
 */
function Ask({ message: { id, kind, from, more }, view }) {
  const { state, room, me, onReply } = view;
  const owed = owedOf(id, view);
  if (view.over || !owed || (owed.length && !owed.includes(me)) || from === me || more) return null;
  const vote = answerOf(id, state);
  if (vote?.waits && !vote.args.text) return html`<${Undo} item=${vote} room=${room} />`;
  if (talk.voted[vote?.args.kind]) return null;
  const draft = draftFor(answering(state), id);
  const button = (label, key, act) => html`
    <button type="button" class="button" aria-keyshortcuts=${key} disabled=${!!vote} onClick=${act}>${label}</button>`;
  if (draft) return button(talk.showDraft, undefined, () => view.jump(draft.id));
  if (kind !== "proposal") return button(talk.answer, "E", () => onReply(id));
  const votes = (kind) => (event) => {
    event.currentTarget.closest("article").focus({ preventScroll: true }); // the button will be gone
    room.naming.speak(id, () => room.send({ kind, reply_to: id }));
  };
  const wordless = ["muted", "channel"].includes(silencedBy(state));
  const objects = wordless ? votes("object") : () => onReply(id, "object");
  return html`
    <span class="message-buttons">
      <${Decision} class="button primary" aria-keyshortcuts="A" disabled=${!!vote} onClick=${votes("agree")}>
        ${talk.agree}
      <//>
      ${button(talk.object, "X", objects)}
    </span>`;
}

/** Says what happens in how many seconds. A screen reader hears it once, and not each second. */
export function Soon({ says, ends }) {
  const [, tick] = useState(0);
  const left = ends - Date.now();
  const seconds = Math.max(1, Math.ceil(left / 1000));
  useEffect(() => {
    if (seconds === 1) return undefined; // it stays that, also while no time runs
    const next = setTimeout(() => tick((n) => n + 1), left - 1000 * (seconds - 1) + 10); // a timer may be a hair early
    return () => clearTimeout(next);
  });
  return html`
    <span aria-hidden="true">${says(seconds)}</span>
    <span class="hidden-visually" role="status">${says(undo / 1000)}</span>`;
}

/** What the person has decided, while that can be undone: a vote. */
export function Undo({ item: { key, args, at }, room, onUndo = () => {} }) {
  const back = (event) => {
    event.currentTarget.closest("article")?.focus({ preventScroll: true }); // the button will be gone
    room.pending.drop(key);
    onUndo();
  };
  return html`
    <p class="undo" data-ends=${at + undo}>
      <${Soon} says=${talk.undo.decided[args.kind]} ends=${at + undo} />
      <button type="button" class="button" aria-keyshortcuts="Control+Z" onClick=${back}>${talk.undo.undo}</button>
    </p>`;
}

/** How a pending message stands. */
export function Sending({ item, room }) {
  const { key, args, state, why, credential } = item;
  if (state === "sending") return html`
    <p class="sending" role="status">${room.state.phase === "offline" ? talk.sentOnline : talk.sending + "…"}</p>`;
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
      ${args.text && html`<${Copy} text=${args.text} label=${talk.copy} />`}
    </p>`;
}
