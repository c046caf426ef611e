// The room inside a client: people, the talk as it goes on and what waits. It looks by the one tool show_room, with a
// token that can do nothing else, and leads to the page for all else. room.html has its elements.

import { firstLine, gist } from "../assets/talk/rows.js";
import { agentsOf } from "../assets/presence.js";
import { outcomesOf } from "../assets/talk/outcomes.js";
import { withColours } from "../assets/ui/colour.js";
import { ask, dress, listen, tell } from "./host.js";
import { peopleOf, speakerOf, talkOf, taskOf, waitsOf } from "./rows.js";
import { make } from "./text.js";
import { own as words, page as said } from "./words.js";

const tallest = 860; // px, inline, if the host gives them
const usual = 500; // px, if it does not say how many it gives
const half = 30 * 60_000; // ms after which nobody looks any more
const most = 300; // events that are kept
const at = (id) => /** @type {HTMLElement} */ (document.getElementById(id));
const { body } = document; // with what the host covers of it, as padding
const [main, log, list, earlier, state, news, about, needs, waits, held] =
  ["view", "log", "people", "earlier", "state", "news", "about", "needs", "waits", "held"].map(at);

let context = /** @type {any} */ ({}); // of the host
let view = ""; // the token
let room = /** @type {any} */ (null);
let messages = /** @type {any[]} */ ([]);
let waiting = /** @type {any[]} */ ([]); // for the person: {id, agreed, message, if these are known}
let cited = /** @type {any[]} */ ([]); // what those answer and none of them is
let open = /** @type {any} */ ({}); // as in the result
let [page, older, anew, colours] = ["", false, false, new Map()]; // anew: the next look begins at the newest
let unnamed = 0; // how much waits of which only that is known
let limit = usual; // px that the host gives
let atEnd = true; // of what scrolls in full
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
  room = { ...got.room, paused: got.paused, agents: agentsOf({ room: got.room, supervision: got }) };
  open = { ...open, first_tasks: [], ...(got.open.agreements >= 0 && { agreed: [] }), ...got.open };
  page = /^https?:\/\//.test(got.page) ? got.page : "";
  older ||= got.earlier > 0 || !!got.has_more;
  cited = [...cited, ...(got.answered ?? [])];
  messages = [...(after ? messages : []), ...fresh];
  const told = [...waiting, ...got.waits_for_user].flatMap(({ message }) => message ?? []);
  const known = new Map([...told, ...messages].map((one) => [one.id, one]));
  const here = new Set(room.agents.map(({ name }) => name));
  waiting = got.waits_for_user.map(({ id, agreed = 0 }) => {
    const message = known.get(id);
    const whole = message?.ask?.every((name) => here.has(name)); // the votes of those who are gone are not in agreed
    return { id, message, agreed: whole ? agreed : undefined };
  });
  messages = messages.slice(-most);
  for (const { changes } of fresh) redact(changes?.redacted);
  if (after) announce(fresh);
  say("live", room.closed ? words.closed : view ? "" : words.still);
}

function redact(id) {
  const without = (one) => (one?.id === id ? { ...one, text: "", file: undefined, redacted: true } : one);
  [messages, cited] = [messages, cited].map((all) => all.map(without));
  waiting = waiting.map((one) => ({ ...one, message: without(one.message) }));
}

/** Tells screen readers what was said. */
function announce(fresh) {
  const all = fresh.filter(({ type, reason }) => type === "message" || (type === "draft" && !reason));
  const last = all.at(-1);
  if (!last) return;
  const who = speakerOf(last);
  const text = last.redacted ? said.removed : gist(last);
  news.textContent = all.length > 1 ? said.several(all.length, who) : `${who}: ${text}`;
}

