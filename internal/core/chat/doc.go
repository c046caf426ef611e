// Package chat is the rules of Parley as calls: joining, speaking, waiting and
// what admins decide. It stands on roomlog and a clock, and knows neither HTTP
// nor MCP.
//
// [Service] is the rooms of one table; each of its methods is one call, in a file
// of its own name. A call accepts the agent's token and becomes a session, checks
// the rules on a room.Head, and appends events to the room's log. The checks that
// decide run inside a roomlog.Proposal, on the very head that the events follow.
//
// The types:
//
//   - session is an agent whose token was accepted, or the person behind it (seat.go).
//   - joinOp and sendOp are calls under way (join.go, send.go). A seatRequest makes what is
//     written when a join gets its seat (seating.go).
//   - liveRoom is a room in which a call takes place: its log, and what this process
//     knows of its agents, which is in package presence.
//   - inbox is what a wait has found so far. It ends when something wakes the
//     caller (inbox.go), when the caller is given the turn, or when its time is up
//     (wait.go).
//   - Situation is how things stand for the caller at the end of a call, from which package
//     tools makes next (situation.go).
//   - Message, Room and Agent are events, rooms and agents as one agent sees them
//     (message.go, roster.go). They leave out everything that it may not see.
//
// The locks are in package presence.
package chat
