// How notifications are turned on, and what is said where they cannot work: in their dialog, and where
// a person turns approval on.

import { html, useState } from "../vendor.js";
import { hindrance, pushOf, turnOff, turnOn } from "../push/push.js";
import { useAct } from "../sidebar/act.js";
import { useRoom } from "../use-room.js";
import { hindrance as noNotices, wish, wishes } from "./notices.js";
import { compose as w } from "./words.js";


/**
 * Returns what the person wants, {on, preview}, why that cannot be, in words, and what changes it: set(parts),
 * and turn(on), which asks the browser.
 */
export function useWishes(room) {
  const [wanted, setWanted] = useState(wishes(room));
  const [why] = useState(noNotices);
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

/**
 * Returns whether this device is told by its push service, what of, and what changes that: turn(on, {words, drafts}),
 * which asks the browser. denied is whether the person has said no to it.
 */
export function usePush(room) {
  const hook = pushOf(useRoom(room).supervision);
  const { busy, problem, act } = useAct();
  const [denied, setDenied] = useState(globalThis.Notification?.permission === "denied");
  const turn = (on, wishes) =>
    act(async () => (on ? setDenied(!(await turnOn(room, wishes))) : turnOff(room)));
  return { on: !!hook, words: !!hook?.push_words, drafts: !!hook?.push_drafts, busy, denied, problem, turn };
}

/** Offers notifications to a person whose approval its agent waits for, or says why there can be none. */
export function NoticesOffer({ room }) {
  const pushes = !hindrance(useRoom(room).supervision);
  return pushes ? html`<${PushOffer} room=${room} />` : html`<${WishOffer} room=${room} />`;
}

function WishOffer({ room }) {
  const { on, why, turn } = useWishes(room);
  return html`<${Offer} on=${on} why=${why} accepted=${w.noticesAccepted} onAccept=${() => turn(true)} />`;
}

function PushOffer({ room }) {
  const { on, denied, busy, problem, turn } = usePush(room);
  const accept = () => turn(true, { words: false, drafts: false });
  return html`
    <${Offer} on=${on} why=${denied ? w.noticesDenied : problem} accepted=${w.pushAccepted} busy=${busy}
      onAccept=${accept} />`;
}

function Offer({ on, why, accepted, busy = false, onAccept }) {
  const [before] = useState(on);
  if (before && on) return null;
  return html`
    <div class="notices-offer small" role="status">
      <p class="quiet">${on ? accepted : why || w.noticesOffer}</p>
      ${!on && !why && html`
        <button type="button" class="button" disabled=${busy} onClick=${onAccept}>${w.noticesAccept}</button>`}
    </div>`;
}
