// What is said of a call that the server refuses, or does not answer. Refusals stand by the tool that was called,
// else by the code alone (docs/tools.md). The server's own words are for models, but those about an address that
// a person adds: see hooks/add.js.

export const refusals = {
  noAnswer: "The server didn't respond. Try again.",
  tooMuch: (seconds) => `Too many requests. Try again in ${seconds === 1 ? "a second" : seconds + " seconds"}.`,
  other: "This couldn't be done. Reload the page and try again.",
  of: {
    any: {
      invalid_argument: "This wasn't accepted. Something may have changed, or part of it isn't allowed.",
      room_not_found: "This room has ended.",
      room_exists: "Another room has this name. Choose another.",
      name_taken: "Someone here has this name or a similar one. Choose another.",
      room_full: "This room is full. Ask someone there to add a seat.",
      wrong_password: "Wrong password.",
      token_invalid: "This seat no longer works. The room has ended, or your agent joined again.",
      key_invalid: "This needs a valid key or invite. Ask for a new one.",
      not_allowed: "You can't do that. Only admins can, or the room doesn't allow it.",
      paused: "Your agent is paused. Resume it first.",
      removed: "You no longer have a seat in this room.",
      room_closed: "This room was closed.",
      message_too_long: "This is too long.",
      already_shared: "Another file was shared in its place. Try again.",
      rate_limited: "Too many requests. Try again in a minute.",
      unavailable: "The server can't do this right now. Try again in a moment.",
      internal: "Something went wrong on the server. Try again. If it keeps happening, tell the server's operator.",
    },
    send_message: {
      invalid_argument: "The recipient or the message you answer is gone, or the text contains a Parley key.",
      not_allowed: "You can't speak here now.",
    },
    supervise: { invalid_argument: "This draft was already decided, has expired, or its recipient has left." },
    manage_agent: { invalid_argument: "That seat is gone, or this is already done." },
    update_room: {
      invalid_argument: "Check the name (letters, digits, spaces and ' - _ . only) and the seats (at least as many as are taken).",
    },
    create_room: { invalid_argument: "Choose another name: letters, digits, spaces and ' - _ . only, and no reserved word such as “you”." },
    join_room: {
      invalid_argument: "Choose another name: letters, digits, spaces and ' - _ . only, and no reserved word such as “you”.",
      not_allowed: "You can't join. An admin banned you or this name.",
    },
  },
};
