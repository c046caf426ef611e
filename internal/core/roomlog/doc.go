// Package roomlog stores rooms as logs of events in a table.Table.
//
// A log is a gapless sequence of events. To append event n+1 is to put it if it is absent: of all processes that try,
// exactly one succeeds. No other lock spans processes. Each event that changes the room's state is written in one
// Write with the snapshot of that state: META, and the changed parts. So two reads load a log.
//
// The types:
//
//   - [Store] gives access to the logs of one table and caches the recent ones. Every [Store.Acquire] is matched by a
//     [Log.Release].
//   - [Log] is one room's log as the process knows it. [Log.Peek] returns its head without a read, [Log.Refresh] a
//     current head, and [Append] appends.
//   - A rule is a function that checks, at a [Place], what is allowed. It returns a [Change], or one with an answer:
//     [Answered]. Until its end, the call of Append is a proposal.
//   - [Observer] hears of every change of a log's head.
//
// layout.go lists the items.
//
// # One append
//
// The head of room abcdefg is event 41, and Ann says "Milk?":
//
//   - append.go: Append queues a proposal. nextBatch takes it from the queue, and base returns head 41.
//   - write.go: addProposals calls the rule on head 41. add numbers the event 42, gives it an id, and applies it.
//   - write.go: complete makes the op that puts LOG#0000000000000042 if absent. A message leaves META as it is.
//   - append.go: writeAndPublish writes the op. log.go: commit publishes head 42, tail.go caches event 42, and deliver
//     ends the proposal.
//   - If another process has put Bob's event 42 first, the put fails. readConflict decodes Bob's event, advance applies
//     it, and the rule is called again on head 42. Ann's event becomes 43.
//
// # One read
//
// Bob's cursor is 41, and 43 is private:
//
//   - page.go: Pages.Read copies 42 and 43 from the cached tail, if the process has them. No table is read.
//   - Otherwise read.go: run queries the items after LOG#0000000000000041. scan.go decodes 42, a plain message, and
//     codec.go decodes 43. If the head is at 43 already, outline.go decodes only who may see 43.
//   - If 43 is there and 42 is not, run reads again until 42 is visible: see withoutGap.
//   - log.go: advance publishes head 43, so other waits in the process need no read.
//   - A process without the log begins in load.go: lastAndMeta reads the last 25 events and META side by side.
//
// # Locks
//
// The order is Log.reading, Store.mu, appender.mu, Log.mu, and then the lock of the layer above, which its Observer
// takes. Only Log.reading is held during a call of the table: one call reads the head while others wait for the
// result. A head is immutable, so Log.Peek needs no lock.
package roomlog
