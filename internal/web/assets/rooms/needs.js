// What in a room needs its person: drafts of its agent to decide about, what it or its agent is asked, checks that
// differ of what its agent did, and tasks that have stalled. The list over all rooms, the numbers at the rooms, in the
// title and on the icon count these, and nothing else.

import { known } from "../talk/known.js";
import { outcomesOf } from "../talk/outcomes.js";
import { gist } from "../talk/rows.js";

/**
 * One thing that needs the person. who has written it or has the task, "" where that is not known, and text is its
 * first line; to and file are those of the message, where it is known.
 * @typedef {{id: string, what: "draft" | "request" | "proposal" | "check" | "task", who: string, text: string,
 *   to?: string[], file?: object, differing?: import("../results.d.ts").Differing}} Need
 */

/** Returns the draft that answers a message, and is what needs the person in place of that; undefined for none. */
export const draftFor = (drafts, id) => drafts.find(({ reply_to: answered }) => answered === id);

/**
 * Returns what needs the person of a seat: drafts, what asks it, checks that differ, and stalled tasks, each in the
 * order of the room. me is the name of the seat. over says that nothing can be done in the room any more. requests,
 * differing and stalled are as in room_info, and messages those that are loaded, of which asOf was the last one when
 * that was read: "" if none was.
 * @param {{me: string, over: boolean,
 *   drafts: {id: string, text?: string, reply_to?: string, to?: string[], file?: object}[],
 *   requests: import("../results.d.ts").Request[], differing: import("../results.d.ts").Differing[],
 *   stalled: {id: string, title?: string, by?: string}[], messages: import("../results.d.ts").Message[],
 *   asOf: string}} room
 * @returns {Need[]}
 */
export function needsIn({ me, over, drafts, requests, differing, stalled, messages, asOf }) {
  if (over) return [];
  const byId = new Map(messages.map((message) => [message.id, message]));
  const all = drafts.map((draft) => ({ what: "draft", who: me, text: gist(draft), ...carried(draft) }));
  for (const asked of asksOf({ me, requests, messages, asOf })) {
    const { id, proposal, kind } = asked;
    if (draftFor(drafts, id)) continue;
    const message = byId.get(id);
    const what = proposal || kind === "proposal" ? "proposal" : "request";
    all.push({ what, ...known(id, message, { requests }), ...carried({ ...message, id }) });
  }
  for (const one of differing)
    all.push({ id: one.id, what: "check", who: one.who.join(), text: one.task.title, differing: one });
  for (const { id, title = "", by } of stalled)
    all.push({ id, what: "task", who: by ?? holderOf(id, messages), text: title });
  return /** @type {Need[]} */ (all);
}

const carried = (/** @type {any} */ { id, to, file }) => ({ id, ...(to && { to }), ...(file && { file }) });

/**
 * Returns what asks the seat by its name and has no answer of it yet. What came after the requests were read counts,
 * too: they are not read anew while the tab is hidden. A question to anyone needs nobody in particular.
 */
function asksOf({ me, requests, messages, asOf }) {
  const at = messages.findLastIndex(({ id }) => id === asOf);
  const newer = asOf && at < 0 ? [] : messages.slice(at + 1).filter(({ type, ask }) => type === "message" && ask);
  const asks = [...requests.map(({ owed_by: ask, ...request }) => ({ ask, ...request })), ...newer]
    .filter(({ from, ask }) => from !== me && ask?.includes(me));
  if (!asks.length) return [];
  const outcomes = outcomesOf(messages);
  const isOver = ({ end, yes } = { end: "", yes: new Set() }) => !!end || yes.has(me);
  return [...new Map(asks.map((one) => [one.id, one])).values()].filter(({ id }) => !isOver(outcomes.get(id)));
}

/** Returns who has a task, as far as the messages tell. */
const holderOf = (id, messages) =>
  messages.findLast(({ action, task }) => action === "take" && task?.id === id)?.agent ?? "";

/**
 * Returns what needs the person in the room that is open, by its state. What the person has decided or answered is over
 * at once, also while that can be undone or is on its way.
 */
export function needsOf(/** @type {import("../types.d.ts").State} */ state) {
  return needsIn({
    me: state.me,
    over: state.phase === "opening" || state.phase === "ended" || !state.room || !!state.room.closed,
    drafts: undecided(state),
    requests: state.requests,
    differing: state.differing,
    stalled: state.tasks.filter(({ state }) => state === "stalled"),
    messages: state.messages,
    asOf: state.asOf,
  }).filter(isLeft(state));
}

/** Returns the drafts about which the person has not decided. */
export const undecided = ({ supervision, deciding }) => supervision.drafts.filter(({ id }) => !deciding[id]);

/**
 * Returns the drafts that stand for their answers: all that the person has not rejected, also of those that the log is
 * about to show.
 */
export const answering = ({ supervision, deciding, approved }) =>
  [...supervision.drafts.filter(({ id }) => deciding[id]?.decision !== "refuse"), ...approved];

/** Reports whether something is not answered by what the person is sending, or by a draft. */
function isLeft(state) {
  const said = state.pending.filter((one) => one.state === "sending").map(({ args }) => args);
  const answers = [...said, ...answering(state)].map(({ reply_to: answered }) => answered);
  return ({ id }) => !answers.includes(id);
}

/**
 * Returns what needs the person in a room that is not open, by what news has told, and by what the person has decided
 * since.
 * @param {import("../types.d.ts").Known} known
 * @param {any} half the state of a Half, which knows better than the server has told which drafts are left
 */
export function needsInOther({ info, needs: { drafts, asks, differing } }, half = undefined) {
  const me = info?.room.agents.find(({ you }) => you)?.name ?? "";
  const state = half ?? { deciding: {}, approved: [], pending: [], supervision: { drafts }, differing };
  return needsIn({
    me, over: !info || !!info.room.closed, drafts: undecided(state),
    differing: state.differing,
    requests: /** @type {any[]} */ (asks.map((one) => ({ ...one, owed_by: [me] }))),
    stalled: info?.stalled ?? [], messages: asks, asOf: asks.at(-1)?.id ?? "",
  }).filter(isLeft(state));
}
