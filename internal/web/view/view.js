// The room inside a client: people, the talk as it goes on and what waits. It looks by the one tool show_room, with a
// token that can do nothing else, and leads to the page for all else. room.html has its elements.

import { outcomesOf } from "../assets/talk/outcomes.js";
import { withColours } from "../assets/ui/colour.js";
import { ask, dress, listen, tell } from "./host.js";
import { gist, peopleOf, speakerOf, talkOf, waitsOf } from "./rows.js";
import { make } from "./text.js";
import { page as said, words } from "./words.js";

const tallest = 500; // px, inline
const half = 30 * 60_000; // ms after which nobody looks any more
const most = 300; // events that are kept
const at = (id) => /** @type {HTMLElement} */ (document.getElementById(id));
const { body } = document; // with what the host covers of it, as padding
const [main, log, list, earlier, state, news] = ["view", "log", "people", "earlier", "state", "news"].map(at);

let context = /** @type {any} */ ({}); // of the host
let view = ""; // the token
let room = /** @type {any} */ (null);
let messages = /** @type {any[]} */ ([]);
let [open, page, older, anew, colours] = [{}, "", false, false, new Map()]; // anew: the next look begins at the newest
let phase = "loading"; // loading, live, offline, idle or ended
let [failures, pause, due, begun, timer, inSight, looking] = [0, 8, 0, Date.now(), 0, true, false];

const full = () => context.displayMode === "fullscreen";
const live = () => phase === "live" || phase === "offline";

/** Looks when it is time, as long as somebody can see that. */
function plan() {
  clearTimeout(timer);
  if (live() && view && inSight && !document.hidden) timer = setTimeout(look, Math.max(0, due - Date.now()));
}

async function look() {
  if (looking) return;
  if (Date.now() - begun > half) return say("idle", words.idle);
  looking = true;
  const after = anew ? "" : messages.at(-1)?.id;
  try {
    hear(await ask("tools/call", { name: "show_room", arguments: { view, ...(after && { after }) } }), after);
  } catch (error) {
    fail(error?.data?.retry_after_seconds);
  }
  looking = false;
  plan();
}

