// What the view shows of a room: who is here, and the talk row by row, as the page shows them.

import { isOnline, isWorking } from "../assets/presence.js";
import { events, outcomes as words } from "../assets/talk/deed-words.js";
import { agentsOf, countOf, isGiven, linesOf, outcomeOf, ranIn, tasksOf, templateOf } from "../assets/talk/deeds.js";
import { gist, isCard, isEmptyVote } from "../assets/talk/rows.js";
import { colourIn } from "../assets/ui/colour.js";
import { cutWithin, within } from "../assets/ui/quote.js";
import { tasks } from "../assets/tasks/words.js";
import { ui } from "../assets/ui/words.js";
import { icon, make, markdown } from "./text.js";
import { own, page } from "./words.js";

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

function stateOf(agent, duties) {
  const { state, back_in_minutes: back, idle_minutes: idle } = agent;
  const { states, minutes } = page;
  if (isWorking(agent, duties)) return states.works;
  if (state === "away") return states.away(back && minutes(back));
  if (state === "silent") return states.silent(idle && minutes(idle));
  return states[state];
}

const lasts = 24 * 3600_000; // ms: after a day a question ends

/** Returns who has a task and who owes an answer, as far as the messages tell. */
function dutiesOf({ messages, outcomes, waiting, me }) {
  const tasks = new Map(); // by id
  for (const { action, agent, task, finished = [] } of messages) {
    if (["take", "release", "finish", "drop"].includes(action)) tasks.set(task?.id, { by: action === "take" && agent });
    for (const id of finished) tasks.delete(id);
  }
  const open = [...outcomes.values()].filter(({ message, end }) => !end && Date.now() - Date.parse(message.at) < lasts);
  const requests = open.map(({ asked, yes }) => ({ owed_by: asked.filter((name) => name !== me && !yes.has(name)) }));
  const asked = waiting.some(({ message }) => message?.type === "message");
  return { tasks: [...tasks.values()], requests: [...requests, { owed_by: asked ? [me] : [] }] };
}

/** Returns a line for each agent: the own one first, then those that work, wait and are gone. room is as in talkOf. */
export function peopleOf({ agents, closed }, room) {
  const duties = dutiesOf(room);
  return [...agents].sort((a, b) => rank(a) - rank(b)).map((agent) => {
    const { name, you, muted, alone, activity, person_here: here, person_name: person } = agent;
    const watches = here && !alone && !you && (person ? page.personWatches(person) : page.watching);
    const says = closed ? [] : [stateOf(agent, duties), activity, watches].filter(Boolean);
    return make("li", isOnline(agent) ? "here" : "gone", avatar(room.colours, name, alone), make("bdi", "name", name),
      you && make("span", "badge", page.yourAgent), muted && make("span", "badge warn", page.muted),
      make("span", "how", says.map((one, n) => [n > 0 && " · ", make("bdi", "", one)])));
  });
}

/**
 * Returns the talk as elements. room is {me, colours, messages, byId, outcomes, waiting: what waits for the person, as
 * {id, agreed, message}, limit: how much of a text is shown}.
 */
export function talkOf(room) {
  const rows = [];
  let happened = []; // since the last message
  const told = () => (rows.push(...linesOf(happened).map((line) => lineOf(line, room))), (happened = []));
  let [date, before, since] = ["", "", 0]; // of the row above; before is who said it to whom, if it was a message
  for (const one of room.messages) {
    const { type, reason, from, person, person_name: name, to } = one;
    if (type === "hook" || (type === "draft" && !reason)) continue; // the page has these
    const at = new Date(one.at);
    const today = day.format(at);
    if (date && date !== today) (told(), rows.push(make("p", "day", today)));
    const said = type === "message" && !isEmptyVote(one);
    const by = said && !isCard(one) ? today + [from, person, name, to] : "";
    if (said) (told(), rows.push(messageOf(one, !by || by !== before || +at - since > group, room)));
    else happened.push(one);
    [date, before, since] = [today, by, +at];
  }
  told();
  return rows;
}

/** Returns a line of events: one, several that say the same, or how many there were. */
function lineOf(/** @type {any} */ { folded, more = [], ...first }, room) {
  const says = folded ? page.folds[first.id](countOf(folded))
    : [first, ...more].map((one, n) => [n > 0 && "; ", sentence(one, room, n === 0)]);
  const look = "event" + (first.agreed ? " outcome" : "");
  return make("p", look, make("span", "", says), " ", timeOf(first), " ", audience(first, room));
}

function timeOf({ at }) {
  const time = /** @type {HTMLTimeElement} */ (make("time", "", clock.format(new Date(at))));
  time.dateTime = at;
  return time;
}

const user = "your user"; // from whom a note to the agent is; no agent has this name

