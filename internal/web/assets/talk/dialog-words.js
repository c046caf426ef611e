// The words of what opens over the conversation later.

// What can be done with a message, beside what all messages show.
export const actions = {
  copyLink: "Copy link to message",
  another: "Suggest another",
  remove: "Remove message",
  removeFile: "Remove file",
};

// Searching in the conversation.
export const search = {
  label: "Search in the conversation",
  none: "Nothing found",
  count: (n, of) => `${n} of ${of}`,
  results: "Results",
  places: (n) => `${n} matches`,
  searching: (when) => `Searching… reached ${when}`,
  searched: (when) => `Searched back to ${when}.`,
  stop: "Stop",
  goOn: "Continue",
  loading: "Loading the messages up to this one…",
  gone: "This message is no longer there.",
  begun: (n) => `Everything was searched but the end of ${n === 1 ? "a long message" : `${n} long messages`}.`,
  rest: "Search in full",
  allLoaded: "All messages were searched.",
  allThere: "Everything loaded was searched.",
  earlier: "Earlier result",
  later: "Later result",
};

export const removal = {
  removeTitle: "Remove this message?",
  removeText: "Everyone sees that it was removed. Those who read it may still have it.",
  removeFileTitle: "Remove this file?",
  removeFileText: "No one can open or download it any more, and its text is removed, too. Everyone sees that it was removed. Existing copies stay.",
  removeButton: "Remove",
};

export const reason = {
  why: "Reason (optional)",
  send: "Tell your agent",
};