/** Takes a result: the first one, or what came after an event. */
function hear(result, after = "") {
  const texts = (result.content ?? []).filter(({ type }) => type === "text").map(({ text }) => text);
  const got = result.structuredContent ?? parsed(texts[0]);
  if (!result.isError && got?.room) return take(got, after);
  const code = got?.code ?? /^\w+/.exec(texts[0] ?? "")?.[0];
  if (Object.hasOwn(words.ended, code)) return say("ended", words.ended[code]);
  if (!after && !room) return say("ended", words.refused);
  if (code === "invalid_argument") anew = true; // the event is too old to begin there
  fail(got?.retry_after_seconds);
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function fail(later = 0) {
  if (phase === "ended") return;
  due = Date.now() + 1000 * Math.max(Math.min(300, pause * 2 ** ++failures), later);
  say("offline", words.offline);
}

function take(got, after) {
  const fresh = got.messages ?? [];
  failures = 0;
  pause = Math.max(1, got.look_again_seconds || 8);
  anew = !!after && !!got.has_more; // who is far behind sees the newest, not all between
  due = Date.now() + (anew ? 0 : 1000 * pause);
  if (anew) return;
  room = got.room;
  open = { ...open, ...got.open };
  page = /^https?:\/\//.test(got.page) ? got.page : "";
  older ||= got.earlier > 0 || !!got.has_more;
  messages = [...(after ? messages : []), ...fresh].slice(-most);
  for (const { changes } of fresh) redact(changes?.redacted);
  if (after) announce(fresh);
  say("live", room.closed ? words.closed : view ? "" : words.still);
}

function redact(id) {
  messages = messages.map((one) => (one.id === id ? { ...one, text: "", file: undefined, redacted: true } : one));
}

/** Tells screen readers what was said. */
function announce(fresh) {
  const all = fresh.filter(({ type }) => type === "message");
  const last = all.at(-1);
  if (!last) return;
  const who = speakerOf(last);
  const text = last.redacted ? said.removed : gist(last);
  news.textContent = all.length > 1 ? said.several(all.length, who) : `${who}: ${text}`;
}

function say(next, text = "") {
  phase = phase === "ended" ? phase : next;
  if (phase === next && state.textContent !== text) state.textContent = text;
  draw();
  plan();
}

const drawnOf = new Map(); // by box, what it shows

/** Fills a box anew if what it shows has changed. */
function fill(box, of, build) {
  const now = JSON.stringify(of);
  if (drawnOf.get(box) !== now) box.replaceChildren(...build());
  drawnOf.set(box, now);
}

function draw() {
  const mode = full() ? "inline" : "fullscreen";
  at("again").hidden = phase !== "idle";
  at("page").hidden = !page;
  at("full").hidden = !context.availableDisplayModes?.includes(mode);
  at("full").textContent = words[mode];
  main.className = full() ? "full" : "";
  at("room").hidden = !room;
  if (!room) return measure();
  const me = room.agents.find(({ you }) => you)?.name ?? "";
  const end = innerHeight + scrollY >= document.documentElement.scrollHeight - 40;
  colours = withColours(colours, room.agents.map(({ name }) => name));
  at("name").textContent = room.name;
  at("about").textContent = room.description ?? "";
  at("open").textContent = words.open(open) || (page && words.hint);
  const byId = new Map(messages.map((one) => [one.id, one]));
  const limit = full() ? 4000 : 600;
  fill(list, room, () => [...peopleOf(room, colours), make("li", "rest")]);
  const outcomes = outcomesOf(messages);
  const waits = room.closed ? [] : waitsOf(messages, { me, outcomes });
  at("waits").hidden = !waits.length;
  fill(at("waits"), [messages, me, room.closed], () => waits);
  fill(log, [messages, limit, me], () => messages.length
    ? talkOf(messages, { me, colours, byId, outcomes, limit }) : [make("p", "empty soft", said.empty)]);
  measure();
  if (full() && end) scrollTo(0, document.documentElement.scrollHeight);
}

/** Shows as many people and rows as fit: inline nothing scrolls. A last row that is too high by itself is cut. */
function measure() {
  const given = context.containerDimensions ?? {};
  const limit = Math.min(tallest, given.height ?? given.maxHeight ?? tallest);
  const rows = /** @type {HTMLElement[]} */ ([...log.children]);
  const everybody = /** @type {HTMLElement[]} */ ([...list.children]);
  const rest = everybody.pop() ?? earlier;
  for (const one of [...rows, ...everybody]) [one.hidden, one.style.maxHeight] = [false, ""];
  rest.hidden = true;
  earlier.hidden = !older;
  for (let n = everybody.length; !full() && --n > 0 && list.offsetHeight > 90; ) {
    everybody[n].hidden = true;
    rest.hidden = false;
    rest.textContent = words.others(everybody.length - n) || "";
  }
  for (const row of rows) {
    const text = row.querySelector(".text");
    row.classList.toggle("cut", !!text && text.scrollHeight > text.clientHeight + 1);
  }
  for (let n = 0; !full() && n < rows.length - 1 && body.offsetHeight > limit; n++) {
    rows[n].hidden = true;
    earlier.hidden = false;
  }
  rows.forEach((row, n) => row.classList.toggle("top", n > 0 && rows[n - 1].hidden && !row.hidden));
  const [last, over] = [rows.at(-1), full() ? 0 : body.offsetHeight - limit];
  if (last && over > 0) last.style.maxHeight = last.offsetHeight - over + "px";
  resized();
}

let soon = 0;
let told = "";

function resized() {
  clearTimeout(soon);
  soon = setTimeout(() => {
    const [width, height] = [body.offsetWidth, body.offsetHeight];
    if (full()) told = ""; // its host gives it all that there is
    else if (told !== (told = `${width} ${height}`)) tell("ui/notifications/size-changed", { width, height });
  }, 100);
}

function adapt(change) {
  context = { ...context, ...change };
  dress(context);
  draw();
}

async function show(mode) {
  const { mode: now = mode } = await ask("ui/request-display-mode", { mode });
  adapt({ displayMode: now });
  scrollTo(0, now === "fullscreen" ? document.documentElement.scrollHeight : 0);
}

const nothing = () => {};
at("full").onclick = () => show(full() ? "inline" : "fullscreen").catch(nothing);
at("page").onclick = () => {
  begun = Date.now();
  ask("ui/open-link", { url: page }, half)
    .then(({ isError }) => isError && Promise.reject())
    .catch(() => say(phase, words.notOpened(page)));
};
at("again").onclick = () => {
  [begun, due] = [Date.now(), 0];
  say("live");
};
new IntersectionObserver((all) => {
  inSight = !!all.at(-1)?.isIntersecting;
  plan();
}).observe(main);
document.addEventListener("visibilitychange", plan);
new ResizeObserver(measure).observe(document.documentElement);

listen({
  "ui/notifications/tool-input": ({ arguments: given }) => {
    view = given?.view ?? "";
    if (room) say(phase, "");
  },
  "ui/notifications/tool-result": (result) => hear(result),
  "ui/notifications/tool-cancelled": () => say("ended", words.refused),
  "ui/notifications/host-context-changed": adapt,
  "ui/resource-teardown": () => say("ended"),
  ping: nothing,
});
ask("ui/initialize", {
  protocolVersion: "2026-01-26",
  appInfo: { name: "Parley", version: "1" },
  appCapabilities: { availableDisplayModes: ["inline", "fullscreen"] },
}).then(({ hostContext }) => {
  adapt(hostContext ?? {});
  tell("ui/notifications/initialized");
}).catch(nothing);
