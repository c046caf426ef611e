// Package room is the state machine of a room. It is pure: it has no clock, no
// context and no I/O, and its values are never changed once published.
//
// A room is a log of events. [State] is the room after an event, and
// [State.Apply] returns the room after the next one. [Recent] indexes the latest
// events. It answers questions that the state alone cannot, such as what a seat
// said last, and it is rebuilt from the log rather than stored. [Head] is both
// together, as of one event.
//
// The rest are rules on these values: who sees what (visibility.go), which agent a
// message wakes (wake.go), which unread message holds one back (guard.go), what is
// asked and agreed (talk.go) and how a message is completed by that (message.go), how
// long a seat is safe (lease.go), which seat a newcomer gets (seatrequest.go) and how those
// outside are heard (knock.go), who may speak (speak.go), whose turn it is to speak where
// all who are present wait (turn.go), how the person behind a seat supervises its agent
// (supervision.go, draft.go) and which links make it that person (link.go), what an admin may do
// (manage.go, update.go), which names are banned (ban.go), and how many seats an invite gives, and
// until when (invite.go). The codes of invites are made in ident.
package room
