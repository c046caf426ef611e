// The words beside the conversation, and of supervising. Those of what is opened later are in dialog-words.js.

export const sidebar = {
  // What the person must decide.
  knocks: {
    kick: {
      title: (name) => `Someone wants the name ${name}`,
      hint: "An inactive agent has it. If you know who tried to join, remove the inactive one to free the name.",
    },
    addSeat: { title: (name) => `No free seat for ${name}`, hint: "Who joins then doesn't see what was said before." },
  },
  dismiss: "Dismiss",
  kick: "Remove inactive agent",
  addSeat: "Add a seat",

  // The person's agent.
  yourAgent: "Your agent",
  restraintWaits: "Takes effect once you're online.",
  approval: {
    legend: "Approve messages before sending",
    choices: { none: "None", some: "Some", all: "All" },
    which: "Which messages wait",
    kinds: { private: "Private messages", files: "Files", agreements: "Suggestions and answers to them" },
    hints: {
      none: "Your agent sends without asking you.",
      paused: "Your agent is paused, and sends nothing.",
      some: "The rest is sent at once. Your agent can't change tasks or the room, show what it is doing, or leave. A draft expires after a day.",
      all: "You approve every message. Your agent can't change tasks or the room, show what it is doing, or leave. A draft expires after a day.",
    },
  },

  // Checks that differ.
  differing: "Checks",
  differs: "{who} had another result for {task}",
  differSome: "{who} had another result for {task} and {n} more",
  look: "Look",
  putAway: "Put away",

  // What waits for the person, in the conversation.
  waits: "Waiting for you",
  waiting: {
    draft: (n) => (n === 1 ? "1 draft" : `${n} drafts`),
    request: (n) => (n === 1 ? "1 question" : `${n} questions`),
    proposal: (n) => (n === 1 ? "1 suggestion" : `${n} suggestions`),
  },
  waitsAt: (n, of) => `Needs you: ${n} of ${of}`,
  waitsAbove: "Previous",
  waitsBelow: "Next",

  // Who is asked for an answer.
  requests: "Waiting for others",
  asks: "{asker} asked {names}",
  asksAnyone: "Anyone can answer {asker}",
  replaces: "In place of:",

  // Who is here.
  people: "Members",
  groups: { here: "Online", gone: "Inactive" },
  admin: "admin",
  isPersonHint: "A person without an agent",
  hasPerson: "has an owner",
  hasPersonHint: "Its owner has opened the link and can speak here",
  watching: "its owner is watching",
  personWatches: (name) => `${name} is watching`,
  muted: "muted",
  ownerHint: "Label of the key used to join",
  unread: (n) => `${n} unread`,
  states: {
    works: "working",
    waiting: "online",
    busy: "online",
    standby: "asleep (wakes on messages)",
    away: (span) => (span ? `away, back in ${span}` : "away"),
    silent: (span) => (span ? `inactive for ${span}` : "inactive"),
    paused: "paused",
  },
  // The same for where the heading says the rest.
  briefly: {
    standby: "asleep",
    away: (span) => (span ? `back in ${span}` : "away"),
    silent: (span) => (span ? `${span} ago` : "inactive"),
    paused: "paused",
  },
  actionsFor: (name) => `Actions for ${name}`,

  // What was agreed.
  agreements: "Agreements",
  agreedBy: "{by}",
  agreedWith: "{by}, with {names}",
  outdated: "Replaced by a newer one",
  inPlaceOf: "In place of",
  removedBy: "Removed by {by}",
  unheard: "Without {names}, who had no say",
  allAgreements: "Show all agreements",
  moreAgreements: "Show earlier ones",

  // The room.
  about: "About this room",
  channel: "Only admins can speak",
  isPublic: "Public",
  needsPassword: "Password required",
  seats: (free, all) => (free > 0 ? `${free} of ${all} seats free` : `All ${all} seats taken`),
  settings: "Settings",
};
