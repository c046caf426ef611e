// The key with which a person uses a server that wants one. It stays in this browser, and is
// sent in a header alone.

import * as kept from "../kept.js";
import { Refusal } from "../mcp.js";
import { html } from "../vendor.js";
import { words } from "../words.js";
import { Form } from "./form.js";
import { listRooms } from "./public.js";

const say = words.front.key;
const wrong = Object.assign(new Error(say.wrong), { field: "key" });

/** Asks for a key; entered is called once the server has taken it. refused: one is kept that it no longer takes. */
export function KeyForm({ refused, onEntered, onForget }) {
  const send = async ({ key }) => {
    try {
      await listRooms({}, { key });
    } catch (problem) {
      throw problem instanceof Refusal && problem.code === "key_invalid" ? wrong : problem;
    }
    kept.keepKey(key);
    onEntered();
  };
  const fields = [{ name: "key", label: say.label, hint: say.hint, need: say.needed, type: "password" }];
  return html`
    <section aria-labelledby="key-title">
      <h2 id="key-title">${refused ? say.refusedTitle : say.title}</h2>
      <p>${refused ? say.refused : say.why}</p>
      <${Form} id="key" fields=${fields} button=${say.enter} send=${send} />
      ${refused && html`<div><button type="button" class="button" onClick=${onForget}>${say.forget}</button></div>`}
    </section>`;
}

/** Says that a key is kept, and forgets it. */
export const KeptKey = ({ onForget }) => html`
  <p class="quiet small">
    ${say.kept} <button type="button" class="front-link" onClick=${onForget}>${say.forget}</button>
  </p>`;
