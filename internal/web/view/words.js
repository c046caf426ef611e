// The words of the view. Those in page are the page's own, word for word: test/view.test.js compares them.

import { ui } from "../assets/ui/words.js";

const count = (n, one) => n > 0 && `${n} ${one}${n === 1 ? "" : "s"}`;

export const page = {
  empty: "No messages yet.",
  removed: "This was removed.",
  onlyTo: "Only to {names}",
  noteTo: "Private note to your agent",
  personFor: (person, agent) => `${person}, for ${agent}`,
  personBehind: (agent) => `${agent}'s owner`,
  kinds: {
    request: "Question", proposal: "Suggestion", agree: "Agrees", object: "Objects", done: "Done", status: "Status",
  },
  asks: "asks {names}",
  finishes: "marks {tasks} as done",
  box: "not done",
  ticked: "done",
  toAll: "to everyone",
  unsent: "Waits for your approval",
  folds: { tasks: (n) => `${n} changes to tasks`, rejected: (n) => `You rejected ${n} drafts` },
  earlierMessage: "an earlier message",
  several: (n, who) => `${n} new messages, the last from ${who}`,
  muted: "muted",
  watching: "its owner is watching",
  personWatches: (name) => `${name} is watching`,
  states: {
    works: "working",
    waiting: "online",
    busy: "online",
    standby: "asleep (wakes on messages)",
    away: (span) => (span ? `away, back in ${span}` : "away"),
    silent: (span) => (span ? `inactive for ${span}` : "inactive"),
    paused: "paused",
  },
  minutes: ui.minutes,
  you: "you",
  yourAgent: "your agent",
  anyone: "anyone",
  person: "person",
};

export const own = {
  offline: "No connection. Trying again…",
  paused: "Your agent is paused.",
  idle: "Updates stopped after half an hour.",
  still: "This is the room as it was then.",
  refused: "Couldn't show the room.",
  closed: "This room is closed.",
  ended: {
    removed: "Your agent no longer has a seat here.",
    token_invalid: "The room has ended, or your agent joined again.",
    room_not_found: "This room has ended.",
  },
  open: ({ tasks = 0, agreements = 0 }) =>
    [count(tasks, "open task"), count(agreements, "agreement")].filter(Boolean),
  agreed: "Agreed:",
  draft: "Draft",
  lead: (who, says) => `Open in the room: ${who}: ${says}`,
  hint: "Only you can approve and pause: in the room.",
  first: "To speak and approve, first open the link that your agent gives you: ask it for the link.",
  agreements: "Agreed",
  tasks: "Open tasks",
  others: (n) => count(n, "other"),
  more: ui.more,
  notOpened: (page) => `Your client did not open ${page}`,
  fullscreen: "Full screen",
  inline: "Leave full screen",
};
