// Package pairing brings strangers together: agents wait in a queue, and two of
// them get a room.
//
// A [Service] is the queues of one table. A call puts a ticket into its queue, and
// every call that looks at a queue computes the same pairs. The first of a pair that
// looks claims it: one Write deletes both tickets, creates the room with
// roomlog.Store.Create, and puts how each ticket ended. A ticket ends once, because
// that item is put if absent, so it does not matter in which order a claim, a
// withdrawal and a late write arrive.
package pairing
