// Who owes whom an answer, and since when.

import { ui, who } from "../ui/words.js";
import { html, useState } from "../vendor.js";
import { draftFor } from "../rooms/needs.js";
import { Decision } from "../ui/decision.js";
import { few } from "../ui/few.js";
import { fill, word } from "../ui/fill.js";
import { Ago, useNow } from "../ui/time.js";
import { actorOf, capital } from "../talk/names.js";
import { isLine, lastLine } from "../talk/rows.js";
import { Problem, useAct } from "./act.js";
import { Part, Quote } from "./part.js";
import { sidebar as w } from "./words.js";

const shown = 5; // at first

/** What asks the person or its agent, if own, or the other requests. */
export function Owed({ room, state, own, onJump, onReply }) {
  const now = useNow(state.clock);
  const [all, setAll] = useState(false);
  const requests = requestsOf(state).filter(({ asksMe }) => asksMe === own);
  if (!requests.length) return null;
  const few = all ? requests : requests.slice(0, shown);
  return html`
    <${Part} title=${own ? w.asked(state.alone) : w.requests} count=${requests.length}>
      <ul class="sidebar-list">
        ${few.map((request) => html`
          <${Request} key=${request.id} ...${{ room, state, request, now, onJump, onReply }} />`)}
      </ul>
      ${few.length < requests.length && html`
        <button type="button" class="button" onClick=${() => setAll(true)}>
          ${ui.more(requests.length - shown)}
        </button>`}
    <//>`;
}

/** Returns the open requests: what asks me comes first, then what I ask; the rest stays in its order. */
export const requestsOf = (state) =>
  state.requests.map((request) => withMessage(request, state)).sort((a, b) => rank(a) - rank(b));

/** Adds to a request whom it asks, and its message if that is loaded. */
function withMessage(request, { me, messages }) {
  const asksMe = request.from !== me && (request.owed_by?.includes(me) ?? true);
  return { ...request, asksMe, mine: request.from === me, message: messages.find(({ id }) => id === request.id) };
}

const rank = ({ asksMe, mine }) => (asksMe ? 0 : mine ? 1 : 2);

function Request({ room, state, request, now, onJump, onReply }) {
  const { busy, problem, act } = useAct();
  const sending = state.pending.some(({ args, state }) => args.reply_to === request.id && state === "sending");
  const draft = draftFor(state.supervision.drafts, request.id);
  const at = request.message?.at ?? new Date(now - request.minutes * 60_000).toISOString();
  return html`
    <li class=${request.asksMe ? "sidebar-owed mine" : "sidebar-owed"}>
      <p class="sidebar-line">
        <span class="sidebar-owes">${sentence(request, state)}</span>
        <span class="quiet sidebar-when"><${Ago} at=${at} now=${now} /></span>
      </p>
      <${Quote} id=${request.id} text=${quoted(request)} whole=${!!request.message && !request.message.more}
        onJump=${onJump} />
      ${request.asksMe && !state.room.closed && html`
        <div class="sidebar-buttons"><${Answers} ...${{ request, draft, busy: busy || sending, onJump, onReply }}
        onAgree=${({ currentTarget: button }) => {
          button.closest("aside").focus(); // the button will be gone, and what it stands in
          room.naming.speak(() => act(() => room.send({ kind: "agree", reply_to: request.id })));
        }} /></div>`}
      <${Problem} text=${problem} />
    </li>`;
}

/**
 * Returns what is shown of a request: its one line, or else its end. text has the two ends of a long one; of a file
 * without a text it is the name.
 */
export function quoted({ message, text }) {
  const said = message?.text && !message.more ? message.text : text;
  return isLine(said) ? said : lastLine(said);
}

/** Reports whether the line of a message is not all that it says: then it is shown before anybody decides. */
export const isCut = (message) => !message || !!message.more || !!message.file || !isLine(message.text);

/** What the person can do about a request. Where a draft answers that already, the draft is what to decide about. */
export function Answers({ request, draft, busy, onJump, onReply, onAgree }) {
  const { id, message } = request;
  if (draft) return html`
    <button type="button" class="button" onClick=${() => onJump(draft.id)}>${w.showDraft}</button>`;
  if (isCut(message)) return html`
    <button type="button" class="button" onClick=${() => onJump(id)}>${w.showIt}</button>`;
  if (message.kind !== "proposal") return html`
    <button type="button" class="button" onClick=${() => onReply(id)}>${w.answer}</button>`;
  return html`
    <${Decision} class="button" disabled=${busy} onClick=${onAgree}>${w.agree}<//>
    <button type="button" class="button" disabled=${busy} onClick=${() => onReply(id, "object")}>${w.object}</button>`;
}

/** Says who asks whom, with "you" and "your agent" in place of the person's own name. */
export function sentence({ owed_by: owing, mine, asksMe, message, ...request }, { me, alone }) {
  const self = alone ? "you" : "yourAgent"; // in who
  const own = message?.person ? "you" : self;
  const other = request.person_name ?? actorOf(request);
  if (!owing) return fill(w.asksAnyone, { asker: mine ? word(who[own]) : other });
  const asker = mine ? word(capital(who[own])) : other;
  const names = few(owing, me).map((name) => (name === me ? word(who[self]) : name));
  if (message?.kind !== "proposal") return fill(w.asks, { names, asker });
  return fill(asksMe ? w.asksToVote : w.votes, { names, asker });
}
