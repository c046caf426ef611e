// Who reads what is being written, and who owes an answer to it: two buttons, each with a
// panel to choose from.

import { who } from "../ui/words.js";
import { html, useState } from "../vendor.js";
import { fill, word } from "../ui/fill.js";
import { fold } from "../ui/fold.js";
import { Icon } from "../ui/icon.js";
import { othersOf, onlyNotes, votersOf } from "./may.js";
import { Popover } from "./popover.js";
import { compose } from "./words.js";

const glance = 8; // names that are seen at once

const Choice = ({ type = "radio", name, checked, onChange, disabled, children }) => html`
  <label class="choice">
    <input type=${type} name=${name} checked=${checked} disabled=${disabled} onChange=${onChange} />
    <span>${children}</span>
  </label>`;

/** One checkbox for each of names; chosen are those that are checked. Many names can be searched. */
export function Names({ names, chosen, onChange }) {
  const [part, setPart] = useState("");
  const known = [...names, ...chosen.filter((name) => !names.includes(name))]; // somebody may have left
  const many = known.length > glance;
  const all = many ? known.filter((name) => fold(name).includes(fold(part.trim()))) : known;
  const set = (name, yes) => onChange(yes ? [...chosen, name] : chosen.filter((other) => other !== name));
  return html`
    ${many && html`
      <input class="input" type="search" aria-label=${compose.find} placeholder=${compose.find}
        value=${part} onInput=${(e) => setPart(e.target.value)}
        onKeyDown=${(e) => e.key === "Enter" && e.preventDefault()} />`}
    <div class="choices-names">
    ${all.map((name) => html`
      <${Choice} key=${name} type="checkbox" checked=${chosen.includes(name)}
        onChange=${(e) => set(name, e.target.checked)}>
        <bdi>${name}</bdi>
      <//>`)}
  </div>`;
}

const chip = (name, shown, chevron = "chevron") => html`
  <${Icon} name=${name} />
  <span class="chip-text">${shown}</span>
  <${Icon} name=${chevron} />`;

/** To whom the draft goes. Nobody stays nobody, unless the draft is empty: what was meant for some is not for all. */
export function Audience({ draft, state, empty }) {
  const { audience, to } = draft.now;
  const names = othersOf(state).map(({ name }) => name);
  const notes = onlyNotes(state);
  const set = (parts) => draft.change({ ask: [], before: null, ...parts });
  const some = to.length ? to : [word(who.nobody)];
  const settle = () => empty && draft.now.audience === "some" && !draft.now.to.length && set({ audience: "all" });
  const readers = { all: [word(who.everyone)], agent: [word(who.yourAgent)], some }[audience];
  return html`
    <${Popover} className=${audience === "all" ? "" : "private"}
      label=${chip(audience === "all" ? "people" : "lock", fill(compose.to, { names: readers }))}
      opener=${{ class: "chip" }} onClosed=${settle}>
      ${() => html`
        <fieldset class="choices">
          <legend>${compose.whoReads}</legend>
          <${Choice} name="audience" disabled=${notes} checked=${audience === "all"}
            onChange=${() => set({ audience: "all" })}>
            ${compose.everyoneHere}
          <//>
          ${!state.alone && html`
            <${Choice} name="audience" checked=${audience === "agent"} onChange=${() => set({ audience: "agent" })}>
              ${compose.agentOnly}
            <//>`}
          ${(names.length > 0 || to.length > 0) && html`
            <${Choice} name="audience" disabled=${notes} checked=${audience === "some"}
              onChange=${() => set({ audience: "some" })}>
              ${compose.someOnly}
            <//>
            ${audience === "some" && html`
              <${Names} names=${names} chosen=${to} onChange=${(chosen) => set({ to: chosen })} />`}`}
        </fieldset>`}
    <//>`;
}

/** What is wanted of those who read the draft: nothing, answers, or that they agree. */
export function Wanted({ draft, state }) {
  const { kind, ask, audience, to } = draft.now;
  const here = othersOf(state).map(({ name }) => name);
  const names = audience === "some" ? here.filter((name) => to.includes(name)) : here;
  const agrees = votersOf(state).some((name) => names.includes(name));
  const set = (parts) => draft.change({ ask: [], ...parts });
  const unnamed = audience === "some" ? compose.eachReader : compose.firstCounts;
  const shown = {
    request: ask.length ? fill(compose.asks, { names: ask }) : compose.asksAnyone,
    proposal: compose.proposes,
  }[kind];
  return html`
    <${Popover} className=${kind ? "wants" : "wants nothing"}
      label=${chip("ask", shown ?? compose.wantsNothing)} opener=${{ class: "chip" }}>
      ${() => html`
        <fieldset class="choices">
          <legend>${compose.whatIsWanted}</legend>
          <${Choice} name="wanted" checked=${!kind} onChange=${() => set({ kind: "" })}>${compose.nothing}<//>
          <${Choice} name="wanted" checked=${kind === "request"} onChange=${() => set({ kind: "request" })}>
            ${compose.answer}
          <//>
          ${kind === "request" && html`
            <${Names} names=${names} chosen=${ask} onChange=${(chosen) => set({ kind, ask: chosen })} />
            <p class="quiet small">
              ${ask.length ? compose.each : unnamed}
            </p>`}
          <${Choice} name="wanted" checked=${kind === "proposal"} onChange=${() => set({ kind: "proposal" })}>
            ${compose.agreement}
          <//>
          ${kind === "proposal" && html`
            <p class="quiet small">
              ${agrees ? compose.agreeing : compose.agreesNone}
            </p>`}
        </fieldset>`}
    <//>`;
}
