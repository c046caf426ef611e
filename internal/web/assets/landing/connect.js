// How a person brings its agent in: a client is chosen, its line pasted, and the agent told.

import { html, useState } from "../vendor.js";
import { clients } from "./clients.js";
import { habit, keepHabit } from "./habits.js";
import { Line } from "./line.js";
import { reachOf } from "./reach.js";
import { landing as w } from "./words.js";

const handheld = matchMedia("(hover: none) and (pointer: coarse)"); // no client of an agent runs here

/**
 * @param {{url: string, keys?: boolean, guest?: boolean, quiet?: boolean}} about the address of MCP, whether it
 *   wants a key, whether it is that of an invite, and whether something else is the next step of the page
 */
export function Connect({ url, keys = false, guest = false, quiet = false }) {
  const all = clients(url, keys, guest).filter(({ id }) => id === "other" || !handheld.matches);
  const reach = reachOf(url);
  const [id, setId] = useState(habit("client"));
  const client = all.find((client) => client.id === id) ?? all[0];
  const choose = (id) => {
    setId(id);
    keepHabit("client", id);
  };
  return html`
    <ol class="landing-steps">
      <li>
        ${handheld.matches ? html`<p>${w.connect.add}</p><p class="quiet small">${w.connect.elsewhere}</p>` : html`
        <fieldset class="landing-clients">
          <legend>${w.connect.add}</legend>
          ${all.map(({ id }) => html`
            <label key=${id}>
              <input type="radio" name="client" value=${id} checked=${id === client.id} onChange=${() => choose(id)} />
              <span>${w.clients[id]}</span>
            </label>`)}
        </fieldset>`}
        <${Client} client=${client} quiet=${quiet} />
        ${client.id === "other" && reach === "all" && html`<p class="quiet small">${w.connect.cloud}</p>`}
        ${w.connect[reach] && html`<p class="quiet small">${w.connect[reach]}</p>`}
      </li>
      <li>
        <p>${guest ? w.connect.tellGuest : w.connect.tell}</p>
        <${Line} text=${guest ? w.connect.sentenceGuest : w.connect.sentence} what=${w.connect.theSentence} />
      </li>
      <li><p>${w.connect.watch}</p></li>
    </ol>`;
}

function Client({ client, quiet }) {
  const name = w.clients[client.id];
  return html`
    <div class="landing-client">
      ${client.steps.map((step, n) => html`
        ${step.link && html`
          <p><a class=${quiet ? "button" : "button primary"} href=${step.link}>${w.connect.install(name)}</a></p>
          <p class="quiet small">${w.connect.orByHand}</p>`}
        ${step.say && html`<p class="small">${w.say[step.say]}</p>`}
        <${Line} text=${step.line} what=${step.say === "a2a" ? w.connect.theBase : w.connect.theLine(name)}
          next=${!quiet && n === 0 && !step.link} />`)}
    </div>`;
}
