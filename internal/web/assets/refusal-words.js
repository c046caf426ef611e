// What is said of a call that the server refuses, or does not answer. Refusals stand by the tool that was called,
// else by the code alone (docs/tools.md). The server's own words are for models, but those about an address that
// a person adds: see hooks/add.js.

export const refusals = {
  noAnswer: "The server did not answer. Try again.",
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
};
