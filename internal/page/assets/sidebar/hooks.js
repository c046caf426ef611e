// The addresses that are called when the person's agent has something to read, since it cannot wait.

import { html, useEffect, useRef, useState } from "../vendor.js";
import { Confirm } from "../ui/dialog.js";
import { fill } from "../ui/fill.js";
import { Ago, clockOf, exactly, useNow } from "../ui/time.js";
import { words } from "../words.js";

const w = words.sidebar.hook;

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
  return html`
    ${hooks.map((hook) => html`<${Hook} key=${hook.id} hook=${hook} now=${now} onEnd=${() => setEnding(hook)} />`)}
    ${ending && html`
      <${Confirm} title=${w.endTitle(ending.host)} text=${w.endText} button=${w.endButton}
        act=${() => room.supervise({ end_hook: ending.id })} onClose=${() => setEnding(null)} />`}`;
}

const Hook = ({ hook, now, onEnd }) => html`
  <div class="sidebar-hook">
    <p class=${"small " + (hook.failing_since ? "sidebar-fails" : "quiet")}>${stands(hook, now)}</p>
    <button type="button" class="button" aria-label=${w.endFor(hook.host)} onClick=${onEnd}>${w.end}</button>
  </div>`;

/** Says how a hook stands: when it was called last or, if calls fail, since when and why. */
export function stands({ host, for_me: forMe, since, last_call: last, failing_since: failing, error = "" }, now) {
  const at = (time, Shown) => ({ element: html`<${Shown} at=${time} now=${now} />` });
  if (failing) return fill(w.fails, { host, at: at(failing, Since), why: { word: reasonOf(error) } });
  const when = last ? fill(w.last, { at: at(last, Ago) }) : fill(w.since, { at: at(since, Since) });
  return [...fill(w.called[forMe ? "forMe" : "all"], { host }), ...when];
}

const reasonOf = (error) => w.why[error] ?? (error.startsWith("http_") ? w.why.status(error.slice(5)) : error);

/** When something began: today at a time, or on a day. */
function Since({ at, now }) {
  const ms = Date.parse(at);
  const today = new Date(ms).toDateString() === new Date(now).toDateString();
  return html`
    <time datetime=${at} title=${exactly(ms)}>${today ? clockOf(ms) : new Date(ms).toLocaleDateString()}</time>`;
}
