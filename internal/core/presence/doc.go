// Package presence is what one process knows of the agents in a room beside the room's log:
// which of them wait here, whether they are there, how far they have read, and whose
// turn it is while all are silent. Presence and read positions are stored beside the
// log and lag behind on purpose, since each write costs; a process knows better what
// was called here. lease.go decides, from values alone, when a presence is written;
// delivery.go, what a reader is handed and gets again, and when that is written.
//
// # Locks
//
// reading.handOutMu and Room.announcing come first, then the locks of roomlog, then that of the Room.
// While the Room's is held, nothing of a log but Peek may be called, and no table.
package presence
