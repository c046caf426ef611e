// Texts that a person has written and can no longer send. They stay in sight, each with a button that copies the text.

import { wordsIn } from "../compose/draft.js";
import * as storage from "../storage.js";
import { Copy } from "../ui/copy.js";
import { html } from "../vendor.js";
import { talk } from "./words.js";

/** Returns the words that this browser keeps for a seat and that were not sent. */
export function unsentOf(token) {
  const { draft, edits = {} } = storage.notesOf(token);
  return [...wordsIn(draft), ...Object.values(edits), ...storage.pendingOf(token).map(({ args }) => args.text)];
}

/** Returns the unsent words of a Room that has ended, also if this browser has forgotten its seat meanwhile. */
export const unsentIn = ({ seat, draft, supervision, state: { late, pending, sharing } }) => [
  ...wordsIn(draft.now), ...supervision.edits.values(), ...late, ...pending.map(({ args }) => args.text),
  ...sharing.map(({ args }) => args.note), ...unsentOf(seat.token),
];

/** Each text once, with its button. */
export const Words = ({ texts }) => [...new Set(texts)].filter(Boolean).map((text) => html`
  <div class="late-line">
    <p class="late-text" dir="auto">${text}</p> <${Copy} text=${text} label=${talk.copy} />
  </div>`);

/** The texts, below a line that says that they were not sent: for where nothing else says so. */
export const Unsent = ({ texts }) => texts.some(Boolean) && html`
  <div class="late" role="status">
    <p class="late-line">${talk.unsent}</p>
    <${Words} texts=${texts} />
  </div>`;
