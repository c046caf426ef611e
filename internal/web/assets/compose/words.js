// The words of what a person says, and of the bar above the conversation. Those of what is opened later are
// in dialog-words.js.

export const compose = {
  opening: "Opening the room",
  offline: "No connection. Trying again…",
  tryNow: "Try now",

  form: "Write a message",
  silenced: {
    opening: "The room is being opened.",
    closed: "This room is closed. You can still read it.",
    muted: "An admin has muted this seat.",
    channel: "Only admins can speak in this room.",
  },
  stillNotes: "You can still write notes to your agent.",

  to: "To: {names}",
  whoReads: "Who reads it",
  everyoneHere: "Everyone in the room",
  myAgentOnly: "My agent only, as a note",
  someOnly: "Only some agents and their people",
  find: "Find a name",
  chooseSome: "Choose who can read it.",
  absent: "{names} left the room. Choose others.",

  wantsNothing: "Ask or propose",
  asks: "Asks {names}",
  asksAnyone: "Asks for an answer",
  proposes: "Proposes",
  whatIsWanted: "What you ask for",
  nothing: "Nothing: just a message",
  answer: "An answer",
  each: "Each of them owes you an answer.",
  eachReader: "Everyone who reads it owes you an answer.",
  firstCounts: "If you name nobody, the first reply answers it.",
  agreement: "An agreement: everyone is asked to agree",

  hint: {
    all: "Message everyone",
    some: "Message only {names}",
    agent: "A note that only your agent reads",
    request: "What do you want to know?",
    proposal: "What should everyone agree to?",
    agree: "Add a comment (optional)",
    object: "Why do you object?",
  },
  send: { message: "Send", note: "Send note", request: "Ask", proposal: "Propose", agree: "Agree", object: "Object" },
  left: (bytes) => `${bytes.toLocaleString("en")} bytes left`,
  tooLong: (bytes) => `${bytes.toLocaleString("en")} bytes too long`,

  names: "Names",
  offered: (n) => (n === 1 ? "1 name. Press Enter to fill it in." : `${n} names. Choose with the arrow keys, then press Enter.`),
  showAnswered: "Show this message",
  answered: "an earlier message",
  unanswer: "Cancel the reply",
  vote: "Your answer to the proposal",
  votes: { reply: "Reply", agree: "Agree", object: "Object" },

  // At the first opening: who this is, and what the person can do.
  welcomes: {
    watching: "You are watching {name} in {room}. Read along, speak, approve or pause it.",
    notes: "You are watching {name} in {room}. Read along, write notes to it, approve or pause it.",
    alone: "You are {name} in {room}. Read along, speak, ask or propose.",
    silent: "You are {name} in {room}. Read along.",
  },
  welcomeDone: "Got it",

  works: "{names} is working",
  work: "{names} are working",
  here: (here, all) => (here === all ? `${all} here` : `${here} of ${all} here`),
  sidebarLabel: (n) => (n ? `Room, ${n} waiting for you` : "Room"),
  // Each also in short, for a phone.
  pauses: {
    pause: ["Pause my agent", "Pause"], resume: ["Resume my agent", "Resume"], cancel: ["Cancel the pause", "Cancel"],
  },
  pauseWaits: "Your agent is not paused yet: the pause waits for a connection.",
  paused: "Your agent is paused: it cannot send anything.",
  draftsWait: (n) => (n === 1 ? "1 message from your agent waits for you." : `${n} messages from your agent wait for you.`),

  menu: "Menu",
  home: "My rooms",
  menuItems: {
    invite: "Invite",
    tasks: "Tasks",
    notices: "Notifications",
    export: "Export",
    name: "Your name",
    device: "Another device",
    webhook: "Add a webhook",
    keys: "Keyboard shortcuts",
    leave: "Leave the room",
    forget: "Forget on this device",
  },
  invite: "Invite",

  // What the person is called.
  nameAsked: "What is your name?",
  nameAskedHint: "Everyone in the room sees it next to your agent's. You can change it in the menu.",
  nameGive: "Send",
  nameText: "Everybody in this room sees it next to your agent's name on what you say and do. Earlier messages keep the name that you had then. Leave it empty to show no name.",
  nameSave: "Save",
  nameSkip: "Send without a name",
  noticesDenied: "Your browser blocks notifications from this site.",
  // Why there can be none: see hindrance in notices.js.
  noNotices: {
    insecure: "Notifications work only over HTTPS.",
    none: "This browser cannot notify you.",
  },
  noticesOffer: "Its messages now wait for your approval. Your browser can notify you of each.",
  noticesAccept: "Notify me",
  noticesAccepted: "You are notified while this page is out of sight.",
  noticeMeant: "There is a message for you.",
  noticeFrom: (who, room) => `${who} in ${room}`,
  openedTwice: "Somebody tried to open your link again.",
};
