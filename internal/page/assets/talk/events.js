// What happened in the room beside what was said, as quiet lines in the server's words.

import { html, useState } from "../vendor.js";
import { Answer } from "../sidebar/knocks.js";
import { few } from "../ui/few.js";
import { fill, within, word } from "../ui/fill.js";
import { Icon } from "../ui/icon.js";
import { Clock } from "../ui/time.js";
import { words } from "../words.js";
import { audience, capital, personOf, sayer } from "./names.js";
import { gist } from "./rows.js";

const shownAtOnce = 3; // lines in a row; more are behind a button
const mostTitles = 3; // of tasks that were added at once

/** The events between two messages. view as in log.js. */
export function Events({ events, view }) {
  const [all, setAll] = useState(false);
  const lines = together(events);
  const few = lines.filter((event, n) => n === lines.length - 1 || isLoud(event, view));
  const shown = all || lines.length <= shownAtOnce ? lines : few;
  const showAll = () => (view.hold(), setAll(true));
  const hidden = lines.length - shown.length;
  return html`
    ${hidden > 0 && html`
      <p class="event">
        <button type="button" class="event-more" onClick=${showAll}>${words.talk.eventsHidden(hidden)}</button>
      </p>`}
    ${shown.map((event) => html`<${Event} key=${event.id} event=${event} view=${view} />`)}`;
}

/** Makes one line of agents that joined one after the other, of votes for the same proposal, of drafts that wait. */
export function together(events) {
  const lines = [];
  for (const event of events) {
    const above = lines.at(-1);
    const { type, agent, reply_to: proposal } = event;
    if (type === "joined" && above?.type === "joined")
      lines[lines.length - 1] = { ...above, agents: [...above.agents, agent] };
    else if (type === "message" && above?.type === "message" && above.reply_to === proposal)
      lines[lines.length - 1] = { ...above, votes: [...above.votes, event], agreed: above.agreed ?? event.agreed };
    else if (waits(event) && above && waits(above))
      lines[lines.length - 1] = { ...above, n: { element: (above.n?.element ?? 1) + 1 } };
    else if (type === "joined") lines.push({ ...event, agents: [agent] });
    else lines.push(type === "message" ? { ...event, votes: [event] } : event);
  }
  return lines;
}

const waits = ({ type, reason }) => type === "draft" && !reason;

/** Reports whether an event may not hide among others. */
export const isLoud = (event, view) =>
  event.reason === "opened_twice" || event.reason === "closed" || !!event.agreed || view.lets.has(event.id);

function Event({ event, view }) {
  const [open, setOpen] = useState(false);
  const loud = event.reason === "opened_twice";
  const showAll = () => (view.hold(), setOpen(true));
  const line = event.votes ? voted(event, view) : event;
  return html`
    <p class=${"event" + (loud ? " event-loud" : "")}>
      <span>
        ${loud && html`<${Icon} name="alert" />`}${sentence(open ? line : shortened(line, showAll))}
      </span> <${Clock} at=${event.at} short />
      ${event.to?.length > 0 && html`
        <span class="message-to"><${Icon} name="lock" />${audience(event, view.me)}</span>`}
      ${view.lets.has(event.id) && html`
        <${Answer} room=${view.room} knock=${event} offer="letIn" className="button small" />`}
    </p>`;
}

/** Returns an event with few of the agents that did it, and a button in the place of the others. */
export function shortened(event, showAll) {
  const shown = few(event.agents ?? []);
  if (shown.length === (event.agents ?? []).length) return event;
  const others = shown.pop().word;
  const element = html`<button type="button" class="event-more" onClick=${showAll}>${others}</button>`;
  return { ...event, agents: [...shown, { element }] };
}

/** Returns a line of votes with who gave them, and a button that leads to the proposal. */
export function voted(event, { me, byId, jump }) {
  const message = byId.get(event.reply_to);
  const text = message ? html`<q><bdi>${within(gist(message))}</bdi></q>` : words.talk.earlierMessage;
  const element = html`
    <button type="button" class="event-more" title=${words.talk.goTo} onClick=${() => jump(event.reply_to)}>
      ${text}
    </button>`;
  const [first, ...others] = event.votes.map((vote) => sayer(vote, me));
  return { ...event, agents: [first.word ? word(capital(first.word)) : first, ...others], proposal: { element } };
}

/** Returns what an event says. It names at most so many titles of tasks. */
export function sentence(event, titles = mostTitles) {
  const values = { ...event, ...quoted(event.changes), ...tasked(event, titles), note: { quote: event.note } };
  if (event.person && values.by) values.by = personOf(values.by);
  const parts = fill(templateOf(event), values);
  if (event.type !== "room" && event.changes?.invite) parts.push(words.talk.events.renewed);
  if (event.task?.for?.length) parts.push(...fill(words.talk.events.taskFor, values));
  return event.note ? [...parts, ...fill(words.talk.events.because, values)] : parts;
}

/** Returns the settings that changed, with the texts among them as quotes. */
function quoted(/** @type {Record<string, any>} */ { room, description, ...others } = {}) {
  return { ...others, room: { quote: room ?? "" }, description: { quote: description ?? "" } };
}

/** Returns what a change of the tasks is about: who did it, and the titles as quotes behind their numbers. */
function tasked({ type, agent, task = {}, tasks = [task] }, most) {
  if (type !== "task") return {};
  const one = ({ id, title }) => html`<span class="task-id">${id}</span> <q><bdi>${within(title)}</bdi></q>`;
  const shown = tasks.length > most ? most - 1 : tasks.length;
  const titles = /** @type {any[]} */ (tasks.slice(0, shown).map((task) => ({ element: one(task) })));
  if (shown < tasks.length) titles.push(word(words.ui.others(tasks.length - shown)));
  return { by: agent, was: task.was, for: task.for, tasks: titles };
}

function templateOf(event) {
  const { events } = words.talk;
  switch (event.type) {
    case "joined":
      return events.joined;
    case "message":
      return events.voted + (event.agreed ? events.complete : "");
    case "left":
      return (events.left[event.reason] ?? events.left.left) + (event.new_admin ? events.succeeds : "");
    case "role":
      return event.reason === "timeout" ? events.succeeded : (events.role[event.action] ?? events.other);
    case "room":
      return event.reason === "closed" ? events.closed : events.by + changesOf(event.changes ?? {}).join(", ");
    case "paired":
      return events.paired;
    case "knock":
      return events.knock[event.reason] ?? events.other;
    case "task":
      return events.task[event.task?.was ? "takeOver" : event.action] ?? events.task.other;
    case "draft":
      return events.draft[event.reason ?? (event.n ? "wait" : "waits")] ?? events.draft.waits;
    case "hook":
      return events.hook[event.hook ?? "client"]?.[howHookIs(event)] ?? events.other;
    case "supervision":
      return events.supervision[event.reason] ?? events.other;
  }
  return events.other;
}

const howHookIs = ({ reason, person }) => (reason && person ? "ended" : (reason ?? "begun"));

/** Returns a phrase for each setting that was changed. */
function changesOf(changes) {
  const { change } = words.talk.events;
  return Object.entries(changes).map(([name, value]) => {
    const phrase = change[name];
    if (typeof phrase !== "object") return phrase ?? change.other;
    return (Object.hasOwn(phrase, value) ? phrase[value] : phrase.other) ?? change.other;
  });
}
