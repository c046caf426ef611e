// What was run for a task that is done, as its agent says, and what others had that ran the same. Each is the word of
// whoever says it, so none is marked as right.

import { kindOf } from "../talk/deeds.js";
import { capital } from "../talk/names.js";
import { fill } from "../ui/fill.js";
import { html } from "../vendor.js";
import { counts } from "./mark.js";
import { named } from "./model.js";
import { briefly as b, ran as w } from "./ran-words.js";

/**
 * Returns [template, values] for what a task reports, and for each check of that; by is the check.
 * @returns {[string, {by?: any, ran?: string, exit?: number, at?: string, aside?: string}][]}
 */
export function told({ evidence, checks = [] }) {
  if (!evidence) return [];
  const { ran, exit, commit, dirty } = evidence;
  return [
    [w.reported + (commit ? (dirty ? w.changed : w.at) : ""), { ran, exit, at: commit?.slice(0, 7) }],
    ...checks.map((check) => /** @type {[string, {}]} */ (
      [checked(check), { by: check, exit: check.exit, aside: check.aside_by }])),
  ];
}

/** Returns, as told does, what a row says: each check that counts, then what was reported; nothing without a check. */
export function briefed({ evidence, checks = [] }) {
  const counted = checks.filter(counts);
  if (!evidence || !counted.length) return [];
  const files = ({ verdict, tree }) => (verdict === "cannot" ? "" : tree ? b.compared : b.unknown);
  return [
    ...counted.map((check) => [(b[check.verdict] ?? b.cannot) + files(check), { by: check, exit: check.exit }]),
    [b.ran, evidence],
  ];
}

const checked = (check) => (w[kindOf(check)] ?? w.cannot) + (check.verdict !== "differs" && check.exit ? w.exit : "") +
  (check.aside_by ? w.aside : check.gone ? w.gone : "");

/** Returns the lines that tell what was run for a task that is done and, behind it, who ran the same: see told. */
export const ranOf = (task, view) => told(task).map((line) => lineOf(line, view));

/** Returns what a row says of that: see briefed. */
export const briefOf = (task, view) => briefed(task).map((line) => lineOf(line, view));

function lineOf(/** @type {any} */ [template, { by, ran, exit, at, aside }], view) {
  const name = by && named(by.by, view, by.by_person, by.by_name);
  const parts = fill(template, {
    by: name, ran: { element: html`<code>${ran}</code>` }, exit: { word: `${exit}` }, at: { word: at }, aside,
  });
  const first = parts.findIndex((part) => part !== "");
  if (typeof parts[first] === "string") parts[first] = capital(parts[first]);
  return parts;
}
