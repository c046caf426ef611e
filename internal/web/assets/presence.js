// Who is online, and whether the own agent is paused: one rule for the head, the members, the list of rooms
// and the view in a client.

/** Reports whether an agent is online: it reads, is at work, or is woken. A person who only watches it is none. */
export const isOnline = ({ state }) => ["busy", "waiting", "standby"].includes(state);

/**
 * Reports whether an agent is at work, as far as the room knows: it was heard within two minutes, does not wait, and
 * says what it does, has a task or owes an answer.
 */
export const isWorking = ({ name, state, alone, activity }, { tasks, requests }) =>
  state === "busy" && !alone && (!!activity || tasks.some(({ by }) => by === name) ||
    requests.some(({ owed_by: owing }) => owing?.includes(name)));

/** Returns the agents of a room as its person sees them: its own is paused for as long as it may send nothing. */
export function agentsOf({ room, supervision }) {
  if (!supervision?.paused) return room.agents;
  return room.agents.map((agent) => (agent.you ? { ...agent, state: "paused", activity: undefined } : agent));
}
