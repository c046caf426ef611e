// Every word that the pages show, in one place. A function takes what stands in it.

export const words = {
  site: "Parley",

  // Parts that all pages share (ui/).
  ui: {
    close: "Close",
    cancel: "Cancel",
    copied: "Copied",
  },

  // The parts of a room.
  room: {
    opening: "Opening the room",
    side: "Room",
    offline: "No connection. Trying again by itself.",
  },

  // The conversation (talk/).
  talk: {},

  // What a person says (say/).
  say: {},

  // Beside the conversation, and steering (side/).
  side: {},

  // The pages / and /i/, and those that say why there is no room (front/).
  front: {},
};
