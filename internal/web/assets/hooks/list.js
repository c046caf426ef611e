// The addresses that are called beside the person's agent: its client, since it cannot wait, webhooks, browsers and
// messengers of the person, or the agent itself.

import { html, useEffect, useRef, useState } from "../vendor.js";
import { turnOff } from "../push/push.js";
import * as storage from "../storage.js";
import { Confirm } from "../ui/dialog.js";
import { fill } from "../ui/fill.js";
import { Ago, ClockOrDay, useNow } from "../ui/time.js";
import { hooks as w } from "./words.js";

/** A line for each hook. onFewer is called when one is gone, and the focus with it. */
export function Hooks({ room, state, onFewer }) {
  const { hooks = [] } = state.supervision;
  const [ending, setEnding] = useState(/** @type {any} */ (null)); // the hook that the person is asked about
  const now = useNow(state.clock);
  const before = useRef(0);
  useEffect(() => {
    if (ending) return; // its dialog has the focus
    if (hooks.length < before.current && document.activeElement === document.body) onFewer();
    before.current = hooks.length;
  }, [hooks.length, ending]);
  const end = async () => {
    if (ending.this_device) return turnOff(room);
    if (!ending.agent) return room.supervision.change({ end_hook: ending.id });
    await room.leave(); // the seat ends with the calls
    if (storage.seatIn(room.seat.room)) location.reload(); // the person has another one there
  };
  const who = (hook) => (hook.agent ? state.me : hook.host);
  return html`
    ${hooks.map((hook) => html`
      <${Hook} key=${hook.id} hook=${hook} who=${who(hook)} now=${now} onEnd=${() => setEnding(hook)} />`)}
    ${ending && html`
      <${Confirm} title=${endOf(ending).title(who(ending))} text=${endOf(ending).text} button=${endOf(ending).button}
        act=${end} onClose=${() => setEnding(null)} />`}`;
}

const Hook = ({ hook, who, now, onEnd }) => html`
  <div class="sidebar-hook">
    <p class=${"small " + (hook.failing_since || hook.ended ? "sidebar-fails" : "quiet")}>${stands(hook, now)}</p>
    <button type="button" class="button" aria-label=${endOf(hook).label(who)} onClick=${onEnd}>
      ${endOf(hook).short}
    </button>
  </div>`;

const formOf = (hook) =>
  hook.this_device ? "thisDevice" : ["agent", "webhook", "push", "messenger"].find((form) => hook[form]) ?? "client";
const endOf = (hook) => w.endOf[formOf(hook)];

/** Says what a hook is, and how it stands: when it was called last or, if calls fail or have ended, why. */
export function stands(hook, now) {
  const { host, for_me: forMe, since, last_call: last, failing_since: failing, error = "" } = hook;
  const form = formOf(hook);
  const at = (time, Shown) => ({ element: html`<${Shown} at=${time} now=${now} />` });
  const why = hook.agent ? { quote: error } : { word: reasonOf(error) }; // an agent may have said it
  if (hook.ended) return fill(w.ended[form], { host, why });
  if (failing) return fill(w.fails[form], { host, at: at(failing, ClockOrDay), why });
  const is = fill(w.stands[forMe ? "clientForMe" : form], { host });
  const when = last ? fill(w.last, { at: at(last, Ago) }) : fill(w.since, { at: at(since, ClockOrDay) });
  return [...is, ...when, ...(hook.agent && error ? fill(w.lost, { why }) : [])];
}

const reasonOf = (error) => w.why[error] ?? (error.startsWith("http_") ? w.why.status(error.slice(5)) : error);
