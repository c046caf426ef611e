// What is being answered, above the text of the answer.

import { html } from "../vendor.js";
import { known } from "../talk/known.js";
import { gist } from "../talk/rows.js";
import { fill } from "../ui/fill.js";
import { Icon } from "../ui/icon.js";
import { cutWithin } from "../ui/quote.js";
import { answers as w } from "./dialog-words.js";
import { replacedBy } from "./replaced.js";

/** The answer to a proposal that asks this seat can be a vote. */
export function Answered({ draft, state, onJump }) {
  const { reply, kind } = draft.now;
  const message = state.messages.find(({ id }) => id === reply);
  const quoted = known(reply, message, state);
  const owed = state.requests.some(({ id, owed_by: by }) => id === reply && by?.includes(state.me));
  const old = replacedBy(draft.now, state);
  const votes = kind === "agree" || kind === "object" || (message?.kind === "proposal" && owed);
  return html`
    <div class="answered">
      <${Icon} name="reply" />
      <button type="button" class="answered-quote" title=${w.showAnswered} onClick=${() => onJump?.(reply)}>
        <b>
          <bdi>${quoted?.who}</bdi>
        </b> <span dir="auto">
          ${quoted?.text || w.answered}
        </span>
      </button>
      ${votes && html`
        <span class="answered-votes" role="group" aria-label=${w.vote}>
          ${["", "agree", "object"].map((one) => html`
            <button type="button" class="vote" aria-pressed=${kind === one}
              onClick=${() => draft.change({ kind: one })}>
              ${w.votes[one || "reply"]}
            </button>`)}
        </span>`}
      <button type="button" class="button plain icon" aria-label=${w.unanswer}
        onClick=${() => draft.unanswer()}>
        <${Icon} name="close" />
      </button>
    </div>
    ${old && html`
      <p class="compose-why small" role="status">
        ${fill(w.replaces[old.how], { text: { quote: cutWithin(gist(old.message)) } })}
      </p>`}`;
}
