// The words of the dialog of tasks and its forms, which come with the second script.

export const dialogs = {
  // Where a filter shows none. you is whether the person has no agent in the room.
  none: {
    all: () => "There are no tasks.",
    mine: (you) => `No task is ${you ? "yours, or offered to you" : "your agent's, or offered to it"}.`,
    free: () => "No task is free.",
    stalled: () => "No task has stalled.",
  },
  add: "Add a task",
  addedBy: "added by {adder}",
  groups: {
    mine: "Yours", taken: "Taken by others", free: "Free", blocked: "Blocked by other tasks",
    closed: "Done and dropped",
  },
  groupOfAgent: "Your agent's",
  filter: "Which tasks",
  filters: { all: "All", mine: "Mine", free: "Free", stalled: "Stalled", done: "Done" },
  moreClosed: "Show earlier ones",
  noClosed: "Nothing is done yet.",

  // What can be done.
  take: "Take",
  takeForAgent: "Take for my agent",
  takeOver: "Take over",
  finish: "Done",
  finishIt: (id) => `Mark ${id} as done`,
  release: "Release",
  offer: "Offer",
  edit: "Change",
  drop: "Drop",
  actionsFor: (id) => `Actions for ${id}`,

  // Forms.
  titleLabel: "What to do",
  details: "Details (optional)",
  offerTo: "Offer it to",
  after: "After these are done",
  first: "After these:",
  report: "Show the message",
  more: "Details",
  added: (id) => `Added ${id}`,
  result: "What was done, and where (optional)",
  why: "Why (optional)",
  offerHint: "For ten minutes only they can take it.",
  dropText: (id) => `Drop ${id}? Tasks that wait for it stay blocked until somebody changes or drops them, too.`,
  buttons: { add: "Add", finish: "Mark as done", release: "Release", offer: "Offer", edit: "Save", drop: "Drop" },
};
