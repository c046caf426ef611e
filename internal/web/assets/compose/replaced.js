// Which suggestion makes way for another one.

import { outcomesOf } from "../talk/outcomes.js";

/**
 * Returns what makes way for a draft, if it is sent as a suggestion: {message, how: agreed or open}; null if nothing
 * does. The rules are those of internal/core/room/replace.go, as far as what is loaded tells.
 */
export function replacedBy({ kind, reply, audience, to }, { messages, agreements, requests, room, me }) {
  const message = kind === "proposal" && messages.find((one) => one.id === reply);
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
  const isLeft = room.agents.some(({ name }) => name !== me && (name === from || agreed.includes(name)));
  return isLeft ? { message, how: "agreed" } : null;
}
