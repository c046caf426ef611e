// Package presence is the knowledge of one process about the agents in a room, beside the room's log: the waits that
// are open here, who is present, how far each has read, and whose turn it is while all are silent. Presence and read
// positions are stored beside the log and lag behind on purpose, since each write costs.
//
// [Attendees] is this knowledge of one room. A [Recorder] records the calls of a seat in its [room.Presence], and a
// [Reader] applies a [Delivery], which says what is handed out again. These files decide from values alone: call.go,
// cachedpresence.go, merge.go, delivery.go, offer.go, stay.go, warning.go and, outside, internal/core/room/present.go.
// Functions named cache… change the memory of this process alone, and those named store… write to the table. D3 in a
// comment is case 3 of Delivery; a number without a letter is a case of the list above it in its file.
//
// # One wait
//
// Bob was handed 41, and calls with cursor 41 to wait:
//
//	Recorder.BeginWait           wait.go: the wait is open, and any older one of Bob ends
//	  Record, update             recorder.go: his lease is renewed, and others see that he waits
//	    seatCall.presence        call.go: he waits from now on, and an absence of his ends
//	    merge                    merge.go: what only rises is kept
//	    decideWrite              cachedpresence.go: the wait is new to others, so it is written
//	Reader.AcknowledgeAndOffer   reader.go: 41 has arrived, and the events after 41 are offered
//	Recorder.Renew               wait.go: each renewEvery, the wait is announced further if that is due
//	Attendees.signalTurn         turns.go: all wait and nobody speaks, so it is somebody's turn
//	Reader.RecordHandedOut       reader.go: Ann's 42 has come, and Bob is handed it
//	  Delivery.HandOut           delivery.go: 42 comes again unless Bob's next call shows that it has arrived
//	Attendees.EndWait            wait.go: Bob waits no more
//
// # Locks
//
// Locks are taken in this order: liveRoom.sharing of package chat; reading.handOutMu, seatCache.writing or
// Attendees.freeTasksMu; the locks of roomlog; Attendees.mu. So while Attendees.mu is held, no table and no method of a
// log but Peek is called. The functions lock… take the locks, and what needs a lock is a method of what they return.
package presence