/** Returns who said or did something: an agent, or the person behind it. */
export function speakerOf(/** @type {any} */ { from, by, agent, person, person_name: name }) {
  const seat = from ?? by ?? agent ?? "";
  if (seat === user) return name || page.you.replace("y", "Y");
  if (!person || name === seat) return seat;
  return name ? page.personFor(name, seat) : page.personBehind(seat);
}

/** Returns the nodes of a sentence: each name in an element of its own, and each quote in quotation marks. */
const fill = (template, values) => template.split(/\{(\w+)\}/).map((part, n) => (n % 2 ? shown(values[part]) : part));

const list = new Intl.ListFormat("en");

const shown = (value) =>
  Array.isArray(value) ? list.formatToParts(Object.keys(value))
    .map(({ type, value: part }) => (type === "element" ? shown(value[part]) : part))
  : value?.quote ? make("q", "", make("bdi", "", within(value.quote)))
  : value?.word ?? make("bdi", "name", value ?? "");

const saidIn = (message) => (message?.redacted ? page.removed : message && gist(message));
const cited = (message, says = saidIn(message)) => (says ? { quote: cutWithin(says) } : word(page.earlierMessage));
const named = (names, me, self = page.you) => few(names.map((name) => (name === me ? { word: self } : name)));
const few = (all) => (all.length > 4 ? [...all.slice(0, 3), { word: own.others(all.length - 3) }] : all);

/** Returns what an event says, in the words of the page: talk/deeds.js. begins is whether that begins a line. */
function sentence(event, { byId, me }, begins) {
  const { type, task = {}, changes = {}, note, reply_to: id, votes } = event;
  const given = isGiven(event, { me, alone: false });
  const [template, ...all] = templateOf(event, given).split(events.complete);
  const mine = event.person && !given ? page.you : page.yourAgent;
  const self = (/** @type {string} */ name) => (name === me ? { word: mine } : name);
  const sayer = (one) => (one.from === me ? { word: one.person ? page.you : page.yourAgent } : speakerOf(one));
  const by = event.by ?? event.agent;
  const { room = "", description = "", ...settings } = changes;
  const { ran, exit } = ranIn(event);
  const values = {
    ...plainly(settings), room: { quote: room }, description: { quote: description },
    agents: votes ? votes.map(sayer) : agentsOf(event).map(self),
    agent: type === "knock" ? event.agent : self(event.agent),
    giver: event.agent === me ? { word: page.you } : event.person_name || page.personBehind(event.agent),
    by: by === me ? self(by) : speakerOf(event), new_admin: self(event.new_admin), was: self(task.was),
    for: named(task.for ?? [], me, page.yourAgent),
    tasks: few(tasksOf(event).map((one) => ({ quote: cutWithin(one?.title || one?.id || "") }))),
    doer: task.by === me ? { word: task.by_person ? page.you : page.yourAgent }
      : speakerOf({ from: task.by, person: task.by_person, person_name: task.by_name }),
    proposal: cited(byId.get(id)), exit, ran: ran && { word: make("code", "", ran) },
  };
  const [, first = ""] = /^\{(\w+)\}/.exec(template) ?? [];
  const [begun, ...others] = [values[first]].flat();
  if (begins && begun?.word) values[first] = [{ word: capital(begun.word) }, ...others];
  const together = events.complete.replace(/ (?=\S+$)/, "\xa0");
  return [fill(template, values), all.length > 0 && make("span", "standing agreed", together),
    note && [": ", shown({ quote: note })]];
}

const capital = (text) => text[0].toUpperCase() + text.slice(1);
const word = (value) => ({ word: String(value) });
const plainly = (all) => Object.fromEntries(Object.entries(all).map(([name, value]) => [name, word(value)]));

/** Returns how a message that asks stands, as the page says it; null while there is nothing to tell. */
function standing(message, { outcomes, waiting, me, byId }) {
  const outcome = outcomes.get(message.id);
  const { asked = [], yes = new Set(), end, by } = outcome ?? {};
  const open = !end && message.kind === "proposal" && waiting.find(({ id }) => id === message.id);
  const n = outcome ? yes.size : open?.agreed;
  const told = open && n >= 0 && message.ask?.length > 1 ? words.proposal.some : outcomeOf(message, outcome);
  const look = "standing " + (open ? "mine" : end ?? "");
  const objector = by?.from === me ? word(capital(by.person ? page.you : page.yourAgent)) : by && speakerOf(by);
  const of = word(message.ask?.length ?? asked.length);
  return told && make("span", look, fill(told, { n: word(n), of, by: objector, newer: cited(byId.get(by?.id)) }));
}

/** Returns the mark of what a message is for; "" for nothing. */
function kindOf({ kind, ask }) {
  const its = kind || (ask?.length ? "request" : "");
  return its && make("span", "badge " + its, page.kinds[its] ?? its);
}

