// The service worker of the page: it shows what needs the person, and opens it. It answers no request of a page, so a
// page is never an old one, and it keeps nothing. The server has made the words.

const worker = /** @type {any} */ (self);
const { registration } = worker;

worker.addEventListener("install", () => worker.skipWaiting());
worker.addEventListener("activate", (event) => event.waitUntil(worker.clients.claim()));
worker.addEventListener("push", (event) => event.waitUntil(show(event.data)));
worker.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(act(event.action, event.notification.data ?? {}));
});

/** What is shown of a text that cannot be read: a push without a notification costs the subscription. */
const unread = { title: "Parley", body: "Something needs you." };

/** Shows what is new of what a call tells, and closes what is over. */
async function show(data) {
  const told = read(data);
  const { room = "", needs = [] } = told.parley ?? {};
  const { title, body } = { ...unread, ...told.notification };
  const open = new Set(needs.map(({ id }) => tagOf(room, id)));
  for (const shown of await registration.getNotifications())
    if (shown.data?.room === room && !open.has(shown.tag)) shown.close();
  const fresh = needs.filter(({ rings }) => rings);
  for (const need of fresh.length ? fresh : [{ id: "", body }])
    await registration.showNotification(title, {
      body: need.body,
      tag: tagOf(room, need.id),
      renotify: true,
      data: { room, id: need.id },
      actions: need.kind === "draft" ? [{ action: "refuse", title: "Reject" }, { action: "open", title: "Look" }] : [],
    });
  await worker.navigator.setAppBadge?.(told.app_badge ?? 0)?.catch(() => {});
}

const tagOf = (room, id) => room + "." + (id ?? "");

function read(data) {
  try {
    return data.json() ?? {};
  } catch {
    return {};
  }
}

/** Rejects a draft, or opens what a notification is about. */
async function act(action, { room = "", id = "" }) {
  if (action === "refuse" && (await refused(room, id))) return;
  const at = new URL(room ? "r/" + room + (id && "#" + id) : "", registration.scope);
  const pages = await worker.clients.matchAll({ type: "window", includeUncontrolled: true });
  const page = pages.find(({ url }) => new URL(url).pathname === at.pathname);
  if (!page) return worker.clients.openWindow(at.href);
  await page.focus();
  await page.navigate(at.href).catch(() => worker.clients.openWindow(at.href));
}

/** Rejects a draft, and reports whether that is done. */
async function refused(room, draft) {
  try {
    const token = await tokenIn(room);
    const answer = await fetch(new URL("mcp", registration.scope), {
      method: "POST",
      credentials: "omit",
      headers: {
        "Content-Type": "application/json", Accept: "application/json, text/event-stream",
        Authorization: "Bearer " + token,
      },
      body: JSON.stringify({
        jsonrpc: "2.0", id: 1, method: "tools/call",
        params: { name: "supervise", arguments: { agent_token: token, draft, decision: "refuse" } },
      }),
    });
    return answer.ok && !/"isError":\s*true|"error":\s*\{/.test(await answer.text());
  } catch {
    return false;
  }
}

/** Returns the token of this device in a room: the page keeps it for the worker, which sees no localStorage. */
const tokenIn = (room) => new Promise((done, failed) => {
  const opening = indexedDB.open("parley", 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore("tokens");
  opening.onerror = failed;
  opening.onsuccess = () => {
    const got = opening.result.transaction("tokens").objectStore("tokens").get(room);
    got.onerror = failed;
    got.onsuccess = () => (got.result ? done(got.result) : failed(new Error("no token")));
  };
});
