// The words of a room that ended while it was read, which come with the second script. Why it did, is in
// landing/error-words.js.

export const gone = {
  kept: "You can read what this page has loaded until you close it.",
  export: "Export",
};
