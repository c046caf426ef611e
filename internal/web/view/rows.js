// What the view shows of a room: who is here, and the talk row by row, as the page shows them.

import { events } from "../assets/talk/deed-words.js";
import { isGiven, outcomeOf, ranIn, templateOf } from "../assets/talk/deeds.js";
import { colourIn } from "../assets/ui/colour.js";
import { icon, make, markdown } from "./text.js";
import { page, words } from "./words.js";

const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
const day = new Intl.DateTimeFormat(undefined, { dateStyle: "full" });
const group = 5 * 60_000; // ms between two messages of one speaker

const ranks = ["busy", "waiting", "standby"];
const rank = ({ you, state }) => (you ? -1 : (ranks.indexOf(state) + 4) % 4);

/** Returns the first letters of the first two words of a name. */
export const initials = (name) => name.split(/[\s._-]+/).map((word) => /[\p{L}\p{N}]/u.exec(word)?.[0] ?? "").join("")
  .slice(0, 2).toUpperCase();

function avatar(colours, name, person) {
  const own = make("span", "avatar" + (person ? " round" : ""), person ? icon("person") : initials(name));
  own.style.setProperty("--who", `var(--who-${colourIn(colours, name)})`);
  own.ariaHidden = "true";
  return own;
}

function stateOf({ state, back_in_minutes: back, idle_minutes: idle }) {
  const { states, minutes } = page;
  if (state === "away") return states.away(back && minutes(back));
  if (state === "silent") return states.silent(idle && minutes(idle));
  return states[state];
}

/** Returns a line for each agent: the own one first, then those that work, wait and are gone. */
export const peopleOf = ({ agents, closed }, colours) => [...agents].sort((a, b) => rank(a) - rank(b)).map((agent) => {
  const { name, you, muted, alone, activity, person_here: here, person_name: person, state } = agent;
  const watches = here && !alone && (person ? page.personWatches(person) : page.watching);
  const says = closed ? [] : [stateOf(agent), activity, watches].filter(Boolean);
  return make("li", ranks.includes(state) ? state : "gone", avatar(colours, name, alone), make("bdi", "name", name),
    you && make("span", "badge", page.yourAgent), muted && make("span", "badge warn", page.muted),
    make("span", "how", says.map((one, n) => [n > 0 && " · ", make("bdi", "", one)])));
});

const isVote = ({ kind, text, file, finished }) => kind === "agree" && !text && !file && !finished;

/** Returns the talk as elements. room is {me, colours, byId, outcomes, limit: how much of a text is shown}. */
export function talkOf(messages, room) {
  const rows = [];
  let [date, before, since] = ["", "", 0]; // of the row above; before is who said it to whom, if it was a message
  for (const one of messages) {
    const { type, reason, from, person, person_name: name, to } = one;
    if (type === "hook" || (type === "draft" && !reason)) continue; // the page has these
    const at = new Date(one.at);
    const today = day.format(at);
    if (date && date !== today) rows.push(make("p", "day", today));
    const said = type === "message" && !isVote(one) ? today + [from, person, name, to] : "";
    if (said) rows.push(messageOf(one, said !== before || +at - since > group, room));
    else rows.push(make("p", "event", timeOf(one), make("span", "", sentence(one, room)), audience(one, room)));
    [date, before, since] = [today, said, +at];
  }
  return rows;
}

function timeOf({ at }) {
  const time = /** @type {HTMLTimeElement} */ (make("time", "", clock.format(new Date(at))));
  time.dateTime = at;
  return time;
}

const user = "your user"; // from whom a note to the agent is; no agent has this name

/** Returns who said or did something: an agent, or the person behind it. */
export function speakerOf({ from, by, agent, person, person_name: name }) {
  const seat = from ?? by ?? agent ?? "";
  if (seat === user) return name || page.you.replace("y", "Y");
  if (!person || name === seat) return seat;
  return name ? page.personFor(name, seat) : page.personBehind(seat);
}

/** Returns the nodes of a sentence: each name in an element of its own, and each quote in quotation marks. */
const fill = (template, values) => template.split(/\{(\w+)\}/).map((part, n) => (n % 2 ? shown(values[part]) : part));

const shown = (value) =>
  Array.isArray(value) ? value.map((one, n) => [n > 0 && ", ", shown(one)])
  : value?.quote ? make("q", "", make("bdi", "", value.quote))
  : value?.word ?? make("bdi", "name", value ?? "");

const says = (line) => /[\p{L}\p{N}]/u.test(line);

