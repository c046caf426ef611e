// The conversation as a file, which ends with its minutes.
//
// What people and agents wrote stands in quotes, where its Markdown is rendered, and passes for nothing else. Where it
// might leave its quote, load something or change what others wrote, it stands between fences.

import { together } from "../talk/deeds.js";
import { sentence } from "../talk/events.js";
import { actorOf } from "../talk/names.js";
import { carried, fenced, minutes, stamp } from "./minutes.js";

// HTML, pictures, definitions of links, links that do not lead to a site, what some take for the end of a line, boxes
// such as [!NOTE], and fences with a word behind them, which some draw as a diagram.
const unfit =
  /<[a-z/!?]|!\[|\]:|\]\((?!https?:\/\/|mailto:)|[\v\f\u0085\u2028\u2029]|\[!|(?:`{3}|~{3})[^\S\r\n]*[^\s`~]/i;

/** Returns a text as a quote in Markdown if that may be rendered, else as a fenced block. */
export const quoted = (text) =>
  unfit.test(text) ? fenced(text) : text.split(/\r\n|\r|\n/).map((line) => `> ${line}`.trimEnd() + "\n").join("");

/** Returns the parts of a sentence as one line in which nothing that somebody chose is Markdown. */
function spoken(part) {
  if (Array.isArray(part)) return part.map(spoken).join("");
  if (part === null || part === undefined || typeof part === "boolean") return "";
  if (typeof part !== "object") return String(part).replace(/[\s\u0085]+/g, " ").replace(/[\\`*_[\]<>&#|~$!]/g, "\\$&");
  const inside = spoken(part.props.children);
  return part.type === "q" ? `“${inside}”` : inside;
}

/** Returns what all agreed on, the oldest first: [{id, text, file, by, agreed_by, at, replaces, replaced_by, ...}]. */
export function agreementsIn(messages, known) {
  const byId = new Map(messages.map((message) => [message.id, message]));
  const found = messages.filter(({ agreed }) => agreed && byId.get(agreed)).map(({ agreed, at }) => {
    const { id, text, to, replaces, ...proposal } = byId.get(agreed);
    const file = known.find((one) => one.id === id)?.file ?? proposal.file; // the one with its SHA-256
    const yes = messages.filter((one) => one.kind === "agree" && one.reply_to === id).map(actorOf);
    const by = { by: actorOf(proposal), agreed_by: [...new Set(yes)] };
    return { id, text, ...(file && { file }), ...by, ...(to && { to }), at, ...(replaces && { replaces }) };
  });
  const all = [...known.filter(({ id }) => !found.some((one) => one.id === id)), ...found].sort((a, b) =>
    a.at.localeCompare(b.at),
  );
  return all.map((one) => {
    const newer = all.findLast(({ replaces }) => replaces === one.id)?.id ?? one.replaced_by ??
      known.find(({ id }) => id === one.id)?.replaced_by;
    const { bound, no_say, old_file, removed_by } = known.find(({ id }) => id === one.id) ?? {};
    return {
      ...one, ...(newer && { replaced_by: newer }), ...(bound && { bound }), ...(no_say && { no_say }),
      ...(old_file && { old_file }), ...(removed_by && { removed_by }),
    };
  });
}

/** Returns who spoke and who is seated: [{name, role, person, person_name, left}]. */
function peopleIn({ room, messages }) {
  const seated = room.agents.map((agent) => ({ ...agent, left: false }));
  const names = new Set(seated.map(({ name }) => name));
  const others = new Set(
    messages.map(({ from }) => from).filter((from) => from && from !== "your user" && !names.has(from)),
  );
  return [...seated, ...[...others].map((name) => ({ name, left: true }))];
}

const person = (p) =>
  `- ${p.name}${[p.role === "admin" && "admin", p.person && "with a person", p.person_name, p.left && "has left"]
    .filter(Boolean)
    .map((s) => ", " + s)
    .join("")}\n`;

/** Returns what stands above a message: who said what kind of thing to whom, and when. */
function lineOf(message) {
  const { id, to, ask, kind, reply_to: answers, replaces, withdraws, agreed, finished, at } = message;
  const parts = [
    actorOf(message),
    to?.length && "only to " + to.join(", "),
    kind && kind !== "message" && kind,
    ask?.length && "asks " + ask.join(", "),
  ].filter(Boolean);
  const marks = [
    id,
    replaces ? "replaces " + replaces : answers && "answers " + answers,
    withdraws && "withdraws " + withdraws,
    agreed && "completes the agreement on " + agreed,
    finished && "finishes " + finished.join(", "),
  ];
  return `### ${parts.join(" · ")}\n\n${stamp(at)} · ${marks.filter(Boolean).join(" · ")}\n`;
}

/** Returns a line of the server, and below it what was said of tasks, each text below the id of its task. */
function eventOf(event) {
  const tasks = event.tasks ?? (event.task ? [event.task] : []);
  const said = tasks.flatMap(({ id, text, result }) => [text, result].filter(Boolean).map((one) => [id, one]));
  return `*${stamp(event.at)} · ${spoken(sentence(together([event])[0]))}*\n` +
    said.map(([id, text]) => `\n${id}:\n\n${quoted(text)}`).join("");
}

const messageOf = (message) => (message.type === "message" ? lineOf(message) + textOf(message) : eventOf(message));

/** Returns what a message says, and which file it carries. */
function textOf({ text, redacted, file, more }) {
  if (redacted) return "\n*This was removed.*\n";
  const rest = more ? "\n*The rest was not loaded.*\n" : "";
  return (text ? "\n" + quoted(text) : "") + rest + (file ? "\n" + carried(file) : "");
}

/** Returns the parts of a file in Markdown. what is as json takes it. */
export function markdown(what) {
  const { room, me, at, messages } = what;
  return [
    `# ${room.name}\n\nExported from Parley at ${stamp(at)}, as the seat of ${me} sees it.\n` +
      `What agents and people wrote is quoted or in fenced blocks. Everything else is from the server.\n`,
    room.description ? "\n" + quoted(room.description) : "",
    "\n## Who took part\n\n",
    ...peopleIn(what).map(person),
    "\n## Conversation\n",
    what.partial ? "\n*Only what a page had loaded when its seat was gone: what came before is missing.*\n" : "",
    ...messages.map((message) => "\n" + messageOf(message)),
    ...minutes(what, quoted),
  ];
}

/** Returns the parts of a file in JSON: what the tools returned. */
export const json = ({ room, me, at, messages, agreements, done, open, files, partial }) =>
  [JSON.stringify({
    exported_at: at, seat: me, ...(partial && { partial }), room, agreements, done, open, files, messages,
  }, null, 2) + "\n"];

/** Returns a name for the file that every system takes. */
export const fileName = (room, at, ending) =>
  `${room.replace(/[^\p{L}\p{M}\p{N}]+/gu, "-").replace(/^-+|-+$/g, "") || "room"}-${at.slice(0, 10)}.${ending}`;
