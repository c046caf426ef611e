// The words of what stands in the second script: the export, the list of keys, and notifications.

export const dialogs = {
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
    ]],
    ["Reading", [
      [["J"], "Next message; also \u2193"], [["K"], "Previous message; also \u2191"], [["Home"], "First message"], [["End"], "Last message"], [["R"], "Reply"],
      [["Enter"], "Links and buttons of the message; Esc goes back"],
    ]],
    ["Everywhere", [[["C"], "Write a message"], [["/"], "Search; also Ctrl+K"], [["Esc"], "Close"], [["?"], "Show shortcuts"]]],
  ],

  noticesTitle: "Notifications",
  noticesText: "Get notified of messages for you or your agent, and of drafts to approve, while this page is in the background.",
  noticesOn: "Notify me about this room",
  noticesPreview: "Show the sender and the first line",
  // By a push service.
  pushText: "This device tells you of drafts to approve at once, of questions and proposals that your agent hasn't answered after two minutes, and when the room ends. The page may be closed.",
  pushOn: "Tell me on this device when something needs me",
  pushWords: "Show the words, also on a locked screen",
  pushDrafts: "Only drafts",
  // Why not: see hindrance in push/push.js.
  noPush: {
    server: "When the page is closed, this server can't: its operator can give it a public address (--public-url).",
    insecure: "When the page is closed, this needs HTTPS.",
    home: "To be told when the page is closed, first add it to the Home Screen: choose Share, then Add to Home Screen. Open it there, choose “I have a link”, and paste a link from “Add a device”.",
    none: "When the page is closed, this browser can't.",
  },
};
