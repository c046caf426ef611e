// How an exported conversation ends: what was agreed, what was done and by whom, what is open, and the
// files. test/minutes.md is what it makes of test/minutes.json.
//
// What people and agents wrote stands between fences that are longer than any in it, so that it ends
// nowhere but where it ends, and passes for nothing else; in an export it may be quoted.

import { told } from "../tasks/ran.js";
import { actor, actorOf } from "../talk/names.js";

export const stamp = (at) => at.replace("T", " ").replace("Z", " UTC");

/** Returns a text as a fenced block of Markdown. */
export function fenced(text) {
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map((run) => run.length));
  const fence = "`".repeat(longest + 1);
  return fence + "text\n" + text + (/[\r\n]$/.test(text) ? "" : "\n") + fence + "\n";
}

const others = (names = [], by = "") => names.filter((name) => name !== by).join(", ");

const agreementOf = ({ id, text, by, agreed_by: yes, at, file, replaces, replaced_by: newer, ...old }, say) =>
  `### Proposed by ${by}, agreed by ${others(yes, by) || "all who were asked"}\n\n${stamp(at)} · ${id}` +
  (replaces ? " · replaces " + replaces : "") + (old.bound ? ", which bound " + old.bound.join(", ") : "") +
  (old.no_say ? ` (without ${old.no_say.join(", ")}, who had no say)` : "") + (newer ? " · replaced by " + newer : "") +
  (old.removed_by ? " · removed by " + old.removed_by : "") + "\n" + (text ? "\n" + say(text) : "") +
  (file ? "\n" + carried(file) : "") + (old.old_file ? "\n" + carried(old.old_file, "It replaces a file") : "");

/** Says which file a message carries. */
export const carried = ({ name, size, type, sha256 }, what = "A file") =>
  `${what} of ${size} bytes, ${sha256 ? "SHA-256 " + sha256 : type}:\n\n${fenced(name)}`;

/** Says how an open task stands. */
function standing({ state, by: agent, by_name: called, for: offered, after = [] }) {
  const by = actor(agent, !!called, called);
  switch (state) {
    case "taken":
      return "in progress by " + by;
    case "stalled":
      return "stalled with " + by;
    case "blocked":
      return "blocked by " + after.join(", ");
  }
  return offered?.length ? "to do, assigned to " + offered.join(", ") : "to do";
}

function taskOf(facts, task, say) {
  const { id, title, text, result, in_question: question, done_under: under } = task;
  const [reported, ...checks] = told(task).map(([template, { by, ran = "", ...values }]) => written(template, {
    ...values, ran: ran.includes(", exit ") ? JSON.stringify(ran) : ran, // which looks like what follows
    by: by && actor(by.by, by.by_person || !!by.by_name, by.by_name),
  }));
  const more = (question ? ", in question by " + question : "") + (under ? `, under ${under}, replaced since` : "");
  return `### ${id} · ${facts}${more}\n\n` + [title, text, result].filter(Boolean).map(say).join("\n") +
    (reported ? `\nWhat was run:\n\n${say(reported)}` : "") + checks.map((check) => `\n- ${check}\n`).join("");
}

const written = (template, values) => template.replace(/\{(\w+)\}/g, (_, name) => values[name]);

/** Says who ended a task. */
const ended = ({ state, by, by_person: person, by_name: called }) =>
  state === "dropped" ? "canceled" : "done by " + actor(by, person || !!called, called);

const fileOf = ({ id, at, file: { name, size, type }, ...message }) =>
  `### ${actorOf(message)} · ${size} bytes · ${type}\n\n${stamp(at)} · ${id}\n\n${fenced(name)}`;

const part = (title, all) => (all.length ? [`\n## ${title}\n`, ...all.map((one) => "\n" + one)] : []);

/**
 * Returns the parts of the minutes in Markdown; those in which there is nothing are left out. say sets a text that
 * somebody wrote apart.
 */
export const minutes = ({ agreements, done, open, files }, say = fenced) => [
  ...part("Agreements", agreements.map((one) => agreementOf(one, say))),
  ...part("Done", done.map((task) => taskOf(ended(task), task, say))),
  ...part("Open", open.map((task) => taskOf(standing(task), task, say))),
  ...part("Files", files.map(fileOf)),
];

/** Returns the files that messages carry, the oldest first: [{id, from, at, file, to}]. */
export const filesIn = (messages) =>
  messages
    .filter(({ file, redacted }) => file && !redacted)
    .map(({ id, from, person, person_name, at, file, to }) =>
      ({ id, from, ...(person && { person, person_name }), at, file, ...(to && { to }) }));
