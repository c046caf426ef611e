// How notifications are turned on, and what is said where they cannot work: in their dialog, and where
// a person turns approval on.

import { html, useState } from "../vendor.js";
import { hindrance, wish, wishes } from "./notices.js";
import { compose as w } from "./words.js";


/**
 * Returns what the person wants, {on, preview}, why that cannot be, in words, and what changes it: set(parts),
 * and turn(on), which asks the browser.
 */
export function useWishes(room) {
  const [wanted, setWanted] = useState(wishes(room));
  const [why] = useState(hindrance);
  const [denied, setDenied] = useState(!why && Notification.permission === "denied");
  const set = (parts) => {
    const now = { ...wanted, ...parts };
    wish(room, now);
    setWanted(now);
  };
  const turn = async (on) => {
    const granted = !on || (await Notification.requestPermission()) === "granted";
    setDenied(!granted);
    set({ on: on && granted });
  };
  const because = why ? w.noNotices[why] : denied ? w.noticesDenied : "";
  return { ...wanted, on: wanted.on && !denied, why: because, set, turn };
}

/** Offers notifications to a person whose approval its agent waits for, or says why there can be none. */
export function NoticesOffer({ room }) {
  const { on, why, turn } = useWishes(room);
  const [before] = useState(on);
  if (before && on) return null;
  return html`
    <div class="notices-offer small" role="status">
      <p class="quiet">${on ? w.noticesAccepted : why || w.noticesOffer}</p>
      ${!on && !why && html`
        <button type="button" class="button" onClick=${() => turn(true)}>${w.noticesAccept}</button>`}
    </div>`;
}
