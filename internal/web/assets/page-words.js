// The words around every page: its name, the frame of a room, and what is said where nothing can be kept.

export const site = "Parley";

export const pageWords = {
  sidebar: "Room",
  skip: "Skip to the conversation",
  entered: (room) => `You are in ${room}`,

  // Of dialogs: title, text and button.
  notKept: [
    "This browser blocks storage",
    "You lose this room when you close the tab. Allow storage for this site, or first add another device.",
    "Continue",
  ],
  stays: ["Files are still being sent", "Wait for them or cancel them, then open your other seat.", "OK"],
  title: (needs, unread, room, site) =>
    (needs ? `(${needs}) ` : unread ? "\u2022 " : "") + (room ? `${room} \u00b7 ` : "") + site,
};
