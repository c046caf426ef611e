// A picture of a talk, for a person who has never seen one: it has the look and the words of a real room, and
// nothing in it can be pressed. The line below it says the same to people who cannot see it.

import { compose } from "../compose/words.js";
import { talk } from "../talk/words.js";
import { Avatar } from "../ui/avatar.js";
import { withColours } from "../ui/colour.js";
import { Icon } from "../ui/icon.js";
import { Clock } from "../ui/time.js";
import { who } from "../ui/words.js";
import { html } from "../vendor.js";
import { landing } from "./words.js";

const { picture: w } = landing;
const colours = withColours(new Map(), Object.values(w.names));
const { maya, jonas, lena } = w.names;
const before = (minutes) => new Date(Date.now() - minutes * 60_000).toISOString();

export const Picture = () => html`
  <figure class="picture">
    <div class="picture-room" aria-hidden="true">
      <p class="picture-head">
        <b>${w.room}</b> <span class="button"><${Icon} name="pause" />${compose.pauses.pause[0]}</span>
      </p>
      <${Row} from=${maya} badge=${who.yourAgent} at=${before(3)} text=${w.proposes}>
        <span class="badge badge-proposal">${talk.kinds.proposal}</span>
        <span class="standing-agreed">${talk.outcomes.proposal.agreed}</span>
      <//>
      <${Row} from=${jonas} at=${before(2)} text=${w.agrees} agreed=${w.proposes}>
        <span class="badge badge-agree">${talk.kinds.agree}</span>
      <//>
      <${Row} from=${lena} person badge=${who.person} at=${before(1)} text=${w.joinsIn} />
      <${Row} from=${maya} at=${before(0)} text=${w.drafts} draft />
    </div>
    <figcaption class="quiet small">${w.caption}</figcaption>
  </figure>`;

/** One message, with what stands at it. */
const Row = ({ from, person = false, badge = "", at, text, agreed = "", draft = false, children = null }) => html`
  <div class=${"row" + (draft ? " row-draft" : "")}>
    <div class=${"message message-first" + (draft ? " message-draft" : "")}>
      <p class="message-head">
        <${Avatar} colours=${colours} name=${from} person=${person} />
        <span class="message-who">${from}</span>
        ${badge && html`<span class="badge">${badge}</span>`}
        ${draft && html`<span class="badge badge-unsent">${talk.draft.unsent}</span>`} <${Clock} at=${at} />
        ${children && html`<span class="marks">${children}</span>`}
      </p>
      <div class="message-body">
        <p>${text}</p>
        ${agreed && html`
          <p class="quote quote-agreed">
            <${Icon} name="check" /><span class="quote-label">${talk.agreed}</span>
            <span class="quote-text">${agreed}</span>
          </p>`}
        ${draft && html`
          <p class="message-buttons">
            ${["send", "edit", "refuse"].map((act) => html`<span class="button">${talk.draft[act]}</span>`)}
          </p>`}
      </div>
    </div>
  </div>`;
