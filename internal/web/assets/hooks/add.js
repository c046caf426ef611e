// The dialogs that add a webhook, and an agent that waits to be called.

import { ui } from "../ui/words.js";
import { html, useState } from "../vendor.js";
import { Refusal } from "../mcp.js";
import { Problem, useAct } from "../sidebar/act.js";
import { capital } from "../talk/names.js";
import { Dialog } from "../ui/dialog.js";
import { fill } from "../ui/fill.js";
import { Shown } from "../ui/shown.js";
import { adding as w } from "./add-words.js";

/** Adds a webhook, of which nobody is shown the secret again, or a channel of a messenger, which has none. */
export function WebhookDialog({ room, onClose }) {
  const add = ({ address }) => room.supervision.change({ add_hook: address });
  const added = ({ secret }) => html`
    <p role="status">${secret ? w.webhook.added : w.webhook.told}</p>
    ${secret && html`<${Secret} text=${secret} />`}`;
  return html`<${Adding} words=${w.webhook} add=${add} added=${added} onClose=${onClose} />`;
}

/** Adds an agent by its card. Who opens its link, which opens once, watches it from then on. */
export function AgentDialog({ room, onClose }) {
  // What the server answers is not about the seat of this room.
  const add = ({ address, name }) =>
    room.call("supervise", { add_agent: address, ...(name && { agent_name: name }) });
  const added = ({ agent_name: name, watch, secret }) => html`
    <p role="status">${fill(w.agent.added, { name })} ${w.agent.linkText}</p>
    <${Shown} label=${w.agent.link} text=${watch} copy=${w.agent.copyLink} />
    <div class="sidebar-buttons"><a class="button primary" href=${watch}>${w.agent.watch(name)}</a></div>
    <p>${w.agent.secretText}</p>
    <${Secret} text=${secret} />`;
  return html`<${Adding} words=${w.agent} add=${add} added=${added} onClose=${onClose}>
    <label class="field"><span>${w.agent.name}</span>
      <input class="input" name="name" maxlength="40" autocomplete="off" />
      <small class="quiet">${w.agent.nameHint}</small></label>
  <//>`;
}

const Secret = ({ text }) => html`<${Shown} label=${w.secret} text=${text} copy=${w.copySecret} />`;

/** Asks for an address, calls add with what was filled in, and shows what added makes of its result. */
function Adding({ words, add, added, onClose, children }) {
  const [got, setGot] = useState(/** @type {any} */ (null));
  const { busy, problem, act } = useAct();
  const send = (event) => {
    event.preventDefault();
    const values = Object.fromEntries(new FormData(event.currentTarget));
    act(async () => setGot(await add(values).catch((problem) => {
      throw inWords(problem);
    })));
  };
  return html`
    <${Dialog} title=${words.title} onClose=${onClose}>
      ${got ? added(got) : html`
        <form class="sidebar-settings" onSubmit=${send}>
          <p>${words.text}</p>
          <label class="field"><span>${words.address ?? w.address}</span>
            <input class="input" name="address" type="url" required autofocus autocomplete="off"
              placeholder=${words.example} />
          </label>
          ${children}
          <${Problem} text=${problem} />
          <div class="dialog-buttons">
            <button type="button" class="button" onClick=${onClose}>${ui.cancel}</button>
            <button type="submit" class="button primary" aria-disabled=${busy}>${words.button}</button>
          </div>
        </form>`}
    <//>`;
}

/**
 * Returns a problem with an address or a name as a person is told of it. Only a person can add one, so what the server
 * says of them is for a person, but for the names of arguments.
 */
export function inWords(problem) {
  const { code, retryAfter, said } = problem;
  if (!(problem instanceof Refusal) || retryAfter) return problem;
  if (code === "rate_limited") return new Refusal(code, w.tooMany);
  if (!said || (code !== "invalid_argument" && code !== "not_allowed")) return problem;
  const sentences = said.replace(/^\w+: /, "").replace(" as agent_name", "").replaceAll("agent_name", "name")
    .replace(/ Nothing was changed(?:\.|: (.*))$/s, (_, next) => (next ? " " + capital(next) : ""));
  return new Refusal(code, capital(sentences));
}
