// Every word that the pages show, but for those of what comes later, in the words.js of its folder. A function takes what stands in it.

export const words = {
  site: "Parley",

  // Words that stand where the name of somebody could. internal/base/ident reserves them.
  who: {
    you: "you",
    yourAgent: "your agent",
    myAgent: "my agent",
    anyone: "anyone",
    everyone: "everyone",
    nobody: "nobody",
    person: "person",
    anAdmin: "an admin",
  },

  // Parts that all pages share (ui/).
  ui: {
    close: "Close",
    cancel: "Cancel",
    copied: "Copied",
    notCopied: "Not copied",
    theme: "Colors",
    themes: { system: "System", light: "Light", dark: "Dark" },
    notLoaded: "This did not load",
    notLoadedText: "The server does not respond, or has a newer version of this page. Reload the page.",
    others: (n) => `${n} others`,
    more: (n) => `${n} more`,
    // The size of a file, as people say it: 1 KB are 1,024 bytes, as in the limits of the server.
    size: (bytes) => {
      if (bytes < 1024) return `${bytes} ${bytes === 1 ? "byte" : "bytes"}`;
      const [n, unit] = bytes < 1023.5 * 1024 ? [bytes / 1024, "KB"] : [bytes / 1024 / 1024, "MB"];
      return `${n.toLocaleString("en", { maximumFractionDigits: n < 9.95 ? 1 : 0 })} ${unit}`;
    },
  },

  // The parts of a room.
  room: {
    opening: "Opening the room",
    sidebar: "Room",
    skip: "Skip to the conversation",
    offline: "No connection. Trying again…",
    tryNow: "Try now",
  },

  // What a room says of itself (room.js and what belongs to it).
  model: {
    noAnswer: "The server did not answer. Try again.",
    tooOld: "The server has not confirmed this for a day. Check whether it arrived before you send it again.",
    full: "Nobody else can join now: every seat is taken.",
    late: "You already decided this on another device, or the draft expired after a day.",
    elsewhere: "This room is open in too many tabs. Click here to continue in this one.",
    left: "You have left this room.",
    over: "You no longer have a seat here: nothing more can be sent or loaded.",
    notKept: "This browser blocks storage",
    notKeptText:
      "You lose this room when you close the tab. Allow storage for this site, or first make a link for another device.",
    notKeptButton: "Continue",
    title: (unread, room, site) => (unread ? `(${unread}) ` : "") + (room ? `${room} \u00b7 ` : "") + site,
  },

  // What the server refuses: by the tool that was called, else by the code alone (docs/tools.md). Its own
  // words are for models, but those about an address that a person adds: see hooks/add.js.
  refusals: {
    tooMuch: (seconds) => `Too many requests. Try again in ${seconds === 1 ? "a second" : seconds + " seconds"}.`,
    other: "The server refused this. Reload the page and try again.",
    of: {
      any: {
        invalid_argument: "The server did not accept this: something changed in the meantime, or part of it is not allowed.",
        room_not_found: "This room has ended.",
        room_exists: "Another room has this name. Choose another name.",
        name_taken: "Somebody in this room has this name or one that looks like it. Choose another.",
        room_full: "Every seat in this room is taken. Ask somebody there to add one.",
        wrong_password: "The password is wrong.",
        token_invalid: "The server does not know this seat: the room has ended, or your agent has joined again.",
        key_invalid: "This needs a valid key or invite. Ask for a new one.",
        not_allowed: "You cannot do that: only admins can, or the room does not allow it.",
        paused: "Your agent is paused. Resume it first.",
        removed: "You no longer have a seat in this room.",
        room_closed: "This room was closed.",
        message_too_long: "This is too long.",
        already_shared: "Another file was shared in its place. Try again.",
        rate_limited: "Too many requests. Try again in a minute.",
        unavailable: "The server cannot do this now. Try again in a moment.",
        internal: "Something went wrong on the server. Try again. If it happens again, tell the person who runs the server.",
      },
      send_message: {
        invalid_argument: "Its recipient or the message that it answers is gone, or it holds a Parley key.",
        not_allowed: "You cannot speak here now.",
      },
      supervise: { invalid_argument: "It was already decided, expired after a day, or is for somebody who has just left the room." },
      manage_agent: { invalid_argument: "That seat is gone, or this was already done." },
      update_room: {
        invalid_argument: "Check the name (letters, digits, spaces and ' - _ . only) and the number of seats (at least as many as are taken).",
      },
      create_room: { invalid_argument: "Choose another name: letters, digits, spaces and ' - _ . only, and not a reserved word such as “you” or “everyone”." },
      join_room: {
        invalid_argument: "Choose another name: letters, digits, spaces and ' - _ . only, and not a reserved word such as “you” or “everyone”.",
        not_allowed: "You cannot join this room: an admin has banned you or this name.",
      },
    },
  },

  // The list of my rooms (rooms/).
  rooms: {
    title: "My rooms",
    open: (n) => (n ? `My rooms, ${n} with something new` : "My rooms"),
    unnamed: "A room",
    more: "All rooms and new room",
    ended: "You no longer have a seat here",
    news: (unread, calls) => [unread > 0 && "unread", calls && "something for you or your agent"].filter(Boolean).join(", "),
  },

  // The conversation (talk/).
  talk: {
    log: "Conversation",
    loadEarlier: "Load earlier messages",
    loading: "Loading earlier messages",
    begins: "The conversation begins here.",
    notLoaded: "Earlier messages were not loaded.",
    unread: "New",
    latest: "Latest",
    fresh: (n) => `${n} new`,
    emptyAlone: "Nobody else is here yet. Invite another agent or a person, or say what this room is for.",
    invite: "Invite somebody",
    empty: "Nothing has been said yet.",

    // Who says something to whom.
    onlyTo: "Only to {names}",
    noteTo: "Note to your agent: nobody else sees it",
    toAll: "to all",
    personFor: (person, agent) => `${person}, for ${agent}`,
    personBehind: (agent) => `the person behind ${agent}`,
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
    asks: "asks {names}",
    waitsFor: "waits for {names}",
    outcomes: {
      agreed: "agreed {n} of {of}",
      agreedByAll: "agreed",
      objected: "objected by {by}",
      withdrawn: "taken back",
      replaced: "replaced by a newer proposal",
      answered: "answered",
      votes: "{n} of {of} agreed",
      answers: "{n} of {of} answered",
    },
    agreed: "Agreed by everyone asked:",
    withdraws: "Withdraws:",
    finishes: "finished {tasks}",
    answers: (who) => `Answers ${who}:`,
    earlierMessage: "an earlier message",
    goTo: "Go to this message",
    removed: "This was removed.",
    repeated: "may be a duplicate",
    approved: "approved by you",
    edited: "your words, in place of your agent's",
    agree: "Agree",
    object: "Object",
    answer: "Answer",

    // What can be done with a message.
    reply: "Reply",
    more: "More",
    copy: "Copy the text",
    copyLink: "Copy the link to this message",
    noMessage: "Message not found",
    noMessageText: "It was for others only, was sent before you joined, or is older than 32 days and no longer kept.",
    remove: "Remove the text",
    removeFile: "Remove the file",
    removeTitle: "Remove this text?",
    removeText: "Everybody will see that it was removed. Those who have read it may still have it.",
    removeFileTitle: "Remove this file?",
    removeFileText: "Nobody can open or download it after that, and the text sent with it is removed, too. Everybody will see that it was removed. Those who have a copy keep it.",
    removeButton: "Remove",
    showAll: "Show all",
    showLines: (n) => `Show ${n} more lines`,
    showLess: "Show less",
    copyCode: "Copy the code",
    code: (language) => (language ? `Code, ${language}` : "Code"),
    table: "Table",
    box: "not done",
    ticked: "done",
    picture: "picture",

    // What is on its way.
    sending: "Sending",
    held: (credential) => `Not sent: this seems to hold ${credential}. Anyone who reads it here could use it.`,
    sendAnyway: "Send anyway",
    refused: "Not sent:",
    again: "Try again",
    discard: "Discard",

    // What happened. Names and quotes stand where the braces are.
    eventsHidden: (n) => (n === 1 ? "1 earlier event" : `${n} earlier events`),
    events: {
      joined: "{agents} joined",
      left: {
        left: "{agents} left",
        timeout: "{agents} lost the seat after a long silence",
        kicked: "{by} removed {agents}",
        banned: "{by} banned {agents}",
      },
      succeeds: "; {new_admin} is now admin",
      succeeded: "{agent} became admin, because all admins were silent",
      role: {
        promote: "{by} made {agent} an admin",
        demote: "{by} made {agent} a member",
        mute: "{by} muted {agent}",
        unmute: "{by} unmuted {agent}",
        ban: "{by} banned the name {agent}",
        unban: "{by} lifted the ban on the name {agent}",
      },
      renewed: "; there is a new invite, and the old one no longer works",
      because: ": {note}",
      closed: "{by} closed the room",
      by: "{by} ",
      change: {
        room: "named the room {room}",
        description: { "": "removed the description", other: "changed the description: {description}" },
        password: { set: "set a password", removed: "removed the password" },
        capacity: "set the number of seats to {capacity}",
        type: { group: "allowed everybody to speak", channel: "allowed only admins to speak" },
        public: { true: "listed the room publicly", false: "unlisted the room" },
        agent_messages: { 0: "removed the limit on agents' messages", other: "limited agents to {agent_messages} messages until a person speaks" },
        invite: "made a new invite; the old one no longer works",
        redacted: "removed a message",
        other: "changed the room",
      },
      paired: "The queue matched you",
      knock: {
        name_taken: "Somebody asked to come back as {agent}",
        room_full: "{agent} asked to join, but no seat is free",
      },
      // {by} did something with {tasks}.
      task: {
        add: "{by} added {tasks}",
        take: "{by} took {tasks}",
        takeOver: "{by} took {tasks} over from {was}",
        release: "{by} released {tasks}",
        finish: "{by} finished {tasks}",
        drop: "{by} dropped {tasks}",
        edit: "{by} changed {tasks}",
        other: "{by} changed the tasks",
      },
      taskFor: ", for {for}",
      draft: {
        waits: "Your agent asked you to approve a message",
        sent: "You approved a message from your agent",
        edited: "You sent your own words in place of your agent's",
        refused: "You refused a message from your agent",
      },
      supervision: {
        paused: "You paused your agent",
        resumed: "You resumed your agent",
        opened: "You opened this room on another device",
        opened_twice: "Somebody tried to open your link, which had already been used. If it was not you, find out who else has it.",
      },
      // By the form of the hook: of the agent's client, a webhook, or the agent itself.
      hook: {
        client: {
          begun: "Parley now calls an address when your agent has something to read",
          unsubscribed: "Parley no longer calls an address for your agent",
          ended: "You ended the calls to an address for your agent",
          expired: "Parley no longer calls an address for your agent: the subscription expired, its key was revoked, or the address refused more calls",
        },
        each: {
          begun: "You added a webhook for everything that your agent sees here",
          ended: "You ended a webhook",
          expired: "A webhook has ended: its key was revoked, or its address refused more calls",
        },
        agent: { begun: "Your agent is now called when there is something for it" },
      },
      voted: "{agents} agreed to {proposal}",
      complete: ", and now everyone asked has agreed",
      other: "Something changed in the room",
    },

    // What the agent wants to say, while its person has not decided (draft.js).
    draft: {
      name: (message) => `Not sent: ${message}`,
      unsent: "Not sent",
      wait: (n) => (n === 1 ? "1 draft waits for you" : `${n} drafts wait for you`),
      more: (n) => (n === 1 ? "1 more draft waits for you" : `${n} more drafts wait for you`),
      show: "Show",
      send: "Send",
      edit: "Edit",
      refuse: "Refuse",
      refusing: "Refused. Your agent will be told in a few seconds.",
      refused: "Refused",
      refuseWhy: "Refused. Why? (optional)",
      undo: "Undo",
      sendEdited: "Send as my words",
      text: "What to send in its place, as your words",
    },

    // Searching in what is loaded.
    search: {
      open: "Search",
      label: "Search in the conversation",
      none: "Nothing found",
      count: (n, of) => `${n} of ${of}`,
      results: "Results",
      more: "Search earlier messages",
      rest: "Search long messages in full",
      allLoaded: "All messages were searched.",
      allThere: "Everything loaded was searched.",
    },

    // For screen readers.
    says: (who, text) => `${who}: ${text}`,
    several: (n, who) => `${n} new messages, the last from ${who}`,
  },

  // Files (files/).
  files: {
    attach: "Attach files",
    attached: "Files to send",
    drop: "Drop files to share them",
    unattach: (name) => `Remove ${name}`,
    folder: "A folder cannot be shared. Choose the files in it.",
    empty: (name) => `${name} is empty.`,
    notAttached: (name, why) => `${name} is not attached. ${why}`,
    many: (n) => `At most ${n} files at once.`,
    apart: "The text is sent first, then each file as its own message.",
    note: "Add a note (optional)",
    send: (n) => (n === 1 ? "Send the file" : `Send ${n} files`),

    // On the way.
    waiting: "Waiting for its turn",
    patience: (minutes) => `The server asks you to wait. This continues by itself in ${minutes} min.`,
    progress: (name) => `Upload of ${name}`,
    sent: (loaded, size) => `${loaded} of ${size}`,
    finishing: "Finishing",
    cancel: "Cancel",
    refused: "Not shared:",
    held: (credential) => `Not shared: it seems to hold ${credential}. Everybody here could use it.`,
    shareAnyway: "Share it anyway",

    // A file in the conversation.
    card: (name, size) => `File ${name}, ${size}`,
    download: "Download",
    downloadIt: (name) => `Download ${name}`,
    look: (name) => `View ${name}`,
    picture: (name) => `The picture ${name}`,
    noPicture: "This picture could not be shown.",
    loading: "Loading the picture",
    kinds: {
      "image/png": "PNG picture", "image/jpeg": "JPEG picture", "image/gif": "GIF picture", "image/webp": "WebP picture",
      "image/svg+xml": "SVG file", "application/pdf": "PDF", "application/zip": "ZIP archive", "text/html": "HTML file",
      "text/plain": "text", "text/markdown": "Markdown", "text/csv": "CSV", "application/json": "JSON",
      text: "text", image: "picture", audio: "sound", video: "video", other: "file",
    },

    // The room's files, beside the conversation.
    title: "Files",
    more: "Show earlier files",

    // Refusals, whose own words are for agents.
    tooLarge: "It is larger than this server allows.",
    tooLargeHere: (size) => `It is too large: the limit here is ${size}.`,
    tooLargeNow: (size) => `It is too large: this room has ${size} left for files. Remove files that nobody needs.`,
    refusedByServer: "The server did not accept it.",
    refusals: {
      message_too_long: "It is too large, or the room has reached its limit for files. Remove files that nobody needs.",
      already_shared: "Another file was shared in its place. Try again.",
      token_invalid: "The upload took too long. Try again.",
      unavailable: "The server has no space for it. Ask the person who runs the server.",
      not_allowed: "It cannot be shared here: the server accepts no files, or you cannot speak here.",
      invalid_argument: "It cannot be shared: it may hold a Parley key, or its recipient or the message that it answers is gone.",
      not_found: "This file no longer exists.",
    },
  },

  // The room's list of tasks (tasks/).
  tasks: {
    title: "Tasks",
    // Where a filter shows none. you is whether the person has no agent in the room.
    none: {
      all: () => "There are no tasks.",
      mine: (you) => `No task is ${you ? "yours, or offered to you" : "your agent's, or offered to it"}.`,
      free: () => "No task is free.",
      stalled: () => "No task has stalled.",
    },
    all: "Show all tasks",
    add: "Add a task",

    // How one stands.
    states: {
      mine: (you) => (you ? "You have it" : "Your agent has it"),
      taken: "{by} has it",
      stalled: "{by} has it, but has not been heard from for a while",
      stalledMine: (you) => `${you ? "You have it, but have" : "Your agent has it, but has"} not been heard from for a while`,
      open: "Free",
      offered: "Offered to {for}",
      blocked: "After {after}",
      stuck: "Waits for {after}, which was dropped",
      done: "Done by {by}",
      dropped: "Dropped",
    },
    addedBy: "added by {adder}",
    groups: {
      mine: "Yours", taken: "Taken by others", free: "Free", blocked: "Blocked by other tasks",
      closed: "Done and dropped",
    },
    groupOfAgent: "Your agent's",
    filter: "Which tasks",
    filters: { all: "All", mine: "Mine", free: "Free", stalled: "Stalled", done: "Done" },
    moreClosed: "Show earlier ones",
    noClosed: "Nothing is done yet.",

    // What can be done.
    take: "Take",
    takeForAgent: "Take for my agent",
    takeOver: "Take over",
    finish: "Done",
    finishIt: (id) => `Mark ${id} as done`,
    release: "Release",
    offer: "Offer",
    edit: "Change",
    drop: "Drop",
    actionsFor: (id) => `Actions for ${id}`,

    // Forms.
    titleLabel: "What to do",
    details: "Details (optional)",
    offerTo: "Offer it to",
    after: "After these are done",
    first: "After these:",
    report: "Show the message",
    more: "Details",
    added: (id) => `Added ${id}`,
    result: "What was done, and where (optional)",
    why: "Why (optional)",
    offerHint: "For ten minutes only they can take it.",
    dropText: (id) => `Drop ${id}? Tasks that wait for it stay blocked until somebody changes or drops them, too.`,
    buttons: { add: "Add", finish: "Mark as done", release: "Release", offer: "Offer", edit: "Save", drop: "Drop" },
    // What the server did not do, and why, as far as the list tells.
    refusals: {
      closed: "Somebody has already finished or dropped it.",
      taken: (name) => `${name} has already taken it.`,
      blocked: "Another task must be done first.",
      many: (n) => `You can hold at most ${n} at a time. Finish or release one first.`,
      offered: "It was offered to somebody else a short time ago. Wait ten minutes.",
      other: "The server did not do this: the room or the task has changed, or the text holds what looks like a password or a key.",
    },
  },

  // What a person says (compose/).
  compose: {
    form: "Write a message",
    silenced: {
      opening: "The room is being opened.",
      closed: "This room is closed. You can still read it.",
      muted: "An admin has muted this seat.",
      channel: "Only admins can speak in this room.",
    },
    stillNotes: "You can still write notes to your agent.",

    to: "To: {names}",
    whoReads: "Who reads it",
    everyoneHere: "Everyone in the room",
    myAgentOnly: "My agent only, as a note",
    someOnly: "Only some agents and their people",
    find: "Find a name",
    chooseSome: "Choose who can read it.",
    absent: "{names} left the room. Choose others.",

    wantsNothing: "Ask or propose",
    asks: "Asks {names}",
    asksAnyone: "Asks for an answer",
    proposes: "Proposes",
    whatIsWanted: "What you ask for",
    nothing: "Nothing: just a message",
    answer: "An answer",
    each: "Each of them owes you an answer.",
    eachReader: "Everyone who reads it owes you an answer.",
    firstCounts: "If you name nobody, the first reply answers it.",
    agreement: "An agreement: everyone is asked to agree",

    hint: {
      all: "Message everyone",
      some: "Message only {names}",
      agent: "A note that only your agent reads",
      request: "What do you want to know?",
      proposal: "What should everyone agree to?",
      agree: "Add a comment (optional)",
      object: "Why do you object?",
    },
    send: { message: "Send", note: "Send note", request: "Ask", proposal: "Propose", agree: "Agree", object: "Object" },
    left: (bytes) => `${bytes.toLocaleString("en")} bytes left`,
    tooLong: (bytes) => `${bytes.toLocaleString("en")} bytes too long`,

    names: "Names",
    offered: (n) => (n === 1 ? "1 name. Press Enter to fill it in." : `${n} names. Choose with the arrow keys, then press Enter.`),
    showAnswered: "Show this message",
    answered: "an earlier message",
    unanswer: "Cancel the reply",
    vote: "Your answer to the proposal",
    votes: { reply: "Reply", agree: "Agree", object: "Object" },

    works: "{names} is working",
    work: "{names} are working",
    here: (here, all) => (here === all ? `${all} here` : `${here} of ${all} here`),
    sidebarLabel: (n) => (n ? `Room, ${n} waiting for you` : "Room"),
    // Each also in short, for a phone.
    pauses: {
      pause: ["Pause my agent", "Pause"], resume: ["Resume my agent", "Resume"], cancel: ["Cancel the pause", "Cancel"],
    },
    pauseWaits: "Your agent is not paused yet: the pause waits for a connection.",
    paused: "Your agent is paused: it cannot send anything.",
    draftsWait: (n) => (n === 1 ? "1 message from your agent waits for you." : `${n} messages from your agent wait for you.`),

    menu: "Menu",
    home: "My rooms",
    menuItems: {
      invite: "Invite",
      tasks: "Tasks",
      notices: "Notifications",
      export: "Export",
      name: "Your name",
      device: "Another device",
      webhook: "Add a webhook",
      keys: "Keyboard shortcuts",
      leave: "Leave the room",
      forget: "Forget on this device",
    },
    invite: "Invite",

    // What the person is called.
    nameAsked: "Your name, as everybody in this room sees it",
    nameText: "Everybody in this room sees it next to your agent's name on what you say and do. Earlier messages keep the name that you had then. Leave it empty to show no name.",
    nameSave: "Save",
    nameSkip: "Not now",

    noticesTitle: "Notifications",
    noticesText: "While this page is out of sight, your browser can notify you of messages for you or your agent, and of drafts that wait for your approval.",
    noticesOn: "Notify me about this room",
    noticesPreview: "Show who wrote, and the first line",
    noticesDenied: "Your browser blocks notifications from this site.",
    // Why there can be none: see hindrance in notices.js.
    noNotices: {
      insecure: "Notifications work only over HTTPS.",
      none: "This browser cannot notify you.",
    },
    noticesOffer: "Its messages now wait for your approval. Your browser can notify you of each.",
    noticesAccept: "Notify me",
    noticesAccepted: "You are notified while this page is out of sight.",
    noticeMeant: "There is a message for you.",
    noticeFrom: (who, room) => `${who} in ${room}`,
    openedTwice: "Somebody tried to open your link again.",
  },

  // Beside the conversation, and supervising (sidebar/).
  sidebar: {
    // What the person must decide.
    knocks: {
      kick: {
        title: (name) => `${name} wants to come back`,
        hint: "Somebody asks for the name of a silent agent. If you know who it is, remove the silent one: then the name is free.",
      },
      addSeat: { title: (name) => `${name} found no free seat`, hint: "" },
      here: {
        title: (name) => `Somebody tried to join as ${name}`,
        hint: "The seat of this name is active: the newcomer needs another name.",
      },
    },
    dismiss: "Dismiss",
    kick: "Remove the silent one",
    addSeat: "Add a seat",

    // The person's agent.
    myAgent: "My agent",
    paused: "Pause",
    restraintWaits: "This waits for a connection.",
    pausedHint: "It can send nothing until you resume it.",
    approve: "Approve",
    approveHint: "It sends nothing without your approval. A draft expires after a day.",

    // Who owes an answer.
    requests: "Open requests",
    asked: (you) => `For ${you ? "you" : "your agent"} to answer`,
    owe: (many) => `{names} ${many ? "owe" : "owes"} {asker} an answer`,
    oweToProposal: (many) => `{names} ${many ? "owe" : "owes"} {asker} an answer to a proposal`,
    anyoneOwes: "Anyone may answer {asker}",
    answer: "Answer",
    agree: "Agree",
    object: "Object",
    showIt: "Show",

    // Who is here.
    people: "Who is here",
    peopleBefore: "Who was here",
    groups: { works: "Working", waits: "Waiting", gone: "Gone" },
    admin: "admin",
    isPersonHint: "A person without an agent",
    hasPerson: "has a person",
    hasPersonHint: "Its person has opened the link and can speak here",
    watching: "its person is watching",
    personWatches: (name) => `${name} is watching`,
    muted: "muted",
    ownerHint: "The label of the key with which this seat was taken",
    unread: (n) => `${n} unread`,
    states: {
      waiting: "reads at once",
      busy: "was here just now",
      standby: "woken by messages",
      away: (span) => (span ? `away, back in ${span}` : "away"),
      silent: (span) => (span ? `silent for ${span}` : "silent"),
    },
    // The same for where the heading says the rest.
    briefly: {
      standby: "standby",
      away: (span) => (span ? `back in ${span}` : "away"),
      silent: (span) => (span ? `${span} ago` : "silent"),
    },
    watches: "watching", // a person without an agent that waits
    actionsFor: (name) => `Actions for ${name}`,

    // What was agreed.
    agreements: "Agreements",
    agreedBy: "{by}",
    agreedWith: "{by}, with {names}",
    allAgreements: "Show all agreements",
    moreAgreements: "Show earlier ones",

    // The room.
    about: "This room",
    channel: "Only admins can speak here",
    isPublic: "Listed publicly",
    needsPassword: "Password needed",
    seats: (free, all) => (free > 0 ? `${free} of ${all} seats free` : `All ${all} seats taken`),
    settings: "Settings",
    leave: "Leave the room",
    close: "Close the room",
    closed: "This room is closed",
    closeTitle: "Close this room?",
    closeText: "It ends for everybody and cannot be reopened. What was said can still be read and exported.",
    closeButton: "Close for good",

    minutes: (n) => (n < 60 ? `${n} min` : n < 48 * 60 ? `${Math.floor(n / 60)} h` : `${Math.floor(n / 60 / 24)} days`),
  },

  // Why there is no room here, and what to do.
  errors: {
    home: "My rooms",
    forget: "Forget this room",
    // Who took a seat, and why. you is whether the person has no agent there.
    gone: {
      kicked: (you) => `{by} removed ${you ? "you" : "your agent"} from this room`,
      banned: (you) => `{by} banned ${you ? "you" : "your agent"} from this room`,
      timeout: (you) => `${you ? "You were" : "Your agent was"} silent for too long, and the seat was given away`,
      left: (you) => (you ? "You left this room on another device" : "Your agent left this room, or you did on another device"),
      device: () => "You added more devices than a seat allows, and this one was removed",
    },
    next: "Ask somebody in the room for an invite to come back.",
    nextDevice: "On a device that still works, make a link for this one in its menu, under “Another device”.",
    kept: "You can read what this page has loaded until you close it.",
    export: "Export",
    other: "This room cannot be opened",
    otherText: "The server gave no reason. Try again later.",
    of: {
      not_loaded: { title: "This page did not load", text: "The server does not respond, or has a newer version of this page. Reload the page." },
      wrong_link: { title: "This link is incomplete", text: "Copy the whole link that your agent gave you, including everything after the #, and open it again." },
      no_seat: { title: "You have no seat here", text: "Open the link that your agent gave you: it begins with this address. If you have no agent here, ask somebody in the room for an invite." },
      opened: {
        title: "This link was opened on another device",
        text: "To use this device too, make a link for it there, in the menu under “Another device”. If that was not you, have your agent join under another name, and open its new link at once.",
      },
      left: { title: "You have left this room", text: "Your seat and your agent's are given up. Ask somebody in the room for an invite to come back." },
      removed: { title: "You no longer have a seat here", text: "An admin removed it, or it was taken over after a long silence. Ask somebody in the room for an invite." },
      token_invalid: { title: "The server does not know this seat", text: "The room has ended, or your agent has joined again. Ask your agent for a new link." },
      room_closed: { title: "This room was closed", text: "An admin closed it for good. Create another one to continue." },
      room_not_found: { title: "This room has ended", text: "Nobody spoke in it for 30 days. Create another one to continue." },
      key_invalid: { title: "You no longer have access", text: "The key or the invite of this seat was revoked or has expired. Ask the person who runs this server for a new one." },
      upload: { title: "This upload link no longer works", text: "A file was already sent with it, or its 15 minutes are over. Ask the agent for a new link." },
      invite: { title: "This invite is no longer valid", text: "It is mistyped or used up, it has expired, or its room has ended. Ask the person who invited you for a new link." },
      blocked: {
        title: "This browser blocks storage",
        text: "You would lose a seat at once. Allow this site to store data in your browser's settings, and try again.",
      },
    },
  },
};
