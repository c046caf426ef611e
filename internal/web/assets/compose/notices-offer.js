// How notifications are turned on, and what is said where they cannot work: in their dialog, and where a person turns
// approval on or a draft waits.

import * as store from "../local-storage.js";
import * as storage from "../storage.js";
import { hindrance, pushOf, turnOff, turnOn } from "../push/push.js";
import { push } from "../push/words.js";
import { useAct } from "../sidebar/act.js";
import { useRoom } from "../use-room.js";
import { html, useEffect, useRef, useState } from "../vendor.js";
import { useBlocked } from "./blocked.js";
import { dialogs as w } from "./dialog-words.js";
import { hindrance as noNotices, wish, wishes } from "./notices.js";

/**
 * Returns what the person wants, {on, preview}, why that cannot be, in words, whether it can once the browser allows
 * it and whether that blocks them, and what changes it: set(parts), and turn(on), which asks the browser. One sentence
 * says why nothing can be.
 */
export function useWishes(room) {
  const [wanted, setWanted] = useState(wishes(room));
  const [why] = useState(noNotices);
  const denied = useBlocked() && !why;
  const set = (parts) => {
    const now = { ...wanted, ...parts };
    wish(room, now);
    setWanted(now);
  };
  const turn = async (on) => {
    set({ on: on && (await Notification.requestPermission()) === "granted" });
  };
  const noPush = hindrance(room.state.supervision);
  const never = (noPush !== "server" && push.none[noPush]) || w.noNotices[why];
  const because = why ? never : denied ? push.denied : "";
  return { ...wanted, on: wanted.on && !denied, can: !why, denied, why: because, set, turn };
}

/**
 * Returns whether this device is told by its push service, what of, and what changes that: turn(on, {words, drafts}),
 * which asks the browser. hook is how the calls stand, if there are any. A press while it is busy does nothing: a
 * button that is disabled would lose the focus.
 */
export function usePush(room) {
  const hook = pushOf(useRoom(room).supervision);
  const { busy, problem, act } = useAct();
  const turn = (on, wishes) => !busy && act(() => (on ? turnOn(room, wishes) : turnOff(room)));
  const { push_words: words, push_drafts: drafts, ended } = hook ?? {};
  return { hook, on: !!hook && !ended, words: !!words, drafts: !!drafts, busy, problem, turn };
}

const atDrafts = (why) => !why || why === "home";

/**
 * Offers notifications to a person whose approval its agent waits for, or says why there can be none. Where the device
 * can be told, a draft that waits has the offer: see DraftOffer. onDone takes the focus when a button is gone.
 */
export function NoticesOffer({ room, onDone }) {
  const { supervision } = useRoom(room);
  const why = hindrance(supervision);
  if (atDrafts(why) && supervision.drafts.length) return null;
  return html`<${why ? WishOffer : PushOffer} room=${room} onDone=${onDone} />`;
}

/** Offers notifications beside the drafts that wait. */
export function DraftOffer({ room, onDone }) {
  const why = hindrance(useRoom(room).supervision);
  return atDrafts(why) && html`<${PushOffer} room=${room} home=${!!why} above onDone=${onDone} />`;
}

const declined = "parley.untold"; // on this device, whatever the room

/**
 * Returns whether a notice is shown, whether it asks something, and what puts it away on this device. onDone takes the
 * focus when what was asked is gone.
 */
function useNotice(on, onDone) {
  const [before] = useState(on);
  const [no, setNo] = useState(!!(store.get(declined) || storage.notices()));
  const asks = !on && !no;
  const asked = useRef(asks);
  useEffect(() => {
    if (asked.current && !asks && document.activeElement === document.body) onDone?.();
    asked.current = asks;
  }, [asks]);
  const decline = () => (store.put(declined, true), setNo(true));
  return { shown: !no && !(before && on), asks, decline };
}

function WishOffer({ room, onDone }) {
  const { on, why, turn } = useWishes(room);
  const { shown, asks, decline } = useNotice(on, onDone);
  if (!shown) return null;
  return html`
    <div class="notices-offer small" role="status">
      <p class="quiet">${on ? w.noticesAccepted : why || w.noticesOffer}</p>
      ${asks && html`
        <div class="notices-offer-buttons">
          ${!why && html`<button type="button" class="button" onClick=${() => turn(true)}>${w.noticesAccept}</button>`}
          <button type="button" class=${why ? "button" : "button plain"} onClick=${decline}>
            ${why ? push.understood : push.decline}
          </button>
        </div>`}
    </div>`;
}

/**
 * An offer that comes no more once it was declined. home is whether the device has to install the page first, and above
 * whether it stands above the composer.
 */
function PushOffer({ room, home = false, above = false, onDone }) {
  const { on, busy, problem, turn } = usePush(room);
  const { shown, asks, decline } = useNotice(on, onDone);
  if (!shown) return null;
  return html`
    <div class=${"notices-offer small" + (above ? " above" : "")} role="status" aria-busy=${busy}>
      <p class="quiet">${on ? push.accepted : problem || (busy ? push.asking : home ? push.none.home : push.offer)}</p>
      ${asks && html`
        <div class="notices-offer-buttons">
          ${!home && html`
            <button type="button" class="button" onClick=${() => turn(true, { words: false, drafts: false })}>
              ${push.accept}
            </button>`}
          <button type="button" class="button plain" onClick=${() => busy || decline()}>
            ${home ? push.understood : push.decline}
          </button>
        </div>`}
    </div>`;
}
