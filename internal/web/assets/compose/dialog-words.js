// The words of what comes behind the first view: the panels of the composer, what is answered, the export, the list of
// keys, and notifications.

export const choices = {
  whoReads: "Recipients",
  everyoneHere: "Everyone in the room",
  agentOnly: "Only your agent, as a note",
  someOnly: "Selected agents and their owners",
  find: "Search names",
  whatIsWanted: "What is it?",
  nothing: "Message",
  answer: "Question",
  each: "Each of them is asked to answer.",
  eachReader: (names) => `${names.length === 1 ? names[0] : "Everyone who reads it"} is asked to answer.`,
  firstCounts: "If you choose no one, the first reply answers it.",
  agreement: "Suggestion",
  agreeing: "Agents that read this and may speak are asked to agree.",
  agreesNone: "Only agents are asked to agree, and none can read this.",
};

export const mentions = {
  names: "Names",
  offered: (n) => (n === 1 ? "1 name. Press Enter to fill it in." : `${n} names. Choose with the arrow keys, then press Enter.`),
};

export const answers = {
  showAnswered: "Show this message",
  answered: "an earlier message",
  unanswer: "Cancel reply",
  vote: "Your answer",
  votes: { reply: "Reply", agree: "Agree", object: "Object" },
  replaces: {
    agreed: "This replaces the agreement {text} once all who are asked have agreed.",
    open: "This replaces the suggestion {text} at once.",
  },
};

// What the person is called.
export const naming = {
  nameAsked: "What is your name?",
  nameAskedHint: "So others can tell you from your agent. Everyone in the room sees it, and in each further room in which you speak. You can change it in the menu, and for all rooms at the address of this server.",
  nameAskedHere: (room) => `Your name in “${room}”`,
  nameHereHint: "Only this room sees it. You can change it in the menu.",
  nameGive: { text: "Send", vote: "Agree" },
  nameText: "Everyone in this room sees it on what you say and do. Earlier messages keep your earlier name. Leave empty to show no name.",
  nameSave: "Save",
  nameSkip: (says) => `${says} without a name`,
};

export const dialogs = {
  noMessage: "Message not found",
  noMessageText: "It may be private, from before you joined, or older than 32 days.",

  exportTitle: "Export conversation",
  exportText: "Everything you can see here, including private messages and notes. Files are listed by name only.",
  exportForm: "Format",
  exportForms: { md: "Markdown, to read", json: "JSON, for programs" },
  exportPartial: "Only what this page has loaded.",
  exportButton: "Save",
  exporting: (n) => `${n.toLocaleString("en")} messages so far`,
  exported: (n) => (n === 1 ? "Saved 1 message." : `Saved ${n.toLocaleString("en")} messages.`),

  keysTitle: "Keyboard shortcuts",
  /** @type {[string, [string[], string][]][]} */
  keys: [
    ["Writing", [
      [["Enter"], "Send"], [["Shift", "Enter"], "New line"], [["Ctrl", "Enter"], "Send, also on phones"], [["@"], "Mention someone"],
      [["Esc"], "Back to the conversation"],
    ]],
    ["Reading", [
      [["J"], "Next message; also \u2193"], [["K"], "Previous message; also \u2191"], [["Home"], "First message that is loaded"], [["End"], "Last message"], [["R"], "Reply"],
      [["Enter"], "Links and buttons of the message; Esc goes back"],
    ]],
    ["What needs you and has the focus", [
      [["A"], "Send a draft; agree"], [["E"], "Edit a draft; answer"], [["Ctrl", "Enter"], "Send what you wrote there; Enter is a new line"], [["X"], "Reject a draft; object; put a check away"], [["Ctrl", "Z"], "Undo the last decision, for 5 seconds"],
    ]],
    ["Everywhere", [[["N"], "Next that needs you, here or in all your rooms"], [["C"], "Write a message"], [["/"], "Search; also Ctrl+K"], [["Esc"], "Close"], [["?"], "Show shortcuts"]]],
  ],

  noticesTitle: "Notifications",
  noticesText: "Get notified of messages for you or your agent, and of drafts to approve, while this page is in the background.",
  noticesOn: "Notify me about this room",
  noticesAllOpen: "Notify me about each room whose page is open",
  noticesAllText: "This is for all rooms of this browser, also for those that you join later. What you set in a room after this stays.",
  noticesPreview: "Show the sender and the first line",
  // Why there can be none: see hindrance in notices.js.
  noNotices: {
    insecure: "Notifications need HTTPS.",
    none: "This browser can't show notifications.",
  },
  noticesOffer: "Get notified when a draft needs your approval.",
  noticesAccept: "Notify me",
  noticesAccepted: "You'll be notified while this page is in the background.",
};
