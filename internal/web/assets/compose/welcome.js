// What is said at the first opening: what Parley is and who else is here, whose agent this is, and what its person can
// do.

import { site } from "../page-words.js";
import { Mark } from "../landing/brand.js";
import { few } from "../ui/few.js";
import { fill } from "../ui/fill.js";
import { html } from "../vendor.js";
import { isSilent, silencedBy } from "./may.js";
import { compose as w } from "./words.js";

/** Two lines, three on a phone, until the person has read it or spoken. onDone is called when it was put away. */
export function Welcome({ room, state, onDone }) {
  const { welcomed, room: now, alone, me } = state;
  if (welcomed || !now || now.closed) return null;
  const speaks = silencedBy(state) === "";
  const line = alone ? (isSilent(state) ? w.welcomes.silent : w.welcomes.alone) :
    speaks ? w.welcomes.watching : w.welcomes.notes;
  const others = now.agents.map(({ name }) => name).filter((name) => name !== me);
  const done = () => {
    room.welcomed();
    onDone();
  };
  return html`
    <section class="bar welcome" aria-label=${site}>
      <${Mark} />
      <div>
        <p>${w.welcome} <span>${others.length ? fill(w.alsoHere, { names: few(others) }) : w.nobodyHere}</span></p>
        <p>${fill(line, { name: me })}</p>
      </div>
      <button type="button" class="button" onClick=${done}>${w.welcomeDone}</button>
    </section>`;
}
