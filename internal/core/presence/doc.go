// Package presence is the knowledge of one process about the agents in a room, beside the room's log: the waits that
// are open here, who is present, how far each has read, and whose turn it is while all are silent. Presence and read
// positions are stored beside the log and lag behind on purpose, since each write costs. These files decide from values
// alone: call.go which presence a call brings, merge.go what two presences say together, cachedpresence.go when a
// presence is written, delivery.go (with offer.go, stay.go and warning.go) what a reader is handed and gets again, and
// internal/core/room/present.go who counts as present. Functions named cache… change the memory of this process alone,
// and those named store… write to the table.
//
// A [room.Presence] is stored for each seat. [Attendees] has a cachedPresence of it, a [Recorder] records calls in
// it, and a [room.Attendance] is what turns conclude from it. A call of Bob, who was handed 41 and calls with cursor
// 41 to wait, goes through the package so:
//
//	wait.go            BeginWait: the wait is open, and any older one of Bob ends
//	recorder.go        Record: Bob's lease is renewed, and others see that he waits
//	call.go            presence: Bob waits from now on, and an absence of his ends
//	cachedpresence.go  decideWrite: the wait is new to others, so it is written
//	reader.go          AcknowledgeAndOffer: 41 has arrived, and the events after 41 are offered
//	turns.go           all who are here wait: if nobody speaks for room.TurnAfter, it is somebody's turn
//	reader.go          RecordHandedOut: Ann's 42 has come, and Bob was handed it
//
// # Locks
//
// Attendees.lock and Reader.lock take the locks, and what needs a lock is a method of what they return.
// reading.handOutMu and Attendees.announceTasksMu come first, then the locks of roomlog, then Attendees.mu. While
// Attendees.mu is held, no method of a log but Peek may be called, and no table. handOutMu orders the calls that hand
// out; mu guards the cached Delivery, which each of them and each acknowledgment raises.
package presence
