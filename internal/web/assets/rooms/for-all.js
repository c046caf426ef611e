// What a person sets once for all rooms of this browser, at the head of /.

import { Decision } from "../ui/decision.js";
import { Icon } from "../ui/icon.js";
import { html, useLayoutEffect, useRef, useState } from "../vendor.js";
import { AllNotices } from "./all-notices.js";
import { forAll as w } from "./for-all-words.js";
import { MyName } from "./my-name.js";
import { Refused } from "./refused.js";

export function ForAll({ errands }) {
  return html`
    <section class="for-all" aria-label=${w.title}>
      <div class="for-all-line small"><${MyName} errands=${errands} /><${AllNotices} errands=${errands} /></div>
      <${PauseAll} errands=${errands} />
    </section>`;
}

/** The buttons that pause all agents of this browser, and resume them. A person without an agent sees none. */
function PauseAll({ errands }) {
  const [missed, setMissed] = useState(0); // agents that the last press could not reach
  const line = useRef();
  const pressed = useRef(/** @type {Element | null} */ (null));
  useLayoutEffect(() => { // the focus was on the button, which is gone
    if (!pressed.current || pressed.current.isConnected) return;
    pressed.current = null;
    if (document.activeElement === document.body) line.current?.focus({ preventScroll: true });
  });
  const { agents } = errands;
  const count = (is) => agents.filter((one) => one[is]).length;
  const [all, paused, waits, held] = [agents.length, count("paused"), count("waits"), count("held")];
  if (!all) return null;
  const failed = Math.min(missed, held); // some may have been resumed since
  const press = async ({ currentTarget }, work) => {
    pressed.current = currentTarget;
    setMissed(0);
    setMissed((await work()) ?? 0);
  };
  return html`
    <p class="for-all-line" ref=${line} tabindex="-1">
      ${paused + waits < all && html`
        <${Decision} class="button" onClick=${(event) => press(event, () => errands.pause())}>
          <${Icon} name="pause" /> ${w.pause(all)}
        <//>`}
      ${held + waits > 0 && html`
        <${Decision} class="button primary" onClick=${(event) => press(event, () => errands.resume())}>
          <${Icon} name="play" /> ${w.resume(held + waits)}
        <//>`}
      <span class="small quiet" role="status" aria-busy=${errands.busy > 0}>
        ${paused + waits ? w.paused(paused, all, waits) : w.agents(all)}
        ${paused > held && w.elsewhere(paused - held)}${failed > 0 && w.failed(failed)}
      </span>
      <${Refused} errands=${errands} what="pause" />
      <${Refused} errands=${errands} what="resume" />
    </p>`;
}
