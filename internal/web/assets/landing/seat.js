// How a person takes a seat without an agent, and why an invite gives none.

import * as storage from "../storage.js";
import { Refusal, call } from "../mcp.js";
import { at } from "../site.js";
import { roomOf } from "../token.js";

/**
 * Joins or creates a room as a person without an agent, keeps the seat, and returns the
 * address of its page.
 * @param {{tool: string, args: object, path?: string, bearer?: string}} how as in mcp.js
 */
export async function takeSeat({ tool, args, path, bearer }) {
  const got = await call(tool, { ...args, person: true }, { path, bearer });
  const token = got.agent_token;
  const seat = {
    room: roomOf(token),
    token,
    claim: "",
    name: got.agent_name,
    title: got.room.name,
    alone: true,
    used: Date.now(),
  };
  storage.keep(seat);
  storage.keepShown(seat);
  return at("r/" + roomOf(token));
}

/** Reports whether a refusal says that an invite leads nowhere. */
export const endsInvite = (problem) => problem instanceof Refusal && endsOfInvite.includes(problem.code);

/**
 * Returns which error says why an invite gives no seat, in landing/error-words.js; "" if the refusal is about something
 * else. What the server says tells one cause from another: their code is the same.
 */
export function causeOf({ code, said }) {
  if (code === "room_closed" || code === "room_not_found") return "inviteRoom";
  if (code !== "not_allowed") return endsOfInvite.includes(code) ? "invite" : "";
  if (/renewed this invite/.test(said)) return "inviteRenewed";
  if (/Every seat of this invite/.test(said)) return "inviteUsed";
  if (/This invite ended at/.test(said)) return "inviteEnded";
  return /invite/.test(said) ? "invite" : ""; // no ban
}

const endsOfInvite = ["key_invalid", "not_allowed", "room_not_found", "room_closed", "token_invalid"];
