// The conversation as rows, one below the other: messages, events, and what divides them.
// A row is {key, type, ...}; its key stays the same while more is loaded before or after.
//
//   day      at: when the day begins
//   unread   what follows is unread
//   message  message; head: it begins a group of the same speaker; again: it is one more status of it
//   events   events: what happened between two messages, in order; also who agreed without a word
//   sending  item: a message that is pending; or sharing: a file on its way
//   draft    draft: what the agent wants to say, which waits for its person

const together = 5 * 60_000; // ms between two messages of one group

/** Returns the rows of a room. state is as in room.js, and firstUnread the id of the message below the red line. */
export function rowsOf({ messages, firstUnread = "", pending, sharing, me, alone, supervision }) {
  const rows = [];
  let day = "";
  let last = /** @type {any} */ (null); // the message above, if a message may join its group
  for (const message of messages) {
    if (message.type === "draft" && !message.reason) continue; // it was decided, or stands at the end
    const date = dayOf(message.at);
    if (date !== day) {
      rows.push({ key: "day:" + date, type: "day", at: message.at });
      last = null;
      day = date;
    }
    if (message.id === firstUnread) {
      rows.push({ key: "unread", type: "unread" });
      last = null;
    }
    if (message.type !== "message" || isEmptyVote(message)) {
      addEvent(rows, message);
      last = null;
      continue;
    }
    const head = !last || !grouped(last, message);
    const again = !head && last?.kind === "status" && message.kind === "status";
    rows.push({ key: message.id, type: "message", message, head, again });
    last = message;
  }
  const who = { from: me, person: true, person_name: alone ? me : supervision.person_name };
  for (const item of pending.filter(({ waits }) => !waits)) // what can be undone stands where it was pressed
    rows.push({ key: "sending:" + item.key, type: "sending", item, message: spoken(item, who) });
  for (const item of sharing)
    rows.push({ key: "sharing:" + item.key, type: "sending", sharing: item, message: shared(item, who) });
  for (const draft of supervision.drafts) rows.push({ key: draft.id, type: "draft", draft });
  return rows;
}

/** Reports whether a message agrees without a word: it is a line among events. */
export const isEmptyVote = ({ kind, text, file, finished }) => kind === "agree" && !text && !file && !finished;

const days = new Map(); // by the hour of UTC: to make a date of each time of thousands is slow

function dayOf(at) {
  const hour = at.slice(0, 15); // and ten minutes, since some zones are not whole hours away
  if (!days.has(hour)) days.set(hour, new Date(at).toDateString());
  return days.get(hour);
}

const audience = ({ to }) => (to ?? []).join("\n");

/** Reports whether a message asks for an answer or a vote: it is a card, and no part of a group. */
export const isCard = ({ kind, ask }) => kind === "request" || kind === "proposal" || ask?.length > 0;

function grouped(a, b) {
  return (
    !isCard(a) && !isCard(b) &&
    a.from === b.from &&
    !a.person === !b.person &&
    a.person_name === b.person_name &&
    audience(a) === audience(b) &&
    Date.parse(b.at) - Date.parse(a.at) < together
  );
}

function addEvent(rows, event) {
  const above = rows.at(-1);
  if (above?.type === "events") above.events.push(event);
  else rows.push({ key: event.id, type: "events", events: [event] });
}

/** Returns a pending message as it will stand in the conversation. */
function spoken({ key, args, to = args.to }, who) {
  const { text = "", ask, kind, reply_to } = args;
  return { ...who, id: "sending:" + key, type: "message", text, to, ask, kind, reply_to };
}

/** Returns a message with a file that is on its way, as it will stand in the conversation. */
function shared({ key, name, size, args, to }, who) {
  const { note = "", reply_to } = args;
  return {
    ...who, id: "sharing:" + key, type: "message", text: note, to, reply_to, file: { name, size },
  };
}

/** Returns the number of each row by the ids of what it holds and by its key. */
export function indexOf(rows) {
  const index = new Map();
  rows.forEach((row, n) => {
    index.set(row.key, n);
    for (const event of row.events ?? []) index.set(event.id, n);
  });
  return index;
}

const says = (line) => /[\p{L}\p{N}]/u.test(line) && !/^\s*(```[^`]*$|~~~)/.test(line); // a fence of code does not

const begins = /^(?:[\s>|]|#{1,6}(?=\s)|[-*+](?=\s)|[-*]{3,}$)+/; // a heading, a list, a quote, a table, a rule
const marked = /(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)|(\*{1,3})(?=[^\s*])(.*?[^\s*])\3(?!\*)|!?\[([^\]]+)\]\([^()\s]+\)/g;

/** Returns a line as a page shows it: without the marks that Markdown takes out, and with all that it leaves. */
const bare = (line) => unmarked(line.replace(begins, ""));
const unmarked = (line) =>
  line.replace(marked, (_, ticks, code, _stars, text, link) => (ticks ? code : unmarked(text ?? link)));

/** Returns the first line of a text that says something, for a quote. */
export function firstLine(text = "") {
  const line = text.slice(0, 2000).split("\n").find(says) ?? text;
  const shown = bare(line.slice(0, 300));
  return shown.length > 160 ? shown.slice(0, 159) + "…" : shown;
}

/** Returns the beginning of the text of an open request, of which room_info has the two ends if it is long. */
export function beginning(text) {
  const [chars, lines] = [[...text], (part) => part.split("\n").filter(says).map(bare).join(" ")];
  return chars.length <= 80 ? lines(text) : lines(chars.slice(0, 40).join("")).replace(/[*`]+|\s+$/g, "") + "…";
}

/** Returns what stands for a message in one line: the beginning of its text or, without one, the name of its file. */
export const gist = (message) => firstLine(message?.text) || (message?.file?.name ?? "");
