// How this device is told what needs its person, also while no page is open: the browser subscribes, and the server
// calls its push service. Beside a seat, this browser keeps push: {endpoint, words, drafts}, what the server was told.

import { Refusal, call } from "../mcp.js";
import { root } from "../site.js";
import * as storage from "../storage.js";
import { seatNumberOf } from "../token.js";
import { keep, kept, keyOf } from "./kept.js";
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
  if (workerAddress && serviceWorker && "PushManager" in globalThis && "Notification" in globalThis) return "";
  return standalone === false ? "home" : "none";
}

/** Returns under which key something is kept of a seat for the worker. */
export const keyOfSeat = ({ room, token }) => keyOf({ room, seat: seatNumberOf(token) });

/** Returns the hook of this device for a seat, which calls it unless it has ended; undefined for none. */
export const pushOf = ({ hooks = [] }) => hooks.find((hook) => hook.this_device);

/** Returns the registration of the worker; undefined for none. Another program of the same origin may have its own. */
async function registered() {
  const found = await navigator.serviceWorker?.getRegistration(root.href);
  return found?.scope === root.href ? found : undefined;
}

/** Returns how the browser has subscribed; undefined or null if it has not. */
const subscribed = async () => (await registered())?.pushManager.getSubscription();

/**
 * Subscribes the browser with the key of the server. Another key is of a server that is gone, and what its push service
 * has refused, as ended says, is not given once more.
 */
async function subscribe(key, ended) {
  await navigator.serviceWorker.register(workerAddress);
  const { pushManager } = await navigator.serviceWorker.ready;
  const had = await pushManager.getSubscription();
  if (had && serverKeyOf(had) === key && !ended) return had;
  await had?.unsubscribe();
  return pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
}

