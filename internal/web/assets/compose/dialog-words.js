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
  // Why there can be none: see hindrance in notices.js.
  noNotices: {
    insecure: "Notifications need HTTPS.",
    none: "This browser can't show notifications.",
  },
    noticesOffer: "Get notified when a draft needs your approval.",
  noticesAccept: "Notify me",
  noticesAccepted: "You'll be notified while this page is in the background.",
};