function say(next, text = "") {
  phase = phase === "ended" ? phase : next;
  const says = (room?.paused && !room.closed && next !== "ended" ? words.paused + " " : "") + text;
  if (phase === next && state.textContent !== says) state.textContent = says;
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
  const me = room?.agents.find(({ you }) => you);
  const opened = !!page && !!me?.person; // elsewhere the page has no seat for whoever opens it
  at("page").hidden = !opened;
  at("full").hidden = !context.availableDisplayModes?.includes(mode);
  at("full").textContent = words[mode];
  main.className = full() ? "full" : "";
  at("room").hidden = !room;
  if (!room) return measure();
  colours = withColours(colours, room.agents.map(({ name }) => name));
  at("name").textContent = room.name;
  about.textContent = room.description ?? "";
  const counts = words.open(open);
  const hint = !page || room.closed ? "" : !opened ? words.first : counts.length ? "" : words.hint;
  const opens = mode === "fullscreen" && !at("full").hidden; // whether what has no room here is a press away
  const leads = full() || opens;
  fill(at("open"), [counts, hint, leads], () => [
    ...counts.map((one, n) => make("span", "", leads ? opener(one, held) : one, n < counts.length - 1 && "\xa0·")),
    hint && make("span", "hint", hint)]);
  const asked = waiting.flatMap(({ message }) => message ?? []);
  const byId = new Map([...cited, ...asked, ...messages].map((one) => [one.id, one]));
  const drafts = asked.filter(({ type }) => type === "draft");
  const answers = new Set(drafts.map(({ reply_to: id }) => id)); // to be decided about in place of the question
  const outcomes = outcomesOf(messages);
  const seen = {
    messages, me: me?.name ?? "", colours, byId, outcomes, limit: full() ? 4000 : 600,
    waiting: room.closed ? [] : waiting.filter(({ id }) => !answers.has(id)),
  };
  const shown = seen.waiting.map((one) => [one, outcomes.get(one.id)?.yes.size, byId.get(one.message?.reply_to)]);
  fill(list, [room, messages, waiting], () => [...peopleOf(room, seen), make("li", "rest")]);
  fill(waits, [me?.name, opened, shown, opens],
    () => [...waitsOf(seen, opened && lead), make("li", "rest", opens && opener("", needs))]);
  const { agreed, agreements, first_tasks: first, tasks } = open;
  fill(held, open, () => [
    heldOf(words.agreements, agreed?.map((text) => make("li", "", make("bdi", "", firstLine(text)))), agreements),
    heldOf(words.tasks, first.map((task) => taskOf(task, first, me?.name)), tasks)].filter(Boolean));
  fill(log, [messages, seen.limit, me?.name, seen.waiting],
    () => (messages.length ? talkOf(seen) : [make("p", "empty soft", said.empty)]));
  for (const table of log.querySelectorAll("table")) table.tabIndex = full() ? 0 : -1; // a wide one scrolls there
  const above = full() ? log : about; // in full they stand where the page has them
  if (above.nextElementSibling !== needs) above.after(needs);
  unnamed = seen.waiting.length + 1 - waits.children.length;
  measure();
}

/** Returns a list of what is open, of which some is named. */
const heldOf = (name, named = [], n = 0) => n > 0 && make("section", "", make("h2", "", name),
  make("ul", "", named),
  n > named.length && make("p", "", words.more(n - named.length)));

/** Returns a button that leads to an element in full screen, which has all there that it has no room for here. */
function opener(text, whole) {
  const button = make("button", "opener", text);
  button.onclick = () => (full() ? Promise.resolve() : show("fullscreen")).then(() => {
    atEnd = false;
    whole.scrollIntoView();
    at("full").focus({ preventScroll: true });
  }).catch(nothing);
  return button;
}

/** Leads to what waits, on the page. */
const lead = (id) => leave(page + "#" + id);

const longest = 8; // lines of a text, inline

/** Shows so many lines of the text of a row at most. */
const shape = (row, lines) => {
  row.style.setProperty("--lines", lines);
  row.classList.toggle("short", lines < longest);
  const text = row.querySelector(".text");
  row.classList.toggle("cut", !!text && text.scrollHeight > text.clientHeight + 1);
};

/** Shows as many lines of the text of a row as fit, at least two; reports whether these fit. */
function shapeTo(row, fits) {
  for (let lines = longest; lines >= 2; lines--) {
    shape(row, lines);
    if (fits()) return true;
  }
  return false;
}

const label = (rest, text) => ((rest.firstElementChild ?? rest).textContent = text);

/** Hides elements from the last on, but for so many, until what is true; rest then says of how many that is. */
function foldTo(all, least, rest, says, enough) {
  let n = all.filter((one) => !one.hidden).length;
  for (; n > least && !enough(); n--) {
    all[n - 1].hidden = true;
    rest.hidden = false;
    label(rest, says(all.length - n + 1) || "");
  }
}

/**
 * Inline nothing scrolls: shows what fits into the height that the host gives. What waits comes first: for it, people
 * and the last message get shorter, and then go; after that each card is one line, and the last ones are counted.
 * Otherwise the last message or agreement stands there, what happened since, and as much of what was before as fits.
 */
