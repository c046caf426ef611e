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

  // What a room says of itself (room.js and what belongs to it).
  model: {
    noAnswer: "The server did not answer. Try again.",
    tooLarge: "This is too long to send.",
    tooOld: "No answer came for a day. Look whether it is there before you send it again.",
    full: "Nobody else can join now: every seat is taken.",
    elsewhere: "This room is open in too many tabs. Click here to go on in this one.",
    left: "You have left this room.",
    notKept: "This browser keeps nothing",
    notKeptText:
      "It does not let this page store anything, so this room is lost when you close the tab. Allow storage for this site, or get a link for a further device before you go.",
    notKeptButton: "Go on",
    title: (unread, room, site) => (unread ? `(${unread}) ` : "") + (room ? `${room} \u00b7 ` : "") + site,
  },

  // The conversation (talk/).
  talk: {},

  // What a person says (say/).
  say: {
    list: (names) => new Intl.ListFormat("en").format(names),
    form: "Write a message",
    silenced: {
      opening: "The room is being opened.",
      closed: "This room is closed. What was said can still be read.",
      muted: "An admin has muted this seat.",
      channel: "Only admins speak in this channel.",
    },
    stillNotes: "You can still write notes to your agent.",

    to: (whom) => `To: ${whom}`,
    everyone: "everyone",
    myAgent: "my agent only",
    nobody: "nobody yet",
    whoReads: "Who reads it",
    everyoneHere: "Everyone in the room",
    myAgentOnly: "My agent only, as a note",
    someOnly: "Only some, and their people",
    chooseSome: "Choose who is to read it.",
    gone: (names) => `${names} left the room. Choose others.`,

    wantsNothing: "Ask for an answer",
    asks: (names) => `Asks ${names}`,
    asksAnyone: "Asks for an answer",
    proposes: "Proposes",
    whatIsWanted: "What you want",
    nothing: "Nothing: just say it",
    answer: "An answer",
    each: "Each of them owes you an answer.",
    eachReader: "Everyone who reads it owes you an answer.",
    firstCounts: "Name nobody, and the first reply answers it.",
    agreement: "An agreement: everyone is asked to agree",

    hint: {
      all: "Message everyone",
      some: (names) => `Message only ${names}`,
      agent: "A note that only your agent reads",
      request: "What do you want to know?",
      proposal: "What should everyone agree to?",
      agree: "Add something, if you like",
      object: "Why do you object?",
    },
    send: { message: "Send", note: "Send note", request: "Ask", proposal: "Propose", agree: "Agree", object: "Object" },
    left: (bytes) => `${bytes.toLocaleString("en")} bytes left`,
    tooLong: (bytes) => `${bytes.toLocaleString("en")} bytes too long`,

    names: "Names",
    offered: (n) => (n === 1 ? "1 name. Press Enter to fill it in." : `${n} names. Choose with the arrow keys, then press Enter.`),
    showAnswered: "Show this message",
    answered: "an earlier message",
    unanswer: "Do not answer this message",
    vote: "Your answer to the proposal",
    votes: { reply: "Reply", agree: "Agree", object: "Object" },
  },

  // Beside the conversation, and steering (side/).
  side: {},

  // The pages / and /i/, and those that say why there is no room (front/).
  front: {},
};
