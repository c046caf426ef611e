// A picture of a talk, for a person who has never seen one: the rows and the draft as a room shows them, built
// of the same parts. Nothing in it can be pressed or reached.

import { PauseButton } from "../compose/pause.js";
import { Drafts } from "../sidebar/drafts.js";
import { Message } from "../talk/message.js";
import { outcomesOf } from "../talk/outcomes.js";
import { withColours } from "../ui/colour.js";
import { html } from "../vendor.js";
import { landing } from "./words.js";

const { picture: w } = landing;
const [maya, jonas, lena] = w.names;
const ago = (minutes) => new Date(Date.now() - minutes * 60_000).toISOString();

const messages = [
  { id: "m1", at: ago(4), from: maya, kind: "proposal", ask: [jonas], text: w.proposes },
  { id: "m2", at: ago(3), from: jonas, kind: "agree", reply_to: "m1", agreed: "m1", text: w.agrees },
  { id: "m3", at: ago(2), from: lena, person: true, text: w.joinsIn },
];
const state = {
  me: maya, messages, outbox: [], clock: 0, refusing: {}, colours: withColours(new Map(), w.names),
  supervision: { drafts: [{ id: "d1", at: ago(1), text: w.drafts }] },
};
const view = {
  state, me: maya, byId: new Map(messages.map((message) => [message.id, message])), open: new Set(),
  requests: new Map(), outcomes: outcomesOf(messages),
};

export const Picture = () => html`
  <figure class="picture">
    <div class="picture-room" inert>
      <div class="picture-head"><b>${w.room}</b><${PauseButton} state=${state} /></div>
      ${messages.map((message) => html`
        <div class="row row-message"><${Message} key=${message.id} message=${message} head view=${view} /></div>`)}
      <${Drafts} state=${state} />
    </div>
    <figcaption class="quiet small">${w.caption}</figcaption>
  </figure>`;
