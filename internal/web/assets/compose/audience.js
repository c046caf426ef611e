// Who reads what is being written, and who owes an answer to it: two buttons, each with a panel to choose from
// (choices.js). area is the ref of the text.

import { who } from "../ui/words.js";
import { html } from "../vendor.js";
import { few } from "../ui/few.js";
import { fill, plain, word } from "../ui/fill.js";
import { Icon } from "../ui/icon.js";
import { MissingPart, later } from "../ui/later.js";
import { useNarrow } from "../ui/viewport.js";
import { askedBy, readers } from "./may.js";
import { Popover } from "./popover.js";
import { compose } from "./words.js";

const Readers = later("Readers", MissingPart);
const Kinds = later("Kinds", MissingPart);

const phone = matchMedia("(max-width: 560px)"); // as in room-page.css

const chip = (name, shown) => html`
  <${Icon} name=${name} />
  <span class="chip-text">${shown}</span>
  <${Icon} name="chevron" />`;

/** Returns a sentence that ends with names, as short as a chip: of many names only the first. */
const shortly = (template, names, narrow) => (narrow && names.length > 1
  ? [...fill(template, { names: [names[0]] }), ` +${names.length - 1}`]
  : fill(template, { names: few(names, undefined, 2) }));

const opener = (template, names) => ({
  class: "chip", title: names.length > 1 ? plain(template, { names }) : undefined,
});

/** To whom the draft goes. Nobody stays nobody: what was meant for some is not for all. */
export function Audience({ draft, state, area }) {
  const { audience, to } = draft.now;
  const narrow = useNarrow(phone);
  const set = (parts) => draft.change({ ask: null, before: null, ...parts });
  const some = to.length ? to : [word(who.nobody)];
  const names = { all: [word(who.everyone)], agent: [word(who.yourAgent)], some }[audience];
  return html`
    <${Popover} className=${audience === "all" ? "" : "private"}
      label=${chip(audience === "all" ? "people" : "lock", shortly(compose.to, names, narrow))}
      opener=${opener(compose.to, names)} next=${area}>
      ${(close) => html`<${Readers} ...${{ draft, state, set, close }} />`}
    <//>`;
}

/** What is wanted of those who read the draft: nothing, answers, or that they agree. */
export function Wanted({ draft, state, area }) {
  const { kind, audience, to } = draft.now;
  const narrow = useNarrow(phone);
  const names = readers(draft.now, state);
  const ask = askedBy(draft.now, state);
  const set = (parts) => draft.change({ ask: null, ...parts });
  const asked = audience === "some" && !ask.length ? to : ask;
  const shown = {
    request: asked.length ? shortly(compose.asks, asked, narrow) : compose.asksAnyone,
    proposal: compose.proposes,
  }[kind];
  return html`
    <${Popover} className=${kind ? "wants" : "wants nothing"}
      label=${chip("ask", shown ?? compose.wantsNothing)}
      opener=${opener(compose.asks, kind === "request" ? asked : [])} next=${area}>
      ${(close) => html`<${Kinds} ...${{ draft, state, names, ask, set, close }} />`}
    <//>`;
}
