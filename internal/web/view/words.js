// The words of the view. Those in page are the page's own, word for word: test/view.test.js compares them.

const count = (n, one, many = one + "s") => n > 0 && (n === 1 ? "1 " : n + " ") + (n === 1 ? one : many);
const minutes = (n) =>
  n < 60 ? `${n} min` : n < 48 * 60 ? `${Math.floor(n / 60)} h` : `${Math.floor(n / 60 / 24)} days`;

export const page = {
  empty: "Nothing has been said yet.",
  removed: "This was removed.",
  onlyTo: "Only to {names}",
  noteTo: "Note to your agent: nobody else sees it",
  personFor: (person, agent) => `${person}, for ${agent}`,
  personBehind: (agent) => `the person behind ${agent}`,
  kinds: {
    request: "Request", proposal: "Proposal", agree: "Agrees", object: "Objects", done: "Done", status: "Status",
  },
  asks: "asks {names}",
  agreed: "Agreed by everyone asked:",
  earlierMessage: "an earlier message",
  several: (n, who) => `${n} new messages, the last from ${who}`,
  muted: "muted",
  watching: "its person is watching",
  personWatches: (name) => `${name} is watching`,
  states: {
    waiting: "reads at once",
    busy: "was here just now",
    standby: "woken by messages",
    away: (span) => (span ? `away, back in ${span}` : "away"),
    silent: (span) => (span ? `silent for ${span}` : "silent"),
  },
  watches: "watching",
  minutes,
  you: "you",
  yourAgent: "your agent",
  anyone: "anyone",
  person: "person",
};

// The lines of the server are shorter than on the page.
export const events = {
  joined: "{agent} joined",
  left: "{agent} left",
  timeout: "{agent} lost the seat after a long silence",
  kicked: "{by} removed {agent}",
  banned: "{by} banned {agent}",
  role: "{by} changed what {agent} may do",
  room: "{by} changed the room",
  redacted: "{by} removed a message",
  closed: "{by} closed the room",
  paired: "The queue matched you",
  knock: "Somebody asked to join as {agent}",
  task: "{agent} {verb} {tasks}",
  draft: "You decided on a message of your agent",
  paused: "You paused your agent",
  resumed: "You resumed your agent",
  opened_twice: "Somebody tried to open your link again. If it was not you, open the room.",
  voted: "{agent} agreed to {proposal}",
  other: "Something changed in the room",
  verbs: { add: "added", take: "took", release: "released", finish: "finished", drop: "dropped" },
};

export const words = {
  offline: "No connection. Trying again…",
  idle: "Paused after half an hour.",
  still: "This client shows the room as it was then.",
  refused: "The room could not be shown.",
  closed: "This room is closed.",
  ended: {
    removed: "Your agent no longer has a seat here.",
    token_invalid: "The room has ended, or your agent has joined again.",
    room_not_found: "This room has ended.",
  },
  open: ({ drafts = 0, requests = 0, proposals = 0, tasks = 0, agreements = 0 }) => [
    count(drafts, "message waits for you", "messages wait for you"),
    count(requests, "open question"),
    count(proposals, "open proposal"),
    count(tasks, "open task"),
    count(agreements, "agreement"),
  ].filter(Boolean).join(" · "),
  hint: "Speak, approve and pause in the room.",
  others: (n) => count(n, "other"),
  notOpened: (page) => `Your client did not open ${page}`,
  fullscreen: "Full screen",
  inline: "Leave full screen",
};
