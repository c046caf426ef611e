// What the two buttons of audience.js open: who reads what is being written, and what is wanted of them. A choice made
// with the pointer, after which nothing is left to choose, closes the panel; one made with the keyboard leaves it open.

import { html, useState } from "../vendor.js";
import { fold } from "../ui/fold.js";
import { choices as w } from "./dialog-words.js";
import { onlyNotes, othersOf, votersOf } from "./may.js";

const glance = 8; // names that are seen at once

const Choice = ({ type = "radio", name, checked, onChange, close = () => {}, disabled, children }) => html`
  <label class="choice">
    <input type=${type} name=${name} checked=${checked} disabled=${disabled} onChange=${onChange}
      onClick=${({ target }) => target.matches(":focus-visible") || setTimeout(close)} />
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
      <input class="input" type="search" aria-label=${w.find} placeholder=${w.find}
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

/** To whom the draft goes. */
export function Readers({ draft, state, set, close }) {
  const { audience, to } = draft.now;
  const names = othersOf(state).map(({ name }) => name);
  const notes = onlyNotes(state);
  return html`
    <fieldset class="choices">
      <legend>${w.whoReads}</legend>
      <${Choice} name="audience" disabled=${notes} checked=${audience === "all"} close=${close}
        onChange=${() => set({ audience: "all" })}>
        ${w.everyoneHere}
      <//>
      ${!state.alone && html`
        <${Choice} name="audience" checked=${audience === "agent"} close=${close}
          onChange=${() => set({ audience: "agent" })}>
          ${w.agentOnly}
        <//>`}
      ${(names.length > 0 || to.length > 0) && html`
        <${Choice} name="audience" disabled=${notes} checked=${audience === "some"}
          onChange=${() => set({ audience: "some" })}>
          ${w.someOnly}
        <//>
        ${audience === "some" && html`
          <${Names} names=${names} chosen=${to} onChange=${(chosen) => set({ to: chosen })} />`}`}
    </fieldset>`;
}

/** What is wanted of those who read the draft. names are those of them who can be asked, ask those who are. */
export function Kinds({ draft, state, names, ask, set, close }) {
  const { kind, audience } = draft.now;
  const agrees = votersOf(state).some((name) => names.includes(name));
  const unnamed = audience === "some" ? w.eachReader(names) : w.firstCounts;
  return html`
    <fieldset class="choices">
      <legend>${w.whatIsWanted}</legend>
      <${Choice} name="wanted" checked=${!kind} close=${close} onChange=${() => set({ kind: "" })}>${w.nothing}<//>
      <${Choice} name="wanted" checked=${kind === "request"} onChange=${() => set({ kind: "request" })}>
        ${w.answer}
      <//>
      ${kind === "request" && html`
        <${Names} names=${names} chosen=${ask} onChange=${(chosen) => set({ kind, ask: chosen })} />
        <p class="quiet small">
          ${ask.length ? w.each : unnamed}
        </p>`}
      <${Choice} name="wanted" checked=${kind === "proposal"} close=${close}
        onChange=${() => set({ kind: "proposal" })}>
        ${w.agreement}
      <//>
      ${kind === "proposal" && html`
        <p class="quiet small">
          ${agrees ? w.agreeing : w.agreesNone}
        </p>`}
    </fieldset>`;
}