function measure() {
  const { height, maxHeight } = context.containerDimensions ?? {};
  limit = full() ? Infinity : Math.min(tallest, height || maxHeight || usual);
  const over = () => body.offsetHeight > limit;
  const [everybody, cards] = [list, waits].map((one) => /** @type {HTMLElement[]} */ ([...one.children]));
  const [others, more] = [everybody, cards].map((all) => all.pop() ?? make("li"));
  const rows = /** @type {HTMLElement[]} */ ([...log.children]);
  for (const one of [...rows, ...everybody, ...cards, list, log, about, at("open")]) one.hidden = false;
  for (const one of [...cards, list]) one.classList.remove("brief");
  for (const row of rows) row.classList.remove("short", "cut");
  for (const card of cards) shape(card, full() ? longest : 3);
  const count = (n) => words.more(n + unnamed);
  [others.hidden, more.hidden] = [true, !unnamed];
  label(more, count(0));
  needs.hidden = !cards.length && !unnamed;
  const shown = rows.filter((row) => !row.classList.contains("asked")); // those are cards
  const last = shown.findLast((row) => row.matches(".message, .outcome")) ?? shown.at(-1);
  const before = shown.slice(0, last && shown.indexOf(last));
  const since = shown.slice(before.length + 1);
  for (const row of rows) row.hidden = !(full() ? shown.includes(row) : row === last);
  const crown = () => rows.forEach((row, n) => row.classList.toggle("top", !row.hidden && !!rows[n - 1]?.hidden));
  crown();
  if (last && !full()) shape(last, longest);
  held.hidden = !full() || !held.children.length;
  earlier.hidden = !older && (full() || !before.length);
  const people = (most) => foldTo(everybody, 1, others, words.others, () => list.offsetHeight <= most);
  if (!full()) people(90);
  const steps = [
    () => (about.hidden = true),
    () => list.classList.add("brief"),
    () => people(40),
    () => last && shape(last, 3),
    ...cards.slice(1).reverse().map((card) => () => card.classList.add("brief")),
    () => (list.hidden = true),
    () => (earlier.hidden = true),
    () => (log.hidden = true),
    () => cards[0]?.classList.add("brief"),
    () => foldTo(cards, 1, more, count, () => !over()),
    () => (at("open").hidden = true),
  ];
  for (let n = 0; n < steps.length && over(); n++) steps[n]();
  const fits = () => !over();
  if (last && !full() && !log.hidden) shapeTo(last, fits);
  for (const row of full() || log.hidden ? [] : [...since, ...before.reverse()]) {
    row.hidden = false;
    crown();
    row.hidden = !shapeTo(row, fits);
    if (row.hidden) break;
  }
  crown();
  if (!older && !before.some((row) => row.hidden)) earlier.hidden = true;
  resized();
  if (full() && atEnd) scrollTo(0, document.documentElement.scrollHeight);
}

let soon = 0;
let told = "";

function resized() {
  clearTimeout(soon);
  soon = setTimeout(() => {
    const [width, height] = [body.offsetWidth, Math.min(limit, body.offsetHeight)];
    if (full()) told = ""; // its host gives it all that there is
    else if (told !== (told = `${width} ${height}`)) tell("ui/notifications/size-changed", { width, height });
  }, 100);
}

function adapt(change) {
  const before = full();
  context = { ...context, ...change };
  atEnd ||= full() && !before;
  dress(context);
  draw();
}

async function show(mode) {
  const { mode: now = mode } = await ask("ui/request-display-mode", { mode });
  adapt({ displayMode: now });
  if (!full()) scrollTo(0, 0);
}

/** Asks the host to open an address of the page. */
function leave(url) {
  begun = Date.now();
  ask("ui/open-link", { url }, half)
    .then(({ isError }) => isError && Promise.reject())
    .catch(() => say(phase, words.notOpened(url)));
}

const nothing = () => {};
at("full").onclick = () => show(full() ? "inline" : "fullscreen").catch(nothing);
at("page").onclick = () => leave(page);
at("again").onclick = () => {
  [begun, due] = [Date.now(), 0];
  say("live");
};
new IntersectionObserver((all) => {
  inSight = !!all.at(-1)?.isIntersecting;
  plan();
}).observe(main);
document.addEventListener("visibilitychange", plan);
addEventListener("resize", measure);
addEventListener("scroll", () => (atEnd = innerHeight + scrollY >= document.documentElement.scrollHeight - 40));

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
