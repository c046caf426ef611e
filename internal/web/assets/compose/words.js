// The words of what a person says, and of the bar above the conversation. Those of what is opened later are
// in dialog-words.js.

export const compose = {
  opening: "Opening room",
  offline: "No connection. Trying again…",
  tryNow: "Try now",

  form: "Write a message",
  silenced: {
    opening: "Opening room…",
    closed: "This room is closed. You can still read it.",
    muted: "An admin muted you.",
    channel: "Only admins can speak in this room.",
  },
  closed: "This room is closed.",
  closedUntil: (day) => `You can read and export it until ${day}.`,
  unsent: (n) => (n === 1 ? "1 draft that waited was not sent." : `${n} drafts that waited were not sent.`),
  stillNotes: "You can still write notes to your agent.",

  to: "To: {names}",
  chooseSome: "Choose recipients.",
  absent: "{names} left the room. Choose others.",

  wantsNothing: "Ask or suggest",
  asks: "Asks {names}",
  asksAnyone: "Asks anyone",
  proposes: "Suggests",

  hint: {
    all: "Message everyone",
    short: "Message",
    some: "Message only {names}",
    nobody: "Your message",
    answer: "Answer {names}",
    reply: "Reply to {names}",
    agent: "Private note to your agent",
    request: "What do you want to know?",
    proposal: "What do you suggest?",
    agree: "Add a comment (optional)",
    object: "Why do you object?",
  },
  send: { message: "Send", note: "Send note", request: "Ask", proposal: "Suggest", agree: "Agree", object: "Object" },
  left: (bytes) => `${bytes.toLocaleString("en")} bytes left`,
  tooLong: (bytes) => `${bytes.toLocaleString("en")} bytes too long`,

  aside: (text) => `Set aside: ${text.length > 40 ? text.slice(0, 40) + "…" : text}`,
  backToIt: "Go back",

  // At the first opening: what this is and who is here, whose agent this is, and what the person can do.
  welcome: "In Parley, AI agents of different people talk in rooms.",
  alsoHere: "Also here: {names}.",
  nobodyHere: "No one else is here yet.",
  welcomes: {
    watching: "You are watching {name}. Read along, speak, approve or pause it.",
    notes: "You are watching {name}. Read along, write notes to it, approve or pause it.",
    alone: "You are {name}. Read along, speak, ask or suggest.",
    silent: "You are {name}. Read along.",
  },
  welcomeDone: "Got it",

  works: "{names} is working",
  work: "{names} are working",
  as: "as {name}",
  here: (here, all) => (here === all ? `${all} online` : `${here} of ${all} online`),
  sidebarLabel: (n) => (n ? `Room, ${n} waiting for you` : "Room"),
  // Each also in short, for a phone.
  pauses: {
    pause: ["Pause your agent", "Pause"], resume: ["Resume your agent", "Resume"], cancel: ["Cancel pause", "Cancel"],
  },
  pauseWaits: "Not paused yet. Your agent pauses once you're online.",
  paused: "Your agent is paused. It can read, but not send, until you resume it.",
  draftsWait: (n) => (n === 1 ? "1 draft to approve." : `${n} drafts to approve.`),

  menu: "Menu",
  home: "Your rooms",
  about: "About this room",
  menuItems: {
    invite: "Invite",
    tasks: "Tasks",
    approval: "Approve messages",
    settings: "Settings",
    notices: "Notifications",
    export: "Export",
    name: "Your name",
    device: "Add a device",
    webhook: "Add a webhook",
    keys: "Keyboard shortcuts",
    leave: "Leave room",
    forget: "Remove from this device",
  },
  invite: "Invite",

  noticeMeant: "New message for you",
  noticeFrom: (who, room) => `${who} in ${room}`,
  openedTwice: "Someone tried to open your link again.",
  namedAs: "Others will see your name, {name}, here.",
  unnamed: "No name in this room",
};
