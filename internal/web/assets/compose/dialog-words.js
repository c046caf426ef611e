// The words of what stands in the second script: the export, the list of keys, and notifications.

export const dialogs = {
  exportTitle: "Export the conversation",
  exportText: "Everything that you can see here, including private messages and notes. Files are listed by name only.",
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
      [["Enter"], "Send"], [["Shift", "Enter"], "New line"], [["Ctrl", "Enter"], "Send, also on phones"], [["@"], "Mention somebody"],
    ]],
    ["Reading", [
      [["J"], "Next message; also \u2193"], [["K"], "Previous message; also \u2191"], [["Home"], "First message"], [["End"], "Last message"], [["R"], "Reply"],
      [["Enter"], "To the links and buttons of the message; Esc goes back"],
    ]],
    ["Everywhere", [[["C"], "Write a message"], [["/"], "Search; also Ctrl+K"], [["Esc"], "Close what is open"], [["?"], "Show these shortcuts"]]],
  ],

  noticesTitle: "Notifications",
  noticesText: "While this page is out of sight, your browser can notify you of messages for you or your agent, and of drafts that wait for your approval.",
  noticesOn: "Notify me about this room",
  noticesPreview: "Show who wrote, and the first line",
};
