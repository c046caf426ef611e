// The key with which a person uses a server that wants one. It stays in this browser, and is
// sent in a header alone.

import * as storage from "../storage.js";
import { Refusal } from "../mcp.js";
import { html } from "../vendor.js";
import { landing } from "./words.js";
import { Form } from "./form.js";
import { listRooms } from "./public.js";

const w = landing.key;
const wrong = Object.assign(new Error(w.wrong), { field: "key" });

/** Asks for a key; entered is called once the server has taken it. refused: one is kept that it no longer takes. */
export function KeyForm({ refused, onEntered, onForget }) {
  const send = async ({ key }) => {
    try {
      await listRooms({}, { key });
    } catch (problem) {
      throw problem instanceof Refusal && problem.code === "key_invalid" ? wrong : problem;
    }
    storage.keepKey(key);
    onEntered();
  };
  const fields = [{ name: "key", label: w.label, hint: w.hint, need: w.needed, type: "password" }];
  return html`
    <section aria-labelledby="key-title">
      <h2 id="key-title">${refused ? w.refusedTitle : w.title}</h2>
      <p>${refused ? w.refused : w.why}</p>
      <${Form} id="key" fields=${fields} button=${w.enter} quiet send=${send} />
      ${refused && html`<div><button type="button" class="button" onClick=${onForget}>${w.forget}</button></div>`}
    </section>`;
}

/** Says that a key is kept, and forgets it. */
export const KeptKey = ({ onForget }) => html`
  <p class="quiet small">
    ${w.kept} <button type="button" class="landing-link" onClick=${onForget}>${w.forget}</button>
  </p>`;
