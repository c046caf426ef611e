// Package roomlog stores rooms as logs of events in a table.Table.
//
// A log is a gapless sequence of events. To append event n+1 is to put it if it
// is absent: of all processes that try, exactly one succeeds. That put is the only
// lock there is. Each event that changes the room's state is written in one Write with
// the snapshot of that state: META, and the parts of it that the event changed. So a log
// is loaded with two reads.
//
// The types:
//
//   - [Store] gives access to the logs of one table and caches the recent ones.
//     Every [Store.Acquire] is matched by a [Log.Release].
//   - [Log] is one room's log as this process knows it. [Log.Peek] returns its
//     head without a read, [Log.Refresh] one that is up to date, and
//     [Log.Append] appends to it.
//   - [Proposal] is an append. Its Propose function checks the rules on a head and
//     returns a [Change]: the events to append, and what is written along.
//   - [Observer] hears of every change of a log's head.
//
// Start reading at append.go, then write.go and load.go. layout.go lists the items.
//
// # Locks
//
// The order is Log.reading, Store.mu, appender.mu, Log.mu, and then the lock of
// the layer above, which its Observer takes. Only Log.reading is held during a
// call of the table: it lets one call read the head while others wait for the
// result. A head is immutable, so Log.Peek needs no lock.
package roomlog
