// In which messages a text stands, and the line of its first place.

import { placesOf } from "./found.js";
import { actorOf } from "./names.js";
import { firstLine } from "./rows.js";
import { talk } from "./words.js";

const plain = (text) => text.replace(/[*`|]|~~|^[\s>#-]+/g, "");

/** Returns the line where a text stands first, without its Markdown: what is before, the text, what is after. */
export function lineOf(message, text) {
  const { said } = lowerOf(message);
  const wanted = text.trim().toLowerCase();
  const isSaid = said.includes(wanted);
  const shown = (isSaid ? message.text : message.file?.name) ?? "";
  const all = isSaid ? said : shown.toLowerCase();
  const at = all.indexOf(wanted);
  if (at < 0) // it is in the name of the speaker
    return [message.redacted ? talk.removed : firstLine(message.text), "", ""];
  const line = shown.length === all.length ? shown : all; // lower case may move the letters
  const begin = line.lastIndexOf("\n", at - 1) + 1;
  const before = line.slice(begin, at);
  const end = line.indexOf("\n", at + wanted.length);
  const after = line.slice(at + wanted.length, Math.min(end < 0 ? line.length : end, at + 200));
  const cut = before.length > 24 ? "… " + before.slice(-20).replace(/^\S*\s/, "") : before;
  return [plain(cut), line.slice(at, at + wanted.length), after.replace(/[*`|]|~~/g, "")];
}

const lower = new WeakMap(); // what is searched of each message

/**
 * Returns the messages in which a text stands, in order: {id, count: in how many places of its text, 0 if it is in the
 * name of the speaker or of a file alone}.
 */
export function search(messages, text) {
  const wanted = text.trim().toLowerCase();
  if (!wanted) return [];
  return messages.flatMap((message) => {
    if (message.type !== "message") return [];
    const { said, names } = lowerOf(message);
    const count = placesOf(wanted, said).length;
    return count || names.includes(wanted) ? [{ id: message.id, count }] : [];
  });
}

/** Reports whether a text in lower case stands in what was said, or in the name of the speaker or of a file. */
export function matches(message, wanted) {
  const { said, names } = lowerOf(message);
  return message.type === "message" && (said.includes(wanted) || names.includes(wanted));
}

function lowerOf(message) {
  const { text = "", file, redacted } = message;
  const said = redacted ? "" : text; // the word that the server has in its place was not said
  const made = () => ({ said: said.toLowerCase(), names: `${actorOf(message)}\n${file?.name ?? ""}`.toLowerCase() });
  if (!lower.has(message)) lower.set(message, made());
  return lower.get(message);
}

/**
 * Returns earlier messages and those that are loaded: each once, with its whole text if one of both has it, and none
 * whose text was removed meanwhile.
 */
export function together(earlier, loaded) {
  const whole = new Map(earlier.flatMap((message) => (message.more ? [] : [[message.id, message]])));
  const but = new Set(loaded.flatMap(({ id, changes }) => [id, changes?.redacted]));
  return [
    ...earlier.filter(({ id }) => !but.has(id)),
    ...loaded.map((message) => (message.more && whole.get(message.id)) || message),
  ];
}
