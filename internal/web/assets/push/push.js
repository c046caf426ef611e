// How this device is told what needs its person, also while no page is open: the browser subscribes, and the server
// calls its push service.

import * as storage from "../storage.js";
import { workerAddress } from "./worker-address.js";

/**
 * Returns why this device cannot be told: server (it calls no browsers), insecure (the page came over plain HTTP), home
 * (an iPhone tells an installed app alone), or none; "" if it can.
 */
export function hindrance(/** @type {{push_key?: string}} */ { push_key: key }) {
  if (!key) return "server";
  if (!isSecureContext) return "insecure";
  const { serviceWorker, standalone } = /** @type {any} */ (navigator);
  if (serviceWorker && "PushManager" in globalThis && "Notification" in globalThis) return "";
  return standalone === false ? "home" : "none";
}

/** Returns the hook that calls this device for a seat; undefined for none. */
export const pushOf = ({ hooks = [] }) => hooks.find((hook) => hook.this_device);

/** Returns how the browser has subscribed, with the key of the server. Another key is of a server that is gone. */
async function subscribe(key) {
  await navigator.serviceWorker.register(workerAddress);
  const { pushManager } = await navigator.serviceWorker.ready;
  const had = await pushManager.getSubscription();
  if (had && keyOf(had) === key) return had;
  await had?.unsubscribe();
  return pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
}

/** Returns the key with which a browser has subscribed, as the server writes it. */
function keyOf({ options }) {
  const bytes = new Uint8Array(options?.applicationServerKey ?? []);
  return btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

/** Has this device told of a room, and returns whether its person allows that. wishes is {words, drafts}. */
export async function turnOn(room, { words, drafts }) {
  if ((await Notification.requestPermission()) !== "granted") return false;
  await tell(room, { words, drafts }, await subscribe(room.state.supervision.push_key));
  return true;
}

/** Gives the server a subscription, and the worker the token with which it rejects a draft. */
async function tell(room, { words, drafts }, subscription) {
  const args = { add_push: JSON.stringify(subscription), push_words: words, push_drafts: drafts };
  await room.supervision.change(args);
  storage.note(room.seat.token, { push: subscription.endpoint });
  await keepToken(room.seat.room, room.seat.token);
}

/** Has this device told no more. The browser forgets its subscription when no seat of it is left. */
export async function turnOff(room) {
  const hook = pushOf(room.state.supervision);
  if (hook) await room.supervision.change({ end_hook: hook.id });
  storage.note(room.seat.token, { push: "" });
  await keepToken(room.seat.room, "");
  if (storage.seats().some(({ token }) => storage.notesOf(token).push)) return;
  const registration = await navigator.serviceWorker.getRegistration();
  await (await registration?.pushManager.getSubscription())?.unsubscribe();
}

/** Tells the server of a subscription that the browser has changed by itself. */
export async function renew(room) {
  const { supervision } = room.state;
  const hook = pushOf(supervision);
  if (!hook || hindrance(supervision) || Notification.permission !== "granted") return;
  const subscription = await subscribe(supervision.push_key);
  if (subscription.endpoint === storage.notesOf(room.seat.token).push) return;
  await tell(room, { words: !!hook.push_words, drafts: !!hook.push_drafts }, subscription);
}

/** Closes what is shown of a room and is over. ids are those of what needs the person there. */
export async function closeOver(room, ids) {
  const registration = await navigator.serviceWorker?.getRegistration();
  for (const shown of (await registration?.getNotifications()) ?? [])
    if (shown.data?.room === room && !ids.includes(shown.data.id)) shown.close();
}

/** Keeps the token of a room where the worker finds it; "" keeps none. What is of seats that are gone goes, too. */
export const keepToken = (room, token) => new Promise((/** @type {(_?: any) => void} */ done) => {
  const opening = indexedDB.open("parley", 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore("tokens");
  opening.onerror = () => done(); // the worker then opens the page
  opening.onsuccess = () => {
    const all = opening.result.transaction("tokens", "readwrite").objectStore("tokens");
    if (token) all.put(token, room);
    else all.delete(room);
    const seats = storage.seats().map((seat) => seat.token);
    all.openCursor().onsuccess = ({ target }) => {
      const cursor = /** @type {any} */ (target).result;
      if (!cursor) return;
      if (!seats.includes(cursor.value)) cursor.delete();
      cursor.continue();
    };
    all.transaction.oncomplete = () => (opening.result.close(), done());
  };
});
