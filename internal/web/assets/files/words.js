// The words of files: on their way, in the conversation and beside it.

export const files = {
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
};
