// The words of what opens over the conversation later.

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
