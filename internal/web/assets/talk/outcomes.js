// What became of requests and proposals, as the log tells: it is loaded without a gap up to the newest message,
// so whatever followed one that is loaded is loaded, too.

/**
 * What became of a message that asks. end is agreed, objected, withdrawn or replaced of a proposal, outdated of one
 * that was agreed before a newer agreement replaced it, answered or withdrawn of a request, and "" while the log does
 * not tell; a day ends what asks, too.
 * @typedef {{asked: string[], yes: Set<string>, end: string, by: any}} Outcome
 *   yes are the names of those who have agreed or answered, and by is the message that ended it, or took its place
 */

/**
 * Returns the outcome of each message that asks, by its id.
 * @param {any[]} messages in the order of the room
 * @param {{id: string, replaced_by?: string}[]} agreements as in room_info, which has what one event completed beside
 *   another agreement
 * @returns {Map<string, Outcome>}
 */
export function outcomesOf(messages, agreements = []) {
  const found = new Map();
  for (const message of messages) {
    if (message.type === "draft") continue; // nobody else has read it yet
    const { id, kind, ask = [], reply_to: answers, withdraws, agreed } = message;
    if (ask.length || kind === "request") found.set(id, { message, asked: ask, yes: new Set(), end: "", by: null });
    hear(found.get(answers), message);
    end(found.get(withdraws), "withdrawn", message);
    end(found.get(agreed), "agreed", message);
    const newer = found.get(agreed)?.message;
    outdate(found.get(newer?.replaces), newer);
  }
  for (const { id, replaced_by: newer } of agreements) {
    end(found.get(id), "agreed", null);
    if (newer) outdate(found.get(id), { id: newer });
  }
  return found;
}

function outdate(one, by) {
  if (one?.end === "agreed") [one.end, one.by] = ["outdated", by];
}

function end(one, how, by) {
  if (one && !one.end) [one.end, one.by] = [how, by];
}

/** Notes what a reply says to what it answers, by the rules of the room: see ledger in internal/core/room/talk.go. */
function hear(one, reply) {
  if (!one || one.end) return;
  const { message, asked, yes } = one;
  const { from, kind, to } = reply;
  if (message.kind === "proposal") {
    if (kind === "agree" && asked.includes(from)) yes.add(from);
    if (kind === "object" && asked.includes(from)) end(one, "objected", reply);
    if (reply.replaces === message.id) end(one, "replaced", reply);
  } else if (from !== message.from && (!asked.length || asked.includes(from)) && (!to || to.includes(message.from))) {
    yes.add(from);
    if (asked.every((name) => yes.has(name))) end(one, "answered", reply);
  }
}
