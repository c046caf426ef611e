// What the agent of a task that is done says that it ran, and what others say that ran the same to check it. The page
// cannot know who is right, so it marks nothing as right.

import { kindOf } from "../talk/deeds.js";
import { capital } from "../talk/names.js";
import { fill } from "../ui/fill.js";
import { html } from "../vendor.js";
import { named } from "./model.js";
import { briefly as b, ran as w } from "./ran-words.js";

/**
 * Returns a line, [template, values], for what the agent reported, and one for each check; by is the check.
 * @returns {[string, {by?: any, ran?: string, exit?: number, at?: string}][]}
 */
export function told({ evidence, checks = [] }) {
  if (!evidence) return [];
  const { ran, exit, commit, dirty } = evidence;
  return [
    [w.reported + (commit ? (dirty ? w.changed : w.at) : ""), { ran, exit, at: commit?.slice(0, 7) }],
    ...checks.map((check) => /** @type {[string, {}]} */ (
      [templateOf(check), { by: check, exit: check.exit }])),
  ];
}

/** Returns the lines for a row, as told does: each check, then the report; none without a check. */
function briefed({ evidence, checks = [] }) {
  if (!evidence || !checks.length) return [];
  const filesOf = ({ verdict, tree }) => (verdict === "cannot" ? "" : tree ? b.compared : b.unknown);
  return [
    ...checks.map((check) => [(b[check.verdict] ?? b.cannot) + filesOf(check), { by: check, exit: check.exit }]),
    [b.ran, evidence],
  ];
}

const templateOf = (check) =>
  (w[kindOf(check)] ?? w.cannot) + (check.verdict !== "differs" && check.exit ? w.exit : "");

/** Returns the lines of told, for the page. */
export const ranOf = (task, view) => told(task).map((line) => ({ line: lineOf(line, view), check: line[1].by }));

/** Returns the lines of briefed, for the page. */
export const briefOf = (task, view) => briefed(task).map((line) => lineOf(line, view));

function lineOf(/** @type {any} */ [template, { by, ran, exit, at }], view) {
  const name = by && named(by.by, view, by.by_person, by.by_name);
  const parts = fill(template, {
    by: name, ran: { element: html`<code>${ran}</code>` }, exit: { word: `${exit}` }, at: { word: at },
  });
  const first = parts.findIndex((part) => part !== "");
  if (typeof parts[first] === "string") parts[first] = capital(parts[first]);
  return parts;
}
