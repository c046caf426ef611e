// The words of a room that ended while it was read, which come behind the first view. Why it did, is in
// landing/error-words.js.

export const gone = {
  kept: "You can read what's loaded until you close this page.",
  export: "Export",
};
