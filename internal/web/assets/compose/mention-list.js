// The names that are offered behind an @: see mention.js.

import { html } from "../vendor.js";
import { mentions as w } from "./dialog-words.js";
import { listId } from "./mention.js";

export const Mentions = ({ found, chosen, onPick }) => html`
  <p class="hidden-visually" role="status">${found.length ? w.offered(found.length) : ""}</p>
  ${found.length > 0 && html`
    <ul class="mentions" id=${listId} role="listbox" aria-label=${w.names}>
      ${found.map((name, n) => html`
        <li key=${name} id=${listId + n} role="option" aria-selected=${n === chosen}
          onPointerDown=${(e) => (e.preventDefault(), onPick(name))}><bdi>${name}</bdi></li>`)}
    </ul>`}`;
