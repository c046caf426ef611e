// How a person brings its agent in: a client is chosen, its line pasted, and the agent told.

import { Copy } from "../ui/copy.js";
import { html, useState } from "../vendor.js";
import { clients } from "./clients.js";
import { habit, keepHabit } from "./habits.js";
import { landing as w } from "./words.js";


/** A line to copy. label says what is copied. */
export const Line = ({ text, label }) => html`
  <div class="landing-line"><code>${text}</code><${Copy} text=${text} label=${label} /></div>`;

/**
 * @param {{url: string, keys?: boolean, guest?: boolean}} about the address of MCP, whether it
 *   wants a key, and whether it is that of an invite
 */
export function Connect({ url, keys = false, guest = false }) {
  const all = clients(url, keys);
  const [id, setId] = useState(habit("client"));
  const client = all.find((client) => client.id === id) ?? all[0];
  const choose = (id) => {
    setId(id);
    keepHabit("client", id);
  };
  return html`
    <ol class="landing-steps">
      <li>
        <fieldset class="landing-clients">
          <legend>${w.connect.add}</legend>
          ${all.map(({ id }) => html`
            <label key=${id}>
              <input type="radio" name="client" value=${id} checked=${id === client.id} onChange=${() => choose(id)} />
              <span>${w.clients[id]}</span>
            </label>`)}
        </fieldset>
        <${Client} client=${client} />
      </li>
      <li>
        <p>${guest ? w.connect.tellGuest : w.connect.tell}</p>
        <${Line} text=${guest ? w.connect.sentenceGuest : w.connect.sentence} label=${w.connect.copySentence} />
      </li>
      <li><p>${w.connect.watch}</p></li>
    </ol>`;
}

function Client({ client }) {
  const name = w.clients[client.id];
  return html`
    <div class="landing-client">
      ${client.steps.map((step) => html`
        ${step.link && html`
          <p><a class="button primary" href=${step.link}>${w.connect.install(name)}</a></p>
          <p class="quiet small">${w.connect.orByHand}</p>`}
        ${step.say && html`<p class="small">${w.say[step.say]}</p>`}
        <${Line} text=${step.line} label=${w.connect.copyLine(name)} />`)}
      ${w.after[client.id] && html`<p class="quiet small">${w.after[client.id]}</p>`}
    </div>`;
}
