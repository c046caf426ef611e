// Package chat is the rules of Parley as calls: joining, speaking, waiting and
// the decisions of admins. Package chat stands on roomlog and a clock, and knows
// neither HTTP nor MCP.
//
// [Service] is the rooms of one table; each method is one call, in a file of the
// same name. A call accepts the agent's token and becomes a session, checks the
// rules on a room.Head, and appends events to the room's log. The deciding checks
// run inside a roomlog.Proposal, on the very head before the events.
//
// The types:
//
//   - session is an agent with an accepted token, or the person behind the agent (seat.go).
//   - joinOp and sendOp are calls under way (join.go, send.go). A seatProposal proposes the
//     events and items of a join that gets a seat (seating.go).
//   - liveRoom is the room of a call: the log, and what this process knows of the agents,
//     from package presence.
//   - inbox has what a wait has found so far. A wait ends when an event wakes the caller
//     (inbox.go), when the caller gets the turn, or when the time is up (wait.go).
//   - Situation is the caller's situation at the end of a call, from which package tools
//     makes next (situation.go).
//   - Message, Room and AgentView are events, rooms and agents as one agent sees them
//     (message.go, roster.go), without everything hidden from the agent.
//
// The locks are in package presence.
package chat
