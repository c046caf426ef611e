// Package presence is the knowledge of one process about the agents in a room, beside the room's log: the waits that
// are open here, who is present, how far each has read, and whose turn it is while all are silent. Presence and read
// positions are stored beside the log and lag behind on purpose, since each write costs. lease.go decides, from
// values alone, when a presence is written; delivery.go decides what a reader is handed and gets again.
//
// A [room.Presence] is stored for each seat. [Attendees] has a cachedPresence of it, a [Recorder] records calls in
// it, and a [room.Attendance] is what turns conclude from it.
//
// # Locks
//
// reading.handOutMu and Attendees.announceTasksMu come first, then the locks of roomlog, then Attendees.mu. While
// Attendees.mu is held, no method of a log but Peek may be called, and no table.
package presence