/** Returns the first line of a message that says something, or the name of its file. */
export const gist = ({ text = "", file }) =>
  text.split("\n").find(says)?.replace(/[*`#>]/g, "").slice(0, 160) || file?.name;

const quote = (message) => (message?.redacted ? page.removed : message && gist(message)) || page.earlierMessage;
const named = (names, me, self = page.you) => few(names.map((name) => (name === me ? { word: self } : name)));
const few = (all) => (all.length > 4 ? [...all.slice(0, 3), { word: words.others(all.length - 3) }] : all);

/** Returns what an event says, in the words of the page: talk/deeds.js. */
function sentence(event, { byId, me }) {
  const { type, task = {}, tasks = [task], changes = {}, note, reply_to: id } = event;
  const given = isGiven(event, { me, alone: false });
  const template = templateOf(event, given);
  const own = event.person && !given ? page.you : page.yourAgent;
  const self = (/** @type {string} */ name) => (name === me ? { word: own } : name);
  const by = event.by ?? event.agent ?? event.from;
  const who = by === me ? self(by) : speakerOf(event);
  const { room = "", description = "", ...settings } = changes;
  const { ran, exit } = ranIn(event);
  const values = {
    ...plainly(settings), room: { quote: room }, description: { quote: description },
    agents: type === "message" ? who : self(event.agent), agent: type === "knock" ? event.agent : self(event.agent),
    giver: event.agent === me ? { word: page.you } : event.person_name || page.personBehind(event.agent),
    by: who, new_admin: self(event.new_admin), was: self(task.was), for: named(task.for ?? [], me, page.yourAgent),
    tasks: few(tasks.map((one) => ({ quote: one?.title || one?.id }))), proposal: { quote: quote(byId.get(id)) },
    exit, ran: ran && { word: make("code", "", ran) },
  };
  const [, first = ""] = /^\{(\w+)\}/.exec(template) ?? [];
  if (values[first]?.word) values[first] = { word: capital(values[first].word) };
  return [fill(template, values), task.for?.length > 0 && fill(events.taskFor, values),
    note && [": ", shown({ quote: note })]];
}

const capital = (text) => text[0].toUpperCase() + text.slice(1);
const plainly = (all) =>
  Object.fromEntries(Object.entries(all).map(([name, value]) => [name, { word: String(value) }]));

/** Returns what became of a message that asks, as the page says it; "" while there is nothing to tell. */
function became(message, { outcomes, me, byId }) {
  const outcome = outcomes.get(message.id);
  const { asked = [], yes = new Set(), by } = outcome ?? {};
  const told = outcomeOf(message, outcome);
  const objector = by?.from === me ? { word: capital(by.person ? page.you : page.yourAgent) } : by && speakerOf(by);
  const counts = { n: { word: String(yes.size) }, of: { word: String(asked.length) } };
  return told && fill(told, { ...counts, by: objector, newer: { quote: quote(byId.get(by?.id)) } });
}

const lasts = 24 * 3600_000; // ms: a draft and a question end a day later

/**
 * Returns what waits for the person, as elements: the words of each draft that nobody has decided about, and what asks
 * its agent and has no answer.
 */
export function waitsOf(all, { me, outcomes }, now = Date.now()) {
  const messages = all.filter(({ at }) => now - Date.parse(at) < lasts);
  const decided = new Set(messages.map(({ draft }) => draft));
  const drafts = messages.filter(({ id, type, reason }) => type === "draft" && !reason && !decided.has(id));
  const asks = messages.filter(({ id, type, from, ask, redacted }) => type === "message" && from !== me && !redacted &&
    ask?.includes(me) && !outcomes.get(id)?.end && !outcomes.get(id)?.yes.has(me) &&
    !drafts.some(({ reply_to: answered }) => answered === id));
  return [...drafts, ...asks].slice(0, mostWaiting).map((one) => make("li", "",
    make("p", "soft", one.type === "draft" ? words.draft : fill(words.waits, { who: speakerOf(one) })),
    make("div", "words", one.text ? markdown(one.text) : one.file?.name)));
}

const mostWaiting = 3;

/** Returns the mark of what only some read. */
function audience({ from, to }, { me }) {
  if (!to?.length) return null;
  const said = from === user ? page.noteTo : fill(page.onlyTo, { names: named(to, me) });
  return make("span", "private", icon("lock"), make("span", "", said));
}

function messageOf(message, first, room) {
  const { from, person, person_name: name, ask, text = "", file, redacted, agreed } = message;
  const { me, byId, limit } = room;
  const kind = message.kind || (ask?.length ? "request" : "");
  const cut = text.length > limit ? text.slice(0, limit).replace(/[\ud800-\udbff]$/, "") + "…" : text;
  const said = make("div", "text", markdown(cut));
  said.dir = "auto";
  const outcome = became(message, room);
  const answered = message.reply_to !== agreed && message.reply_to;
  const whose = byId.get(answered);
  const quoted = (id, label) => id && make("p", "quote", icon("reply"), label, make("bdi", "", quote(byId.get(id))));
  const own = make("article", "message" + (first ? " first" : "") + (message.to?.length ? " only" : ""),
    avatar(room.colours, from === user ? me : from, person),
    make("p", "head", make("bdi", "name", speakerOf(message)),
      person && name === from && make("span", "badge", page.person),
      from === me && !person && make("span", "badge", page.yourAgent), timeOf(message), audience(message, room)),
    quoted(answered, whose && make("bdi", "name", speakerOf(whose))),
    kind && make("p", "marks", make("span", "badge " + kind, page.kinds[kind] ?? kind),
      kind === "request" && make("span", "",
        fill(page.asks, { names: ask ? named(ask, me, page.yourAgent) : { word: page.anyone } })),
      outcome && make("span", "outcome", outcome)),
    redacted ? make("p", "soft", page.removed) : text && said,
    file && make("p", "file", icon("file"), make("bdi", "name", file.name), make("span", "soft", sizeOf(file.size))),
    quoted(agreed, make("span", "", page.agreed)));
  if (!redacted && (cut !== text || message.more)) own.classList.add("longer");
  return own;
}

const sizeOf = (bytes) =>
  (bytes < 1024 ? bytes + " B" : bytes < 1 << 20 ? (bytes >> 10) + " KB" : (bytes >> 20) + " MB");
