// What a person sets once for all rooms of this browser, at the head of /.

import { Decision } from "../ui/decision.js";
import { Icon } from "../ui/icon.js";
import { html, useEffect, useMemo, useState } from "../vendor.js";
import { AllAgents } from "./all-agents.js";
import { forAll as w } from "./for-all-words.js";
import { MyName } from "./my-name.js";

/** others are OtherRooms. */
export function ForAll({ others }) {
  const changed = useOthers(others);
  return html`
    <section class="for-all" aria-label=${w.title}>
      <${MyName} others=${others} changed=${changed} />
      <${PauseAll} others=${others} changed=${changed} />
    </section>`;
}

/** Draws anew what shows other rooms, after each change of one. Returns what does so besides. */
function useOthers(others) {
  const [, setChanges] = useState(0);
  const changed = () => setChanges((n) => n + 1);
  const known = others.all.map(({ seat, state }) => seat.token + state.phase).join();
  useEffect(() => {
    const ends = others.all.map((room) => room.subscribe(changed));
    return () => ends.forEach((end) => end());
  }, [known]);
  return changed;
}

/** Pauses all agents of this browser, and resumes those. A person without an agent has none. */
function PauseAll({ others, changed }) {
  const agents = useMemo(() => new AllAgents(others, changed), [others]);
  useEffect(() => agents.goOn());
  const { all, paused, waits, ours, stay, failed } = agents.state;
  if (!all) return null;
  const how = paused + waits ? w.paused(paused, all, waits) : w.agents(all);
  return html`
    <p class="for-all-line">
      ${paused + waits < all && html`
        <${Decision} class="button" onClick=${() => agents.pause()}><${Icon} name="pause" /> ${w.pause}<//>`}
      ${ours > 0 && html`
        <${Decision} class="button primary" onClick=${() => agents.resume()}>
          <${Icon} name="play" /> ${w.resume(ours)}
        <//>`}
      <span class="small quiet" role="status">${how}${stay > 0 && w.stay(stay)}${failed > 0 && w.failed(failed)}</span>
    </p>`;
}
