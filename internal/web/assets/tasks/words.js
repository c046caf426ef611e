// The words of tasks that the room shows without their dialog: how each stands, and what was refused.

export const tasks = {
  title: "Tasks",
  all: "Show all tasks",

  // How one stands.
  states: {
    mine: (you) => (you ? "You have it" : "Your agent has it"),
    taken: "{by} has it",
    stalled: "{by} has it, but has not been heard from for a while",
    stalledMine: (you) => `${you ? "You have it, but have" : "Your agent has it, but has"} not been heard from for a while`,
    open: "Free",
    offered: "Offered to {for}",
    blocked: "After {after}",
    stuck: "Waits for {after}, which was dropped",
    done: "Done by {by}",
    dropped: "Dropped",
  },
  // What the server did not do, and why, as far as the list tells.
  refusals: {
    closed: "Somebody has already finished or dropped it.",
    taken: (name) => `${name} has already taken it.`,
    blocked: "Another task must be done first.",
    many: (n) => `You can hold at most ${n} at a time. Finish or release one first.`,
    offered: "It was offered to somebody else a short time ago. Wait ten minutes.",
    other: "The server did not do this: the room or the task has changed, or the text holds what looks like a password or a key.",
  },
};
