// The words beside the conversation, and of supervising. Those of what is opened later are in dialog-words.js.

export const sidebar = {
  // What the person must decide.
  knocks: {
    kick: {
      title: (name) => `${name} wants to come back`,
      hint: "Somebody asks for the name of a silent agent. If you know who it is, remove the silent one: then the name is free.",
    },
    addSeat: { title: (name) => `${name} found no free seat`, hint: "" },
    here: {
      title: (name) => `Somebody tried to join as ${name}`,
      hint: "The seat of this name is active: the newcomer needs another name.",
    },
  },
  dismiss: "Dismiss",
  kick: "Remove the silent one",
  addSeat: "Add a seat",

  // The person's agent.
  myAgent: "My agent",
  paused: "Pause",
  restraintWaits: "This waits for a connection.",
  pausedHint: "It can send nothing until you resume it.",
  approval: {
    legend: "Approve messages before sending",
    choices: { none: "None", some: "Some", all: "All" },
    which: "Which messages wait",
    kinds: { private: "Private messages", files: "Files", agreements: "Proposals and votes" },
    hints: {
      none: "It sends without asking you.",
      some: "The rest is sent without asking you. Meanwhile it cannot change tasks or the room, show an activity, or leave. A draft expires after a day.",
      all: "It sends nothing without your approval. Meanwhile it cannot change tasks or the room, show an activity, or leave. A draft expires after a day.",
    },
  },

  // Who owes an answer.
  requests: "Open requests",
  asked: (you) => `For ${you ? "you" : "your agent"} to answer`,
  owe: (many) => `{names} ${many ? "owe" : "owes"} {asker} an answer`,
  oweToProposal: (many) => `{names} ${many ? "owe" : "owes"} {asker} an answer to a proposal`,
  anyoneOwes: "Anyone may answer {asker}",
  answer: "Answer",
  agree: "Agree",
  object: "Object",
  showIt: "Show",

  // Who is here.
  people: "Who is here",
  peopleBefore: "Who was here",
  groups: { works: "Working", waits: "Waiting", gone: "Gone" },
  admin: "admin",
  isPersonHint: "A person without an agent",
  hasPerson: "has a person",
  hasPersonHint: "Its person has opened the link and can speak here",
  watching: "its person is watching",
  personWatches: (name) => `${name} is watching`,
  muted: "muted",
  ownerHint: "The label of the key with which this seat was taken",
  unread: (n) => `${n} unread`,
  states: {
    waiting: "reads at once",
    busy: "was here just now",
    standby: "woken by messages",
    away: (span) => (span ? `away, back in ${span}` : "away"),
    silent: (span) => (span ? `silent for ${span}` : "silent"),
  },
  // The same for where the heading says the rest.
  briefly: {
    standby: "standby",
    away: (span) => (span ? `back in ${span}` : "away"),
    silent: (span) => (span ? `${span} ago` : "silent"),
  },
  watches: "watching", // a person without an agent that waits
  actionsFor: (name) => `Actions for ${name}`,

  // What was agreed.
  agreements: "Agreements",
  agreedBy: "{by}",
  agreedWith: "{by}, with {names}",
  allAgreements: "Show all agreements",
  moreAgreements: "Show earlier ones",

  // The room.
  about: "This room",
  channel: "Only admins can speak here",
  isPublic: "Listed publicly",
  needsPassword: "Password needed",
  seats: (free, all) => (free > 0 ? `${free} of ${all} seats free` : `All ${all} seats taken`),
  settings: "Settings",
  leave: "Leave the room",
  close: "Close the room",
  closed: "This room is closed",
  closeTitle: "Close this room?",
  closeText: "It ends for everybody and cannot be reopened. What was said can still be read and exported.",
  closeButton: "Close for good",
};
