// What happened in the room beside what was said, as quiet lines in the server's words.

import { who } from "../ui/words.js";
import { html, useState } from "../vendor.js";
import { Answer } from "../sidebar/knocks.js";
import { nameOf } from "../tasks/name.js";
import { fill, word } from "../ui/fill.js";
import { Icon } from "../ui/icon.js";
import { cutWithin } from "../ui/quote.js";
import { Clock } from "../ui/time.js";
import { agentsOf, countOf, isGiven, isRejected, linesOf, ranIn, tasksOf, templateOf } from "./deeds.js";
import { Markdown } from "./markdown.js";
import { actor, actorOf, audience, capital, sayer } from "./names.js";
import { talk } from "./words.js";

/** @type {{me: string, alone: boolean, begins?: boolean, titles?: Map<string, string>}} */
const nobody = { me: "", alone: false };

/** The events between two messages, a line each or folded. view as in log.js. */
export function Events({ events, view }) {
  const [{ id: row }] = events;
  const shown = linesOf(events, (fold) => view.open.has(row + fold));
  return shown.map(({ folded, ...event }, n) => (folded ? html`
    <p key=${event.id} class="event">
      <button type="button" class="event-more" aria-expanded=${view.open.has(row + event.id)}
        onClick=${({ target }) => (view.opens(target), view.toggle(row + event.id))}>
        ${talk.folds[event.id](countOf(folded))}
      </button> <${Clock} at=${event.at} />
    </p>` : html`
    <${Event} key=${event.id} same=${minuteOf(event) === minuteOf(shown[n - 1])} event=${event} view=${view} />`));
}

const minuteOf = (event) => event?.at?.slice(0, 16);

/** One line. same is whether the line above it has the same time. */
function Event({ event, same, view }) {
  const [unfolded, setUnfolded] = useState(false); // the draft that was rejected
  const loud = event.reason === "opened_twice";
  const draft = isRejected(event) && view.byId.get(event.draft);
  const unfold = ({ target }) => {
    view.opens(target);
    setUnfolded(!unfolded);
    if (draft.more) view.room.paging.textOf(draft.id).catch(() => {}); // offline, its beginning has to do
  };
  return html`
    <p class=${"event" + (loud ? " event-loud" : same ? " event-same" : "")} data-id=${event.id}>
      <span>${loud && html`<${Icon} name="alert" />`}${saidOf(event, view)}</span>
      ${draft?.text && html`
        <button type="button" class="event-more" aria-expanded=${unfolded}
          onClick=${unfold}>
          ${unfolded ? talk.draft.hide : talk.draft.show}
        </button>`} <${Clock} at=${event.at} />
      ${event.to?.length > 0 && html`
        <span class="message-to"><${Icon} name="lock" />${audience(event, view.me)}</span>`}
      ${view.ghosts.has(event.id) && html`
        <${Answer} room=${view.room} knock=${event} offer="kick" className="button small" />`}
    </p>
    ${unfolded && draft && html`<div class="event-draft message-text"><${Markdown} text=${draft.text} /></div>`}`;
}

/** Returns what a line says. */
export function saidOf({ more = [], ...first }, view) {
  const { me, alone, titles } = view;
  const said = [first, ...more].map((event, n) =>
    sentence(event.votes ? voted(event, view) : event, { me, alone, titles, begins: n === 0 }));
  return said.flatMap((one, n) => (n ? ["; ", ...one] : one));
}

/** Returns a line of votes with who gave them, and a link to the proposal, which breaks as the words around it do. */
export function voted(event, { me, known, jump }) {
  const proposal = known(event.reply_to);
  const text = proposal ? html`<q><bdi>${cutWithin(proposal.text)}</bdi></q>` : talk.earlierMessage;
  const go = (click) => (click.preventDefault(), jump(event.reply_to));
  const element = html`<a class="event-more" href=${"#" + event.reply_to} title=${talk.goTo} onClick=${go}>${text}</a>`;
  const [first, ...others] = event.votes.map((vote) => sayer(vote, me));
  return { ...event, agents: [first.word ? word(capital(first.word)) : first, ...others], proposal: { element } };
}

/**
 * Returns what an event says. The seat me, if it is given, is "you" or "your agent"; begins is whether it is first.
 * titles are of tasks, by their ids: without them an id stands before the title, as in the export.
 */
export function sentence(event, seen = nobody) {
  const { me, alone, begins = true } = seen;
  const given = isGiven(event, seen);
  const template = templateOf(event, given);
  const tasks = tasked(event, seen.titles);
  const self = (name, person = alone) => (name && name === me ? word(who[person ? "you" : "yourAgent"]) : name);
  const by = tasks.by ?? event.by;
  const { by: doer, by_person: byPerson, by_name: called } = event.task ?? {};
  const names = {
    doer: doer === me ? self(doer, alone || byPerson) : doer && actor(doer, byPerson, called),
    agents: agentsOf(event).map((agent) => self(agent)),
    agent: event.type === "knock" ? event.agent : self(event.agent),
    giver: given && (event.agent === me ? word(who.you) : event.person_name || talk.personBehind(event.agent)),
    by: by === me ? self(by, alone || event.person) : by && actorOf({ ...event, by }),
    new_admin: self(event.new_admin), was: self(tasks.was), for: tasks.for?.map((name) => self(name)),
  };
  const first = template.match(/^\{(\w+)\}/)?.[1] ?? "";
  const [begun, ...others] = [names[first]].flat();
  if (begins && begun?.word) names[first] = [word(capital(begun.word)), ...others];
  const { ran, exit } = ranIn(event);
  const run = { ran: { element: html`<code>${ran}</code>` }, exit };
  const values = { ...event, ...quoted(event.changes), ...tasks, ...names, ...run, note: { quote: event.note } };
  const parts = fill(template, values);
  if (event.type !== "room" && event.changes?.invite) parts.push(talk.events.renewed);
  return event.note ? [...parts, ...fill(talk.events.because, values)] : parts;
}

/** Returns the settings that changed, with the texts among them as quotes. */
function quoted(/** @type {Record<string, any>} */ { room, description, ...others } = {}) {
  return { ...others, room: { quote: room ?? "" }, description: { quote: description ?? "" } };
}

/** Returns what a change of the tasks is about: who did it, and the titles as quotes. */
function tasked(event, titles) {
  const { type, agent, task = {} } = event;
  if (type !== "task" && !event.task) return {};
  const tasks = tasksOf(event).map(({ id, title }) => (titles ? nameOf(id, title ?? titles.get(id)) : { element: html`
    <span class="task-id">${id}</span>${title && html` <q><bdi>${cutWithin(title)}</bdi></q>`}` }));
  return { by: type === "task" ? agent : event.by, was: task.was, for: task.for, tasks };
}
