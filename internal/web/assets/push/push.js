// How this device is told what needs its person, also while no page is open: the browser subscribes, and the server
// calls its push service. Beside a seat, this browser keeps push: {endpoint, words, drafts}, what the server was told.

import { Refusal } from "../mcp.js";
import { root } from "../site.js";
import * as storage from "../storage.js";
import { keep, kept } from "./kept.js";
import { push as w } from "./words.js";
import { workerAddress } from "./worker-address.js";

const patience = 20_000; // ms for the push service of the browser

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

/** Returns the registration of the worker; undefined for none. Another program of the same origin may have its own. */
async function registered() {
  const found = await navigator.serviceWorker?.getRegistration(root.href);
  return found?.scope === root.href ? found : undefined;
}

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
function keyOf(/** @type {any} */ subscription) {
  const bytes = new Uint8Array(subscription.options?.applicationServerKey ?? []);
  return btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

/** Subscribes. A browser that cannot reach its push service fails, or never answers. */
async function reach({ state, clock }) {
  const subscribing = subscribe(state.supervision.push_key);
  const tooLong = new AbortController();
  try {
    return await Promise.race([subscribing, clock.pause(patience, tooLong.signal).then(() => Promise.reject())]);
  } catch {
    subscribing.then(tidy).catch(() => {}); // it may still come
    throw new Error(w.noService);
  } finally {
    tooLong.abort();
  }
}

/** Has this device told of a room, if the browser and its person allow that. wishes is {words, drafts}. */
export async function turnOn(room, wishes) {
  const allowed = await Notification.requestPermission();
  if (allowed !== "granted") throw new Error(allowed === "denied" ? w.denied : w.dismissed);
  await tell(room, wishes);
}

/** Gives the server a subscription, and the worker the token with which it rejects a draft. Else nothing is left. */
async function tell(room, { words, drafts }) {
  const { token } = room.seat;
  const { push: before } = storage.notesOf(token);
  try {
    const subscription = await reach(room);
    storage.note(token, { push: { endpoint: subscription.endpoint, words, drafts } });
    const args = { add_push: JSON.stringify(subscription), push_words: words, push_drafts: drafts };
    await room.supervision.change(args);
  } catch (problem) {
    storage.note(token, { push: before });
    await tidy().catch(() => {});
    throw inWords(problem);
  }
  await keep("tokens", { [room.seat.room]: token }).catch(() => {}); // without it, Reject opens the page
}

/** Returns a refusal of the server in the words that a person needs here. */
function inWords(problem) {
  const said = problem instanceof Refusal && !problem.retryAfter && w.refused[problem.code];
  return said ? new Refusal(problem.code, said) : problem;
}

/** Has this device told no more of a room. */
export async function turnOff(room) {
  const hook = pushOf(room.state.supervision);
  if (hook) await room.supervision.change({ end_hook: hook.id });
  await drop(room);
}

/** Takes back what this browser keeps so that it is told of a room. */
export async function drop({ seat }) {
  if (storage.notesOf(seat.token).push) storage.note(seat.token, { push: undefined });
  await tidy();
}

/**
 * Takes back what no seat of this browser needs any more: tokens that the worker has, what is shown of rooms that were
 * left, and the subscription.
 */
export async function tidy() {
  const registration = await registered();
  if (!registration) return;
  const told = storage.seats().filter(({ token }) => storage.notesOf(token).push);
  const gone = (rooms, of) => Object.fromEntries(rooms.filter(([room, token]) =>
    !of.some((seat) => seat.room === room && (!token || seat.token === token))).map(([room]) => [room, null]));
  for (const shown of await registration.getNotifications())
    if (shown.data?.room && !told.some(({ room }) => room === shown.data.room)) shown.close();
  if (!told.length) await (await registration.pushManager.getSubscription())?.unsubscribe();
  await keep("tokens", gone(Object.entries(await kept("tokens")), told));
  await keep("needs", gone(Object.keys(await kept("needs")).map((room) => [room]), storage.seats()));
}

/**
 * Tells the server of a subscription that the browser has changed by itself, also where that has ended the calls.
 * Calls that ended although the browser has the same subscription were ended by the person, elsewhere.
 */
export async function renew(room) {
  const { supervision } = room.state;
  const hook = pushOf(supervision);
  const { push: told } = storage.notesOf(room.seat.token);
  if (!hook && !told || hindrance(supervision)) return undefined;
  if (Notification.permission !== "granted") return turnOff(room);
  const has = await (await registered())?.pushManager.getSubscription();
  const same = !!told && has?.endpoint === told.endpoint && keyOf(has) === supervision.push_key;
  if (same) return hook ? undefined : drop(room);
  return tell(room, hook ? { words: !!hook.push_words, drafts: !!hook.push_drafts } : told);
}

const looked = new Map(); // by room, the ids of what needed the person when this page has looked last

/**
 * Closes what is shown and is over, and keeps for the worker what needs the person. rooms has, for each room that
 * this page has looked at, its id and the ids of what needs the person there. A later push may know more than a page in
 * the background: so only what the page has seen going is closed, and at its first look what is not there.
 * @param {[string, string[]][]} rooms
 */
export async function settle(rooms) {
  const needs = new Map();
  for (const [room, ids] of rooms) needs.set(room, [...(needs.get(room) ?? []), ...ids]);
  const changed = new Map();
  for (const [room, ids] of needs) {
    const before = looked.get(room);
    if (before?.join() === ids.join()) continue;
    changed.set(room, { ids, isOver: (id) => !ids.includes(id) && (!before || before.includes(id)) });
    looked.set(room, ids);
  }
  const registration = changed.size && (await registered());
  if (!registration) return;
  for (const shown of await registration.getNotifications())
    if (changed.get(shown.data?.room)?.isOver(shown.data.id)) shown.close();
  await keep("needs", Object.fromEntries([...changed].map(([room, { ids }]) => [room, ids])));
}
