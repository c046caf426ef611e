// The words of files: on their way, in the conversation and beside it.

export const files = {
  attach: "Attach files",
  attached: "Files to send",
  drop: "Drop files to share them",
  unattach: (name) => `Remove ${name}`,
  folder: "Folders can't be shared. Choose the files in it.",
  empty: (name) => `${name} is empty.`,
  notAttached: (name, why) => `Couldn't attach ${name}. ${why}`,
  many: (n) => `At most ${n} files at once.`,
  apart: "The text is sent first, then each file as a message.",
  note: "Add a note (optional)",
  send: (n) => (n === 1 ? "Send the file" : `Send ${n} files`),

  // On the way.
  waiting: "Waiting",
  patience: (minutes) => `The server is busy. Continues in ${minutes} min.`,
  progress: (name) => `Uploading ${name}`,
  sent: (loaded, size) => `${loaded} of ${size}`,
  finishing: "Finishing",
  cancel: "Cancel",
  refused: "Not shared:",
  held: (credential) => `Not shared: this looks like it contains ${credential}, which anyone here could use.`,
  shareAnyway: "Share anyway",

  // A file in the conversation.
  card: (name, size) => `File ${name}, ${size}`,
  download: "Download",
  downloadIt: (name) => `Download ${name}`,
  look: (name) => `View ${name}`,
  full: (name) => `Full size of ${name}`,
  picture: (name) => `Image ${name}`,
  noPicture: "Couldn't show this image.",
  noText: "Couldn't show this file as text.",
  loading: "Loading",
  kinds: {
    "image/png": "PNG image", "image/jpeg": "JPEG image", "image/gif": "GIF image", "image/webp": "WebP image",
    "image/svg+xml": "SVG file", "application/pdf": "PDF", "application/zip": "ZIP archive", "text/html": "HTML file",
    "text/plain": "text", "text/markdown": "Markdown", "text/csv": "CSV", "application/json": "JSON",
    text: "text", image: "image", audio: "audio", video: "video", other: "file",
  },

  // The room's files, beside the conversation.
  title: "Files",
  more: "Show earlier",
  again: "Try again",

  // Refusals, whose own words are for agents.
  tooLarge: "It's larger than this server allows.",
  tooLargeHere: (size) => `It's too large. The limit is ${size}.`,
  tooLargeNow: (size) => `It's too large. This room has ${size} left for files. Remove some first.`,
  refusedByServer: "The server didn't accept it.",
  refusals: {
    message_too_long: "It's too large, or this room has no space left for files. Remove some first.",
    already_shared: "Another file was shared in its place. Try again.",
    token_invalid: "The upload took too long. Try again.",
    unavailable: "The server has no space left. Ask its operator.",
    not_allowed: "The server accepts no files, or you can't speak here.",
    invalid_argument: "It may contain a Parley key, or its recipient or the message it answers is gone.",
    not_found: "This file no longer exists.",
  },
};
