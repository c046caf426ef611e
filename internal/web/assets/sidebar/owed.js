// Who owes whom an answer, and since when.

import { ui, who } from "../ui/words.js";
import { html, useState } from "../vendor.js";
import { few } from "../ui/few.js";
import { fill, word } from "../ui/fill.js";
import { Ago, useNow } from "../ui/time.js";
import { actorOf, capital } from "../talk/names.js";
import { beginning, gist } from "../talk/rows.js";
import { Part, Quote } from "./part.js";
import { sidebar as w } from "./words.js";

const shown = 5; // at first

/** The requests that ask nobody of this seat by its name: what does stands in the conversation, with its buttons. */
export function Owed({ state, onJump }) {
  const now = useNow(state.clock);
  const [all, setAll] = useState(false);
  const requests = requestsOf(state);
  if (!requests.length) return null;
  const few = all ? requests : requests.slice(0, shown);
  return html`
    <${Part} title=${w.requests} count=${requests.length}>
      <ul class="sidebar-list">
        ${few.map((request) => html`<${Request} key=${request.id} ...${{ state, request, now, onJump }} />`)}
      </ul>
      ${few.length < requests.length && html`
        <button type="button" class="button" onClick=${() => setAll(true)}>
          ${ui.more(requests.length - shown)}
        </button>`}
    <//>`;
}

/** Returns the open requests among others, with their messages if these are loaded: what this seat asks comes first. */
export const requestsOf = ({ requests, me, messages }) =>
  requests.filter(({ from, owed_by: owing }) => from === me || !owing?.includes(me))
    .map((one) => ({ ...one, mine: one.from === me, message: messages.find(({ id }) => id === one.id) }))
    .sort((a, b) => Number(b.mine) - Number(a.mine));

function Request({ state, request, now, onJump }) {
  const old = request.replaces && state.agreements.find(({ id }) => id === request.replaces);
  const at = request.message?.at ?? new Date(now - request.minutes * 60_000).toISOString();
  return html`
    <li class="sidebar-owed">
      <p class="sidebar-line">
        <span>${sentence(request, state)}</span> <${Ago} at=${at} now=${now} />
      </p>
      <${Quote} id=${request.id} text=${gist(request.message) || beginning(request.text)} onJump=${onJump} />
      ${old && html`
        <p class="small quiet">${w.replaces}</p>
        <${Quote} id=${old.id} text=${beginning(old.text)} onJump=${onJump} />`}
    </li>`;
}

/** Says who asks whom, with "you" and "your agent" in place of the person's own name. */
export function sentence({ owed_by: owing, mine, message, ...request }, { me, alone }) {
  const own = message?.person || alone ? "you" : "yourAgent"; // in who
  const other = request.person_name ?? actorOf(request);
  if (!owing) return fill(w.asksAnyone, { asker: mine ? word(who[own]) : other });
  return fill(w.asks, { names: few(owing, me), asker: mine ? word(capital(who[own])) : other });
}