/** Returns the key with which a browser has subscribed, as the server writes it. */
function serverKeyOf(/** @type {any} */ subscription) {
  const bytes = new Uint8Array(subscription.options?.applicationServerKey ?? []);
  return btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

/** Subscribes. A browser that cannot reach its push service fails, or never answers. */
async function reach({ state, clock }) {
  const subscribing = subscribe(state.supervision.push_key, pushOf(state.supervision)?.ended);
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

/** Has the person allow notifications. */
async function allow() {
  const allowed = await Notification.requestPermission();
  if (allowed !== "granted") throw new Error(allowed === "denied" ? w.denied : w.dismissed);
}

/** Has this device told of a room, if the browser and its person allow that. wishes is {words, drafts}. */
export async function turnOn(room, wishes) {
  await allow();
  await tell(room, wishes);
  settleWish(room);
}

/** Has the person allow notifications in all rooms, and the browser subscribe if it can. room is one of the rooms. */
export async function prepare(room) {
  await allow();
  if (!hindrance(room.state.supervision)) await reach(room);
}

/** Does in a room what the person wants in all of them, {on, words}. It says nothing of drafts. */
export async function obey(room, { on, words }) {
  const { supervision } = room.state;
  if (!on) return off(room);
  if (hindrance(supervision)) return undefined;
  return tell(room, { words, drafts: !!pushOf(supervision)?.push_drafts });
}

/** Notes that the person has set this in a room since it was set for all. */
const settleWish = ({ seat }) => storage.note(seat.token, { wished: storage.notices()?.at });

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
  await keep("tokens", { [keyOfSeat(room.seat)]: token }).catch(() => {}); // without it, Reject opens the page
}

/** Returns a refusal of the server in the words that a person needs here. */
function inWords(problem) {
  const said = problem instanceof Refusal && !problem.retryAfter && w.refused[problem.code];
  return said ? new Refusal(problem.code, said) : problem;
}

/** Has this device told no more of a room. */
export async function turnOff(room) {
  await off(room);
  settleWish(room);
}

async function off(room) {
  const hook = pushOf(room.state.supervision);
  if (hook) await room.supervision.change({ end_hook: hook.id });
  await drop(room);
}

/** Has this device told no more of a room that it gives up, also where the server cannot be told of that. */
export const giveUp = (room) => turnOff(room).catch(() => drop(room)).catch(() => {});

/** Takes back what this browser keeps so that it is told of a room. */
export async function drop({ seat }) {
  if (storage.notesOf(seat.token).push) storage.note(seat.token, { push: undefined });
  await tidy();
}

/**
 * Takes back what no seat of this browser needs any more: tokens that the worker has, what is shown of seats that were
 * given up, and the subscription.
 */
export async function tidy() {
  const registration = await registered();
  if (!registration) return;
  const [all, told] = [storage.seats(), storage.seats().filter(({ token }) => storage.notesOf(token).push)];
  const has = (seats, key) => seats.some((seat) => keyOfSeat(seat) === key);
  for (const shown of await registration.getNotifications())
    if (shown.data?.room && !has(told, keyOf(shown.data))) shown.close();
  if (!told.length) await (await registration.pushManager.getSubscription())?.unsubscribe();
  for (const [name, seats] of /** @type {const} */ ([["tokens", told], ["needs", all]])) {
    const gone = Object.keys(await kept(name)).filter((key) => !has(seats, key));
    await keep(name, Object.fromEntries(gone.map((key) => [key, null])));
  }
}

/**
 * Tells the server again of a device that it no longer calls, or whose subscription the browser has changed by itself.
 * stopped says that the calls have ended while the page is open: with the same subscription, the person has ended them.
 */
export async function renew(room, stopped = false) {
  const { supervision } = room.state;
  const hook = pushOf(supervision);
  const { push: told } = storage.notesOf(room.seat.token);
  if (!hook && !told || hindrance(supervision)) return undefined;
  if (Notification.permission !== "granted") {
    storage.note(room.seat.token, { wished: undefined }); // once it is allowed again, the wish for all rooms counts
    return off(room);
  }
  const has = await subscribed();
  const same = !!told && has?.endpoint === told.endpoint && serverKeyOf(has) === supervision.push_key;
  if (same && hook) return undefined;
  if (same && stopped) return drop(room);
  return tell(room, hook ? { words: !!hook.push_words, drafts: !!hook.push_drafts } : told);
}

/** Tells the server of a new subscription for the seats that are not open, too. The next page tries again. */
export async function renewOthers() {
  const has = await subscribed();
  if (!has) return;
  for (const { token } of storage.seats()) {
    const { push: told } = storage.notesOf(token);
    if (!told || told.endpoint === has.endpoint) continue;
    const { words: push_words, drafts: push_drafts } = told;
    const args = { agent_token: token, add_push: JSON.stringify(has), push_words, push_drafts };
    const note = () => storage.note(token, { push: { ...told, endpoint: has.endpoint } });
    await call("supervise", args, { bearer: token }).then(note, () => {});
  }
}

const looked = new Map(); // by key of a seat, the ids of what needed the person when this page has looked last

/**
 * Closes what is shown and is over, and keeps for the worker what needs the person. seats has, for each seat that this
 * page has looked at, its key and the ids of what needs the person there. A later push may know more than a page in
 * the background: so only what the page has seen going is closed, and at its first look what is not there.
 * @param {[string, string[]][]} seats
 */
export async function settle(seats) {
  const changed = new Map();
  for (const [key, ids] of seats) {
    const before = looked.get(key);
    if (before?.join() === ids.join()) continue;
    changed.set(key, { ids, isOver: (id) => !ids.includes(id) && (!before || before.includes(id)) });
    looked.set(key, ids);
  }
  const registration = changed.size && (await registered());
  if (!registration) return;
  for (const shown of await registration.getNotifications())
    if (shown.data && changed.get(keyOf(shown.data))?.isOver(shown.data.id)) shown.close();
  await keep("needs", Object.fromEntries([...changed].map(([key, { ids }]) => [key, ids])));
}
