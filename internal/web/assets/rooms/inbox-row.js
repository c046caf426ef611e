// One thing that needs the person: the card that stands in its room, too, with the same buttons.

import { NamedAs } from "../compose/named-as.js";
import { Differing } from "../sidebar/differing.js";
import { Draft } from "../talk/draft.js";
import { Sending, Undo } from "../talk/marks.js";
import { Message } from "../talk/message.js";
import { useView } from "../talk/view.js";
import { talk } from "../talk/words.js";
import { coded } from "../ui/coded.js";
import { fill } from "../ui/fill.js";
import { Ago } from "../ui/time.js";
import { ui } from "../ui/words.js";
import { useRoom } from "../use-room.js";
import { html, useRef, useState } from "../vendor.js";
import { Answer, beginAnswer } from "./answer.js";
import { linkTo } from "./link.js";
import { leftOf } from "./order.js";
import { rooms as w } from "./words.js";

const none = new Set();
const cards = { draft: DraftCard, request: AskCard, proposal: AskCard, check: CheckCard };

/**
 * row is of order.js, with need, and room, of Mine; other is the OtherRoom, and jump(token, id) leads to something in
 * the list, or returns false.
 */
export function InboxRow({ row: { key, at, waits, need, room }, other, now, jump }) {
  const state = useRoom(other);
  const head = "inbox-" + key.slice(-12);
  const place = (id) => linkTo(room.seat, id);
  const view = {
    ...useView(other, state), now, place, head, open: none, toggle() {}, hold() {}, opens() {},
    jump: (id) => jump(room.seat.token, id) || location.assign(place(id).href),
  };
  const title = { element: html`<a dir="auto" ...${place(need.id)}>${room.title || w.unnamed}</a>` };
  const what = { element: w.what[need.what] };
  const left = waits && !need.differing && leftOf(at, now + state.clock);
  const Card = cards[need.what] ?? Line;
  const cut = [...state.supervision.drafts, ...state.messages].find(({ id }) => id === need.id)?.more ? "cut" : "";
  return html`
    <li data-key=${key} data-cut=${cut} class=${waits ? "" : "inbox-over"}>
      <div class="inbox-card">
        <p class="inbox-head small quiet" id=${head}>
          <span>${fill(room.name ? w.whereAs : w.where, { what, room: title, name: room.name })}</span>
          ${Number.isFinite(at) && html`<${Ago} at=${new Date(at).toISOString()} now=${now + state.clock} />`}
          ${left > 0 && html`<strong>${w.expires(ui.minutes(Math.ceil(left / 60_000)))}</strong>`}
        </p>
        <${Card} ...${{ need, state, other, view, waits }} />
      </div>
    </li>`;
}

/** A draft, which says what became of it once it waits no more. */
function DraftCard({ need: { id }, state, view, waits }) {
  const draft = state.supervision.drafts.find((one) => one.id === id);
  const last = useRef(/** @type {any} */ ({})); // the draft as it was, and what was decided about it here
  if (draft) last.current.draft = draft;
  if (state.deciding[id]) last.current.decision = state.deciding[id].decision;
  if (waits || state.phase === "ended") delete last.current.decision; // it may not have been taken
  const { draft: shown, decision } = last.current;
  const told = state.messages.find((one) => one.draft === id); // another device may have been faster
  const became = talk.draft.decided[told ? decisionOf(told) : decision] ?? w.over;
  return shown && html`<${Draft} draft=${shown} view=${view} became=${draft ? "" : became} />`;
}

/** Returns what was decided about a draft, by the message that tells of it; "" if the draft has expired. */
const decisionOf = ({ type, reason }) =>
  ({ edited: "edit", refused: "refuse", sent: "send" })[reason] ?? (type === "message" ? "send" : "");

/** A question or a suggestion, and below it the field of the answer. */
function AskCard({ need: { id }, state, other, view, waits }) {
  const last = useRef(/** @type {any} */ (null));
  const [answers, setAnswers] = useState(false);
  const card = useRef();
  const message = last.current = state.messages.find((one) => one.id === id) ?? last.current;
  if (!message) return null;
  const said = state.pending.findLast(({ args }) => args.reply_to === id);
  const answer = (kind, text) => (beginAnswer(other, message, kind, text), setAnswers(true));
  const back = () => answer(said.args.kind, said.args.text);
  const done = () => (setAnswers(false), card.current.querySelector("article").focus({ preventScroll: true }));
  const isVoted = said?.state === "sending" && talk.voted[said.args.kind]; // the card says so
  const tells = said && (said.waits ? said.args.text : !isVoted);
  return html`
    <div ref=${card}>
      <${Message} message=${message} head view=${{ ...view, onReply: (_, kind = "") => answer(kind) }} />
      ${tells && (said.waits ? html`<${Undo} item=${said} room=${other} onUndo=${back} />`
        : said.id ? html`<p class="undo">${w.answered}</p>`
          : html`
            ${said.state !== "sending" && html`<p class="late-text" dir="auto">${said.args.text}</p>`}
            <${Sending} item=${said} room=${other} />`)}
      ${!waits && !said && !state.requests.some((one) => one.id === id) && !view.outcomes.get(id)?.end && html`
        <p class="undo">${w.over}</p>`}
      ${waits && !said && html`<${NamedAs} room=${other} onDone=${done} />`}
      ${answers && html`<${Answer} ...${{ room: other, state, id, onDone: done }} />`}
    </div>`;
}

/** Checks that differ. */
function CheckCard({ need: { id, differing }, other, view, waits }) {
  const look = html`<a class="button" aria-keyshortcuts="Enter" ...${view.place(id)}>${talk.draft.look}</a>`;
  return html`
    <${Differing} ...${{ differing, room: other, look, head: view.head }} became=${waits ? "" : w.over} />`;
}

/** A task that has stalled: the person decides about it in its room. */
const Line = ({ need, view }) => html`
  <article class="message inbox-line" tabindex="-1" aria-describedby=${view.head}>
    <p dir="auto">${need.who && html`<bdi>${need.who}</bdi>: `}${coded(need.text)}</p>
    <p><a class="button" aria-keyshortcuts="Enter" ...${view.place(need.id)}>${talk.draft.look}</a></p>
  </article>`;
