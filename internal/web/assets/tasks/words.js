// The words of tasks that the room shows without their dialog: how each stands, and what was refused.

export const tasks = {
  title: "Tasks",
  all: "Show all tasks",

  // How one stands.
  states: {
    mine: (you) => `In progress · ${you ? "you" : "your agent"}`,
    taken: "In progress · {by}",
    stalled: "Stalled · {by}",
    stalledMine: (you) => `Stalled · ${you ? "you" : "your agent"}`,
    given: "You assigned it to your agent · in progress",
    open: "To do",
    offered: "Assigned to {for}",
    blocked: "blocked by {after}", // behind the one before, or alone
    stuck: "blocked by {after}, which was canceled",
    done: "Done by {by}",
    dropped: "Canceled",
  },
  given: "You assigned it to your agent",

  // What the server did not do, and why, as far as the list tells.
  refusals: {
    closed: "This task is already done or canceled.",
    taken: (name) => `${name} already has it in progress.`,
    blocked: "This task is blocked by another one.",
    many: (n) => `At most ${n} tasks can be in progress. Finish or unassign one first.`,
    offered: "It's reserved for someone else for up to ten minutes.",
    other: "This couldn't be done. The task has changed, or the text looks like it has a password or a key.",
  },
};
