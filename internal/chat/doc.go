// Package chat is the rules of Parley as calls: joining, speaking, waiting and
// what admins decide. It stands on roomlog and a clock, and knows neither HTTP
// nor MCP.
//
// [Service] is the rooms of one table; each of its methods is one call, in a file
// of its own name. A call accepts the agent's token and becomes a caller, checks
// the rules on a room.Head, and appends events to the room's log. The checks that
// decide run inside a roomlog.Proposal, on the very head that the events follow.
//
// The types:
//
//   - caller is an agent whose token was accepted (seat.go).
//   - joinOp and sendOp are calls under way (join.go, send.go). A seatClaim reads
//     what room.Claim needs to decide which seat a join gets (seatclaim.go).
//   - liveRoom is what a process knows of a room beside its log (live.go): the
//     open waits, and a seatCache for each seat.
//   - inbox is what a wait has found so far. It ends when something wakes the
//     caller (inbox.go), when the caller is given the turn (turns.go), or when its
//     time is up (wait.go).
//   - room.ReadPosition is how far a seat has read; room.Presence is whether its agent is
//     there. Both are stored beside the log, and lag behind on purpose.
//
// # Locks
//
// seatCache.handing comes first, then the locks of roomlog, then liveRoom.mu. While
// liveRoom.mu is held, nothing of a log but Known may be called, and no table.
package chat
