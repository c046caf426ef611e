// What was run for a task that is done, as its agent says, and what others had that ran the same. Each is the word of
// whoever says it, so none is marked as right.

import { ran as w } from "./ran-words.js";

/**
 * Returns [template, values] for what a task reports, and for each check of that; by is the check.
 * @returns {[string, {by?: any, ran?: string, exit?: number, at?: string}][]}
 */
export function told({ evidence, checks = [] }) {
  if (!evidence) return [];
  const { ran, exit, commit, dirty } = evidence;
  return [
    [w.reported + (commit ? (dirty ? w.changed : w.at) : ""), { ran, exit, at: commit?.slice(0, 7) }],
    ...checks.map((check) => /** @type {[string, {}]} */ ([checked(check), { by: check, exit: check.exit }])),
  ];
}

/** Returns which check it is. The same exit code on files that nobody compared is less than the same result. */
export const kindOf = ({ verdict, tree }) => (verdict === "same" && !tree ? "sameExit" : verdict);

const checked = (check) => (w[kindOf(check)] ?? w.cannot) + (check.verdict !== "differs" && check.exit ? w.exit : "");
