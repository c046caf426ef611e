// Who reads what is being written, and who owes an answer to it: two buttons, each with a panel to choose from
// (choices.js). area is the ref of the text.

import { who } from "../ui/words.js";
import { html } from "../vendor.js";
import { fill, word } from "../ui/fill.js";
import { Icon } from "../ui/icon.js";
import { MissingPart, later } from "../ui/later.js";
import { othersOf } from "./may.js";
import { Popover } from "./popover.js";
import { compose } from "./words.js";

const Readers = later("Readers", MissingPart);
const Kinds = later("Kinds", MissingPart);

const chip = (name, shown, chevron = "chevron") => html`
  <${Icon} name=${name} />
  <span class="chip-text">${shown}</span>
  <${Icon} name=${chevron} />`;

/** To whom the draft goes. Nobody stays nobody, unless the draft is empty: what was meant for some is not for all. */
export function Audience({ draft, state, area, empty }) {
  const { audience, to } = draft.now;
  const set = (parts) => draft.change({ ask: [], before: null, ...parts });
  const some = to.length ? to : [word(who.nobody)];
  const settle = () => empty && draft.now.audience === "some" && !draft.now.to.length && set({ audience: "all" });
  const readers = { all: [word(who.everyone)], agent: [word(who.yourAgent)], some }[audience];
  return html`
    <${Popover} className=${audience === "all" ? "" : "private"}
      label=${chip(audience === "all" ? "people" : "lock", fill(compose.to, { names: readers }))}
      opener=${{ class: "chip" }} onClosed=${settle} next=${area}>
      ${(close) => html`<${Readers} ...${{ draft, state, set, close }} />`}
    <//>`;
}

/** What is wanted of those who read the draft: nothing, answers, or that they agree. */
export function Wanted({ draft, state, area }) {
  const { kind, ask, audience, to } = draft.now;
  const here = othersOf(state).map(({ name }) => name);
  const names = audience === "some" ? here.filter((name) => to.includes(name)) : here;
  const set = (parts) => draft.change({ ask: [], ...parts });
  const asked = audience === "some" && !ask.length ? to : ask;
  const shown = {
    request: asked.length ? fill(compose.asks, { names: asked }) : compose.asksAnyone,
    proposal: compose.proposes,
  }[kind];
  return html`
    <${Popover} className=${kind ? "wants" : "wants nothing"}
      label=${chip("ask", shown ?? compose.wantsNothing)} opener=${{ class: "chip" }} next=${area}>
      ${(close) => html`<${Kinds} ...${{ draft, state, names, set, close }} />`}
    <//>`;
}