const asks = ({ ask }, { me }) => make("span", "note",
  fill(page.asks, { names: ask ? named(ask, me, page.yourAgent) : word(page.anyone) }));

const fileOf = ({ name, size }) =>
  make("p", "file", icon("file"), make("bdi", "name", name), make("span", "soft", ui.size(size)));

/** Returns what waits for the person as cards. lead, if any, opens the page at an id. room is as in talkOf. */
export const waitsOf = (room, lead) => room.waiting.filter(({ message }) => message).map(({ id, message }) => {
  const { type, from, person, text, file, to, redacted } = message;
  const drafted = type === "draft";
  const says = redacted ? page.removed : gist(message);
  const open = lead && /** @type {HTMLButtonElement} */ (make("button", "lead"));
  if (open) {
    open.append(icon("out"));
    open.ariaLabel = own.lead(speakerOf(message), says);
    open.onclick = () => lead(id);
  }
  const marks = [drafted && make("span", "badge request draft", own.draft), kindOf(message),
    drafted && make("span", "badge note warn", page.unsent, !to?.length && " · " + page.toAll),
    !drafted && (standing(message, room) || (message.ask?.length > 1 && asks(message, room))),
    audience(message, room)];
  const words = make("div", "text", redacted || !text ? make("p", "", redacted ? says : file?.name) : markdown(text));
  words.dir = "auto";
  return make("li", "card" + (message.more ? " longer" : ""),
    make("p", "head", avatar(room.colours, from, person), make("bdi", "name", speakerOf(message)), marks),
    answered(message, room), words, file && text && fileOf(file),
    make("bdi", "gist", file && icon("file"), says), open);
});

/** Returns an open task and how it stands, as the page says it: see standing in ../assets/tasks/model.js. */
export function taskOf(task, all, me) {
  const { title, state, by, by_name: person, for: offered, after = [] } = task;
  const { open, given, mine, stalledMine, blocked, ...states } = tasks.states;
  const whose = offered && fill(states.offered, { for: named(offered, me, page.yourAgent) });
  const first = all.filter(({ id }) => after.includes(id)).map((one) => ({ quote: one.title }));
  const why = fill(blocked, { after: first.length ? first : after.map(word) });
  const how = state === "blocked" ? [whose ? [whose, " · ", why] : [capital(why[0]), why.slice(1)]]
    : state === "open" ? whose ?? open
    : by !== me ? fill(states[state], { by: person ? page.personFor(person, by) : by })
    : state === "stalled" ? stalledMine() : person ? given : mine();
  return make("li", "task", make("bdi", "", title), make("span", "", how));
}

/** Returns the mark of what only some read. */
function audience({ from, to }, { me }) {
  if (!to?.length) return null;
  const said = from === user ? page.noteTo : fill(page.onlyTo, { names: named(to, me) });
  return make("span", "private", icon("lock"), make("span", "", said));
}

/** Returns the first line of another message. */
const quoted = (id, { byId }, label, sign = "reply") =>
  id && make("p", "quote " + sign, icon(sign), label, make("bdi", "", saidIn(byId.get(id)) || page.earlierMessage));

/** Returns the first line of the message that one answers. */
function answered({ reply_to: id, agreed }, room) {
  const whose = room.byId.get(id);
  return id !== agreed && quoted(id, room, whose && make("bdi", "name", speakerOf(whose)));
}

function messageOf(message, first, room) {
  const { id, from, person, person_name: name, text = "", file, redacted, agreed, finished } = message;
  const { me, limit } = room;
  const cut = text.length > limit ? text.slice(0, limit).replace(/[\ud800-\udbff]$/, "") + "…" : text;
  const said = make("div", "text", markdown(cut));
  said.dir = "auto";
  const kind = kindOf(message);
  const looks = [first && "first", message.to?.length && "only", isCard(message) && "card",
    room.waiting.some((one) => one.id === id && one.message) && "asked"];
  const row = make("article", ["message", ...looks].filter(Boolean).join(" "),
    avatar(room.colours, from === user ? me : from, person),
    make("p", "head", make("bdi", "name", speakerOf(message)),
      person && name === from && make("span", "badge", page.person),
      from === me && !person && make("span", "badge", page.yourAgent), timeOf(message), audience(message, room),
      first && kind, first && isCard(message) && asks(message, room)),
    !first && kind && make("p", "head marks", kind),
    finished && make("p", "note", fill(page.finishes, { tasks: few(finished.map(word)) })),
    answered(message, room),
    redacted ? make("p", "soft", page.removed) : text && said,
    file && fileOf(file),
    quoted(agreed, room, make("span", "", own.agreed), "check"),
    isCard(message) && standing(message, room));
  if (!redacted && (cut !== text || message.more)) row.classList.add("longer");
  return row;
}
