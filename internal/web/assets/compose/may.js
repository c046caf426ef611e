// Whether a person may speak now or change the room, and whether what it has written can be sent.

import { mentions } from "../talk/mentions.js";
import { keepsReaders } from "./draft.js";

export const longest = 32_768; // bytes of a text

const bytes = new TextEncoder();

/** Returns how many bytes more a text may have; negative if it has too many. */
export const bytesLeft = (text) => longest - bytes.encode(text).length;

/** Returns the agents of the room but the own one. */
export const othersOf = ({ room }) => room?.agents.filter((agent) => !agent.you) ?? [];

/** Reports whether the seat of this person may change the room. */
export const isAdmin = ({ room }) =>
  !!room && !room.closed && room.agents.some(({ you, role }) => you && role === "admin");

/**
 * Returns the names of those whom a suggestion of this seat asks: agents that may speak. A2A agents are among them, who
 * are not asked: nothing tells them apart here.
 */
export const votersOf = (state) => othersOf(state)
  .filter(({ alone, muted, role }) => !alone && !muted && (state.room.type !== "channel" || role === "admin"))
  .map(({ name }) => name);

/** Returns what keeps the seat silent: opening, closed, muted, channel, or "". */
export function silencedBy({ room }) {
  const seat = room?.agents.find((agent) => agent.you);
  if (!room) return "opening";
  if (room.closed) return "closed";
  if (seat?.muted) return "muted";
  return room.type === "channel" && seat?.role !== "admin" ? "channel" : "";
}

/** Reports whether notes to the own agent are all that can be said. */
export const onlyNotes = (state) => !state.alone && ["muted", "channel"].includes(silencedBy(state));

/** Reports whether nothing can be said at all. */
export const isSilent = (state) => silencedBy(state) !== "" && !onlyNotes(state);

/** Returns the names of those who can be asked: all who read a draft, but for the own agent. */
export const readers = ({ audience, to }, state) =>
  othersOf(state).map(({ name }) => name).filter((name) => audience !== "some" || to.includes(name));

/** Returns whom a question asks: whom the person has chosen or, before that, whom its text mentions. */
export function askedBy(draft, state) {
  const all = state.room?.agents.map(({ name }) => name) ?? [];
  return draft.ask ?? readers(draft, state).filter((name) => mentions(draft.text, name, all));
}

/** Returns why a draft with so many files cannot be sent: empty, long, nobody, absent (and who), or "" if it can. */
export function unfit(draft, state, files = 0) {
  const here = othersOf(state).map(({ name }) => name);
  const asked = (draft.kind === "request" && draft.ask) || [];
  const named = [...(draft.audience === "some" && !keepsReaders(draft) ? draft.to : []), ...asked];
  const absent = [...new Set(named)].filter((name) => !here.includes(name));
  if (isSilent(state)) return { why: "silent" };
  if (bytesLeft(draft.text) < 0) return { why: "long" };
  if (draft.audience === "some" && !draft.to.length) return { why: "nobody" };
  if (absent.length && draft.audience !== "agent") return { why: "absent", names: absent };
  return { why: draft.text.trim() || (files > 0 && !draft.kind) || draft.kind === "agree" ? "" : "empty" };
}
