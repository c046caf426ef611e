// Package room is the state machine of a room. The package is pure: it has no clock, no context and no I/O, and no
// published value ever changes.
//
// A room is a log of events. [State] is the room after an event, and [State.Apply] returns the room after the next
// event. [Recent] indexes the latest events, and answers what the state alone cannot, such as what a seat said last.
// Recent is rebuilt from the log, never stored. [Head] is both together, as of one event.
//
// The other files are rules on these values:
//
//   - visibility.go: who sees which event
//   - wake.go, turn.go: whom a message wakes, and whose turn it is when all wait
//   - guard.go: which unread messages hold back a send
//   - message.go, mention.go, talk.go: how a message is completed, whom an @ names, and what is asked and agreed
//   - task.go, taskchange.go: which tasks are open, and who may do what with a task
//   - speak.go: who may speak
//   - seatrequest.go, knock.go: who gets a seat, and how a refused join is heard
//   - lease.go: who was heard when, and how long a seat is safe
//   - invite.go: how many seats an invite gives, and until when; package ident makes the codes
//   - supervision.go, draft.go, link.go: how a person supervises its agent, and by which links the person gets tokens
//   - manage.go, update.go, ban.go: what an admin may do, and which names are banned
//   - succession.go: who is the next admin
//   - redact.go, file.go: who may remove a text or a file, and how many files a room keeps
package room
