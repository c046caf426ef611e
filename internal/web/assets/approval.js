// Which messages of the agent wait for its person: "all" of them, or a list of kinds, which has none if they go freely.

export const kinds = ["private", "files", "agreements"]; // as in supervise

/**
 * Returns that of a supervision, or of arguments of supervise that have it.
 * @param {{approve?: boolean, approve_some?: string[]}} how
 */
export const approvalOf = ({ approve, approve_some: some = [] }) => (approve ? "all" : some);

/** Returns the arguments of supervise that make it so. */
export const approving = (approval) =>
  approval === "all" || !approval.length ? { approve: approval === "all" } : { approve_some: approval };

/** Reports whether what waits by one approval waits by another, too. */
export const covers = (wide, narrow) =>
  wide === "all" || (narrow !== "all" && narrow.every((kind) => wide.includes(kind)));

/** Returns what waits by an approval, and not by an earlier one. */
export const added = (now, before) =>
  now === "all" ? (before === "all" ? [] : "all") : now.filter((kind) => !covers(before, [kind]));

/** Returns an approval by which waits what waits by either. */
export const both = (one, other) =>
  one === "all" || other === "all" ? "all" : kinds.filter((kind) => one.includes(kind) || other.includes(kind));
