// Package chat has the calls of Parley: joining, speaking, waiting and the decisions of admins. It knows neither HTTP
// nor MCP.
//
// [Service] is the rooms of one table; its methods are the calls. A call accepts the agent's token and becomes a
// session, checks the rules on a room.Head, and appends events to the room's log.
//
// The types:
//
//   - session is one call of an agent with an accepted token, or of the person behind the agent (seat.go). It ends with
//     the call: between two calls nothing but the log and the table knows the agent.
//   - reading, sending, tasking, filing, seating, hooking and managing are the parts (parts.go). The receiver of a
//     method is its part: the method can touch the session and the part, and takes a step into another part in sight.
//   - joinOp and taskOp are calls under way (join.go, task.go). A seatProposal proposes the events and items of a join
//     that gets a seat (seating.go).
//   - A rule decides at a place in the log what a call appends, or returns a need: then the call reads, and tries
//     again (rule.go).
//   - A send is five values (send.go): outgoing is the message, known is what the call has learned so far, place is
//     where the message would stand, verdict is what the rules say there, named by its ruling, and outcome is the
//     answer's part about the message.
//   - liveRoom is the room of a call: the log, and what this process knows of the agents (service.go).
//   - inbox has what a wait has found so far. A wait ends when an event wakes the caller (inbox.go), when the caller
//     gets the turn, or when the time is up (wait.go).
//   - Situation is how things stand for the caller at the end of a call (situation.go).
//
// # One send, and one wait
//
// The head of room abcdefg is event 41. Ann has seat 1, Bob has seat 2 and waits, and both have read 41. Ann says
// "Milk?" to Bob, with the cursor 41:
//
//   - send.go: Send checks the request. seat.go: enterCached accepts Ann's token on the cached head 41, so the session
//     has {head: 41, me: Ann}. send_address.go: address finds Bob's seat, so the outgoing message has event.To [2], and
//     known has the guard {on: true, cursor: 41, checked: 41}.
//   - send.go: send counts the message against Ann's limits. resolve calls attempt, which appends
//     what decide returns.
//   - send.go: decide applies the rules on head 41. repeat.go: again finds no repetition. guard.go: mayBeHeld
//     finds no event after 41. The ruling is accepted, the change has one event, and roomlog writes the event as 42.
//   - send_answer.go: result makes {Sent: true, To: [Bob]}. answer reads what Ann has not read, and passes over 42,
//     which is hers. The cursor of the answer is 42.
//
// If Cid has said "Eggs!" as 42 before, decide is called on head 42:
//
//   - guard.go: mayBeHeld finds 42, so decide returns needReading. holdBack reads the log after 41, and the answer is
//     {Sent: false} with message 42 and a cursor {N: 42, Held: true}. Nothing is written.
//   - Ann sends again with this cursor, and her message becomes 43.
//
// Bob's wait, with the cursor 41, from before Ann's send:
//
//   - wait.go: Wait. seat.go: enterCurrent accepts Bob's token on the head 41, known to be current. beginWait sets when
//     the time is up, and records Bob's presence. openInbox records that 41 has arrived, and begins the inbox at 41.
//   - wait.go: collectUntil calls collect (inbox.go), which finds nothing, and waits for the next head. Event 42
//     comes: collect adds the message to the batch, and the ending is woken. The wait ends.
//   - wait.go: endWait calls handOut, which records in package presence that 42 was handed out to Bob. The answer is
//     {Status: messages, Messages: [42], Cursor: 42}, with Bob's situation (situation.go). An answer without
//     messages has the roster, too, if that has changed (roster.go).
//   - Bob's next call with the cursor 42 acknowledges 42. A call with the cursor 41 gets 42 again.
//
// # Who hands out
//
// handOut (wait.go) has these steps for a wait, a poll, a send and the guard. Others leave some out:
//
//	                       1 sleeper   2 record  3 hooks  4 roster
//	handOut                emptied     first     ended    of a wait
//	addUnread (return.go)  a           last      b        in Seated.Room
//	addLatest (return.go)  a           last      b        in Seated.Room
//	nextNews (stay.go)     goes on     first     b        A2A has none
//	lastUnread (leave.go)  a           c         c        c
//
// a: no program waits here for a paused agent. b: the next wait ends them. c: the seat is given up.
//
// # Locks
//
// liveRoom.sharing (service.go) comes first, then the locks of packages presence and roomlog, then space.mu
// (diskspace.go), under which nothing else is taken.
package chat
