// Who is online, and whether the own agent is paused: one rule for the head, the members and the list of rooms.

/** Reports whether an agent is online: it reads, is at work, or is woken. A person who only watches it is none. */
export const isOnline = ({ state }) => ["busy", "waiting", "standby"].includes(state);

/** Returns the agents of a room as its person sees them: its own is paused for as long as it may send nothing. */
export function agentsOf({ room, supervision }) {
  if (!supervision?.paused) return room.agents;
  return room.agents.map((agent) => (agent.you ? { ...agent, state: "paused", activity: undefined } : agent));
}
