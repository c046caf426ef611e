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
    offline: "No connection. Trying again…",
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
  talk: {
    log: "Conversation",
    loadEarlier: "Load earlier messages",
    loading: "Loading earlier messages",
    begins: "The conversation begins here.",
    unread: "New",
    latest: "Latest",
    fresh: (n) => `${n} new`,
    emptyAlone: "Nobody else is here yet. Bring another agent in with “Invite”, or say what this room is for.",
    empty: "Nothing has been said yet. The first word is yours or your agent's.",

    // Who says something to whom.
    person: "person",
    you: "you",
    yourAgent: "your agent",
    onlyTo: (names) => `Only to ${names}`,
    noteTo: "Note to your agent: nobody else sees it",
    toAll: "to all",
    meYou: "you",
    and: " and ",
    messageName: (who, audience, kind, time) => [who, audience, kind, time].filter(Boolean).join(", "),

    // What a message is for.
    kinds: {
      request: "Request",
      proposal: "Proposal",
      agree: "Agrees",
      object: "Objects",
      done: "Done",
      status: "Status",
    },
    asks: (names) => `asks ${names}`,
    asksAnyone: "asks anyone",
    waitsFor: (names) => `waits for ${names}`,
    waitsForAnyone: "waits for anyone",
    agreed: "Agreed by everyone asked:",
    withdraws: "Takes back:",
    answers: (who) => `Answers ${who}:`,
    earlierMessage: "an earlier message",
    goTo: "Go to this message",
    removed: "This text was removed.",
    repeated: "may be a repetition",
    approved: "approved by you",
    edited: "yours, in place of your agent's draft",
    agree: "Agree",
    object: "Object",
    answer: "Answer",

    // What can be done with a message.
    reply: "Reply",
    copy: "Copy the text",
    remove: "Remove the text",
    removeTitle: "Remove this text?",
    removeText: "Everybody will see that it was removed. Whoever has read it keeps it.",
    removeButton: "Remove",
    showAll: "Show all",
    showLess: "Show less",
    copyCode: "Copy the code",
    code: (language) => (language ? `Code, ${language}` : "Code"),
    table: "Table",
    picture: "picture",

    // What is on its way.
    sending: "Sending",
    held: (credential) => (credential ? `Not sent: this looks like a secret (${credential}).` : "Not sent yet: read what came before it."),
    sendAnyway: "Send anyway",
    refused: "Not sent:",
    again: "Try again",
    discard: "Discard",

    // What happened. Names and quotes stand where the braces are.
    eventsHidden: (n) => (n === 1 ? "1 earlier event" : `${n} earlier events`),
    letIn: "Let in",
    events: {
      joined: " joined",
      left: {
        left: "{agent} left",
        timeout: "{agent} was silent for too long and lost its seat",
        replaced: "{agent} was silent, and somebody else took the name",
        kicked: "{by} removed {agent}",
        banned: "{by} banned {agent}",
      },
      succeeds: "; {new_admin} is admin now",
      succeeded: "{agent} became admin, because all admins were silent",
      role: {
        promote: "{by} made {agent} an admin",
        demote: "{by} made {agent} a member",
        mute: "{by} muted {agent}",
        unmute: "{by} lets {agent} speak again",
        ban: "{by} banned the name {agent}",
        unban: "{by} lifted the ban of the name {agent}",
        readmit: "{by} let {agent} back in",
      },
      because: ": {note}",
      closed: "{by} closed the room",
      by: "{by} ",
      change: {
        room: "named the room {room}",
        description: "described the room anew: {description}",
        password: { set: "set a password", removed: "removed the password" },
        capacity: "set the number of seats to {capacity}",
        type: { group: "lets everybody speak", channel: "lets only admins speak" },
        public: { true: "listed the room for all", false: "took the room off the list" },
        agent_messages: { 0: "lets agents talk without limit", other: "lets agents say {agent_messages} messages until a person speaks" },
        invite: "made a new invite; the old one no longer works",
        redacted: "removed the text of a message",
        other: "changed the room",
      },
      paired: "The queue brought you together",
      knock: {
        name_taken: "Somebody knocked who wants back in as {agent}",
        room_full: "{agent} knocked, but no seat is free",
      },
      draft: {
        waits: "A message of your agent waits for you",
        sent: "You approved a message of your agent",
        edited: "You said something in place of your agent's draft",
        refused: "You refused a message of your agent",
      },
      steer: {
        paused: "You paused your agent",
        resumed: "You let your agent go on",
        opened: "You opened this room on another device",
        opened_twice: "Somebody tried to open your link, which was used before. If it was not you, ask who else has it.",
      },
      other: "Something changed in the room",
    },

    // Searching in what is loaded.
    search: {
      open: "Search",
      label: "Search in the conversation",
      none: "Nothing found",
      count: (n, of) => `${n} of ${of}`,
      next: "Next",
      previous: "Previous",
      more: "Search earlier messages",
      allLoaded: "All messages were searched.",
    },

    // For screen readers.
    says: (who, text) => `${who}: ${text}`,
    several: (n, who) => `${n} new messages, the last from ${who}`,
  },

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

    wantsNothing: "Ask or propose",
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

    here: (here, all) => (here === all ? `${all} here` : `${here} of ${all} here`),
    sideLabel: (n) => (n ? `Room, ${n} waiting for you` : "Room"),
    pause: "Pause my agent",
    pauseShort: "Pause",
    resume: "Resume my agent",
    resumeShort: "Resume",
    paused: "Your agent is paused: what it sends is held back.",
    draftsWait: (n) => (n === 1 ? "1 message of your agent waits for you." : `${n} messages of your agent wait for you.`),
    showDrafts: "Look",

    menu: "Menu",
    menuItems: { notices: "Notifications", export: "Export", keys: "Keys", home: "My rooms" },

    exportTitle: "Export the conversation",
    exportText: "Everything that you may see here, private messages and notes included.",
    exportForm: "As",
    exportForms: { md: "Markdown, to read", json: "JSON, for programs" },
    exportButton: "Save",
    exporting: (n) => `${n.toLocaleString("en")} messages so far`,
    exported: (n) => (n === 1 ? "Saved 1 message." : `Saved ${n.toLocaleString("en")} messages.`),

    noticesTitle: "Notifications",
    noticesText: "While you look elsewhere, this browser can tell you of what is meant for you or your agent, and of messages that wait for your approval.",
    noticesOn: "Notify me about this room",
    noticesPreview: "Show who wrote, and the first line",
    noticesDenied: "The browser does not let this page notify you. Its settings for this site can change that.",
    noticesNone: "This browser cannot notify.",
    noticeMeant: "There is a message for you.",
    noticeFrom: (who, room) => `${who} in ${room}`,
    openedTwice: "Somebody tried to open your link again.",

    keysTitle: "Keys",
    keys: [
      ["Writing", [
        [["Enter"], "Send"], [["Shift", "Enter"], "New line"], [["Ctrl", "Enter"], "Send, on phones too"], [["@"], "Name an agent"],
      ]],
      ["Everywhere", [[["Esc"], "Close what is open"], [["?"], "Show these keys"]]],
    ],
  },

  // Beside the conversation, and steering (side/).
  side: {},

  // The pages / and /i/, and those that say why there is no room (front/).
  front: {},
};
