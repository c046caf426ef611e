// The words of tasks that the room shows without their dialog: how each stands.

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
    done: "Done by {by}",
    dropped: "Canceled",
    inQuestion: " · in question", // behind any other
  },
  given: "You assigned it to your agent",
};
