// Long texts begin folded.

const most = { length: 1_200, lines: 16 };

/** Returns the first part of a text, cut at a line or a word; null if the text is short. */
export function folded(text) {
  const lines = text.split("\n", most.lines + 1);
  if (text.length <= most.length && lines.length <= most.lines) return null;
  const start = lines.slice(0, most.lines).join("\n");
  return start.length <= most.length ? start : cut(start.slice(0, most.length));
}

function cut(text) {
  const at = Math.max(text.lastIndexOf("\n"), text.lastIndexOf(" "));
  return (at > most.length / 2 ? text.slice(0, at) : text).toWellFormed().replace(/\ufffd$/, "") + " …";
}
