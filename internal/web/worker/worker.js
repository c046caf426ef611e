// The service worker of the page: it shows what needs the person, and opens it. It answers no request of a page, so a
// page is never an old one. The server has made the words.

import { keep, kept, keyOf } from "../assets/push/kept.js";

const worker = /** @type {any} */ (self);
const { registration } = worker;
let turn = Promise.resolve(); // of the call that came last: a browser forgets what is asked for before it is displayed

worker.addEventListener("install", () => worker.skipWaiting());
worker.addEventListener("activate", (event) => event.waitUntil(worker.clients.claim()));
worker.addEventListener("push", (event) => event.waitUntil((turn = turn.catch(() => {}).then(() => show(event.data)))));
worker.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(act(event.action, event.notification));
});

/** What is shown of a text that cannot be read: a push without a notification costs the subscription. */
const unread = { title: "Parley", body: "Something needs you." };

/**
 * Shows what is new of what a call tells, and closes what is over. A device that was off misses calls: so what it does
 * not know yet is shown, too. However much that is, one notification is heard.
 */
async function show(data) {
  try {
    const { title, body, at, needs } = read(data);
    const open = new Set(needs.map(({ id }) => tagOf(at, id)));
    for (const shown of await registration.getNotifications())
      if (shown.data && keyOf(shown.data) === keyOf(at) && !open.has(shown.tag)) shown.close();
    const { [keyOf(at)]: known = [] } = await kept("needs").catch(() => ({}));
    const fresh = needs.filter(({ id, rings }) => rings || (id && !known.includes(id)));
    const heard = fresh.findLast(({ rings }) => rings);
    for (const need of fresh) await notify(title, at, need, need !== heard);
    if (!fresh.length) await notify(title, at, { body });
    await count(at, () => needs.map(({ id }) => id).filter(Boolean)).catch(() => {});
  } catch {
    await notify(unread.title, nowhere, unread);
  }
}

/** Returns what a call tells, and at which seat. */
function read(data) {
  const told = data?.json() ?? {};
  const { title, body } = { ...unread, ...told.notification };
  const { room = "", seat = "", needs = [] } = told.parley ?? {};
  return { title, body, at: { room, seat }, needs };
}

const nowhere = { room: "", seat: "" };

/** Shows one thing that needs the person at a seat, in place of what was shown of it. */
const notify = (title, at, { id = "", kind = "", body }, silent = false) => registration.showNotification(title, {
  body,
  tag: tagOf(at, id),
  silent,
  renotify: !silent,
  navigate: addressOf(at, id), // a browser that knows this opens it without the worker
  data: { ...at, id },
  actions: kind === "draft" ? [{ action: "refuse", title: "Reject" }, { action: "open", title: "Look" }] : [],
});

const tagOf = (at, id = "") => keyOf(at) + "." + id;

/** Returns the address of the page, which takes what stands behind the # for a place in the room and for the seat. */
const addressOf = ({ room, seat }, id) =>
  new URL(room ? "r/" + room + "#" + id + "." + seat : "", registration.scope).href;

/** Keeps the ids of what needs the person at a seat, by those before, and shows on the icon how many all seats have. */
async function count(at, how) {
  if (at.room) await keep("needs", { [keyOf(at)]: how((await kept("needs"))[keyOf(at)] ?? []) });
  await worker.navigator.setAppBadge?.(Object.values(await kept("needs")).flat().length);
}

/** Rejects a draft, or opens what a notification is about. What brought no answer may be rejected. */
async function act(action, { title, body, data }) {
  const { id = "", ...at } = data ?? nowhere;
  const says = (words, silent = false) => notify(title, at, { id, body: words }, silent);
  if (action !== "refuse") return open(at, id).catch(() => says(body, true)); // the press has closed it
  try {
    if (await refused(at, id)) return count(at, (ids) => ids.filter((one) => one !== id)).catch(() => {});
  } catch {
    return says("Could not tell whether it was rejected. Press here to look.");
  }
  // Where the press was too long ago for a window, a notification says what has happened.
  return open(at, id).catch(() => says("Not rejected. Press here to decide."));
}

/** Opens what needs the person, in the page of the room if there is one that the browser shows. */
async function open({ room, seat }, id) {
  const at = addressOf({ room, seat }, id);
  const pages = await worker.clients.matchAll({ type: "window", includeUncontrolled: true });
  const page = pages.find(({ url }) => new URL(url).pathname === new URL(at).pathname);
  if (!page) return worker.clients.openWindow(at);
  return page.focus().then(() => page.navigate(at)).catch(() => worker.clients.openWindow(at));
}

/** Rejects a draft, and reports whether that is done. A browser soon forgets that the person has pressed something. */
async function refused(at, draft) {
  const { [keyOf(at)]: token } = await kept("tokens").catch(() => ({}));
  if (!token) return false;
  const answer = await fetch(new URL("mcp", registration.scope), {
    method: "POST",
    credentials: "omit",
    signal: AbortSignal.timeout(4_000),
    headers: {
      "Content-Type": "application/json", Accept: "application/json, text/event-stream",
      Authorization: "Bearer " + token,
    },
    body: JSON.stringify({
      jsonrpc: "2.0", id: 1, method: "tools/call",
      params: { name: "supervise", arguments: { agent_token: token, draft, decision: "refuse" } },
    }),
  });
  if (answer.status >= 500) throw new Error("of a proxy that has no answer");
  return answer.ok && !/"isError":\s*true|"error":\s*\{/.test(await answer.text());
}
