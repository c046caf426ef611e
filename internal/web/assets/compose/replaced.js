// Which suggestion makes way for another one.

import { outcomesOf } from "../talk/outcomes.js";

const day = 86_400_000; // ms for which an admin who removes a member frees nobody from an agreement

/**
 * Returns what makes way for a draft, if it is sent as a suggestion: {message, how: agreed or open}; null if nothing
 * does. The rules are those of internal/core/room/replace.go, as far as what is loaded tells.
 */
export function replacedBy({ kind, reply, audience, to }, { messages, agreements, requests, room, me, clock }) {
  const find = (id) => messages.find((one) => one.id === id);
  const answered = kind === "proposal" && find(reply);
  // An answer to an objection is for the agreement that the refused suggestion was to replace.
  const message = answered?.kind === "object" ? find(find(answered.reply_to)?.replaces) : answered;
  if (message?.kind !== "proposal" || audience === "agent") return null;
  const { id, from, to: readers } = message;
  const isSeen = (name) => name === me || to.includes(name);
  if (audience === "some" && !(readers && [from, ...readers].every(isSeen))) return null;
  const { end, asked, yes } = outcomesOf(messages, agreements).get(id) ?? { end: "", asked: [], yes: new Set() };
  if (end !== "agreed") {
    const isOpen = !end && requests.some((one) => one.id === id);
    return isOpen && [from, ...asked].includes(me) ? { message, how: "open" } : null;
  }
  const { agreed_by: agreed = [...yes] } = agreements.find((one) => one.id === id) ?? {};
  const binds = (name) => name === from || agreed.includes(name);
  const listens = ({ name, muted, role }) => binds(name) && (muted || (room.type === "channel" && role !== "admin"));
  const isRemoved = ({ type, reason, agent, at }) => type === "left" && ["kicked", "banned"].includes(reason) &&
    binds(agent) && Date.parse(at) > Date.now() + clock - day;
  return room.agents.some(listens) || messages.some(isRemoved) ? null : { message, how: "agreed" };
}
