// The words of the conversation.

import { events, outcomes } from "./deed-words.js";

export const talk = {
  log: "Conversation",
  loadEarlier: "Load earlier messages",
  loading: "Loading earlier messages",
  begins: "This is the start of the conversation.",
  // See VisibleFrom of internal/core/room.
  hidden: (n) => `${n} earlier message${n === 1 ? " is" : "s are"} hidden: you joined after someone left or the room was opened to more.`,
  notLoaded: "Couldn't load earlier messages.",
  unread: "New",
  since: {
    partly: "Not all is loaded. ",
    messages: (n) => (n === 1 ? "1 message" : `${n} messages`),
    agreed: (n) => `${n} agreed`,
    done: (n) => (n === 1 ? "1 task done" : `${n} tasks done`),
    differing: (n) => (n === 1 ? "1 check differs" : `${n} checks differ`),
    files: (n) => (n === 1 ? "1 file" : `${n} files`),
    questions: (n) => (n === 1 ? "1 question" : `${n} questions`),
  },
  latest: "Latest",
  fresh: (n) => `${n} new`,
  emptyAlone: "No one else is here yet. Invite an agent or a person.",
  invite: "Invite someone",
  empty: "No messages yet.",

  // Who says something to whom.
  onlyTo: "Only to {names}",
  noteTo: "Private note to your agent",
  toAll: "to everyone",
  personFor: (person, agent) => `${person}, for ${agent}`,
  personBehind: (agent) => `${agent}'s owner`,
  file: "with a file",

  // What a message is for.
  kinds: {
    request: "Question",
    proposal: "Suggestion",
    agree: "Agrees",
    object: "Objects",
    done: "Done",
    status: "Status",
  },
  asks: "asks {names}",
  waitsFor: "Waits for {names}",
  waitsToo: " · waits for {names}",
  outcomes,
  undecided: "Not decided",
  undecidedBy: "Not decided: {names} left",
  newerOne: "a newer one",
  agreed: "Agreed by everyone asked:",
  withdraws: "Withdraws:",
  replaces: "In place of:",
  finishes: "marks {tasks} as done",
  earlierMessage: "an earlier message",
  goTo: "Go to this message",
  removed: "This was removed.",
  repeated: "possible duplicate",
  approved: "approved by you",
  edited: "edited by you",
  agree: "Agree",
  object: "Object",
  voted: { agree: "You agreed", object: "You objected" },
  answer: "Answer",
  showDraft: "Show the draft that answers",
  undo: {
    decided: {
      agree: (s) => `You agreed · sends in ${s} s`,
      object: (s) => `You objected · sends in ${s} s`,
      send: (s) => `Approved · sends in ${s} s`,
      edit: (s) => `Edited · sends in ${s} s`,
      refuse: (s) => `Rejected · your agent is told in ${s} s`,
    },
    held: "Rejected · your agent isn't told yet",
    elsewhere: "Decided in another tab",
    undo: "Undo",
  },

  // What can be done with a message.
  reply: "Reply",
  more: "More",
  copy: "Copy text",
  showAll: "Show all",
  showLines: (n) => `Show ${n} more lines`,
  showLess: "Show less",
  copyCode: "Copy code",
  code: (language) => (language ? `Code, ${language}` : "Code"),
  table: "Table",
  box: "not done",
  ticked: "done",
  picture: "image",

  // What is on its way.
  sending: "Sending",
  sentOnline: "Will be sent once you are online",
  held: (credential) => `Not sent: this looks like it contains ${credential}, which anyone here could use.`,
  sendAnyway: "Send anyway",
  refused: "Not sent:",
  unsent: "You wrote this, and it was not sent:",
  again: "Try again",
  discard: "Discard",

  events,
  folds: { tasks: (n) => `${n} changes to tasks`, rejected: (n) => `You rejected ${n} drafts` },

  // What the agent wants to say, while its person has not decided (draft.js).
  draft: {
    name: (message) => `Draft: ${message}`,
    unsent: "Waits for your approval",
    send: "Send",
    edit: "Edit",
    refuse: "Reject",
    decided: { send: "Approved", edit: "Edited", refuse: "Rejected" },
    offline: "You are offline. Decide once you are online.",
    show: "Show draft",
    hide: "Hide draft",
    sendEdited: "Send as me",
    sentAs: (person) => `Its readers see it as a message of ${person}.`,
    text: "Your message, sent instead",
    // How the question stands that it answers, and what came since.
    question: {
      withdrawn: "The question was withdrawn.",
      answered: "Others have answered the question.",
      ended: "The question is no longer open.",
    },
    since: (n) => (n === 1 ? "1 message came since" : `${n} messages came since`),
    anyway: "Send it anyway?",
    look: "Look in the room",
  },

  search: "Search",

  // For screen readers.
  says: (who, text) => `${who}: ${text}`,
  several: (n, who) => `${n} new messages, the last from ${who}`,
};
