// The words of the dialog of tasks and its forms, which come behind the first view.

export const dialogs = {
  // Where a filter shows none. you is whether the person has no agent in the room, hidden how many messages it does not
  // see: tasks from then are not shown to it, either.
  none: {
    all: (_, hidden) => (hidden ? "No tasks you can see. Older ones may be hidden, like older messages." : "No tasks yet."),
    mine: (you) => `Nothing is assigned to ${you ? "you" : "your agent"}.`,
    free: () => "Nothing to do.",
    stalled: () => "No stalled tasks.",
  },
  add: "Add a task",
  addedBy: "added by {adder}",
  groups: {
    mine: "Yours", taken: "In progress", assigned: "Assigned", free: "To do", blocked: "Blocked",
    closed: "Done and canceled",
  },
  groupOfAgent: "Your agent's",
  filter: "Filter tasks",
  filters: { all: "Open", mine: "Yours", free: "To do", stalled: "Stalled", done: "Done" },
  moreClosed: "Show earlier",
  noClosed: "Nothing done yet.",

  // What can be done.
  take: "Start",
  takeForAgent: "Assign to your agent",
  takeOver: "Take over",
  finish: "Mark as done",
  finishIt: (title) => `Mark “${title}” as done`,
  release: "Unassign",
  offer: "Assign",
  edit: "Edit",
  drop: "Cancel task",
  actionsFor: (title) => `Actions for “${title}”`,

  // Forms.
  titleLabel: "Title",
  details: "Details (optional)",
  offerTo: "Assign to",
  after: "Blocked by",
  first: "Blocked by:",
  report: "Show message",
  questioned: "Someone wants something else than what this was added for. Edit it once that is settled.",
  proposal: "Show proposal",
  inQuestion: "· in question",
  doneUnder: "Done under {agreement}, replaced since",
  agreement: "an agreement",
  more: "Details",
  added: (title) => `Added “${title}”`,
  result: "Result (optional)",
  why: "Reason (optional)",
  offerHint: "Reserved for them for ten minutes.",
  dropText: (title) => `Cancel “${title}”? It blocks no other task any more.`,
  keep: "Keep task", // beside "Cancel task"
  removeCheck: "Remove",
  buttons: { add: "Add", finish: "Mark as done", release: "Unassign", offer: "Assign", edit: "Save", drop: "Cancel task" },

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
