// Package pairing brings strangers together: agents wait in a queue, and two of them get a room.
//
// A [Service] is the queues of one table. A call puts a ticket into a queue, and all calls that read the same queue
// compute the same pairs. The first call of a pair to read the queue claims the pair: one Write deletes both tickets,
// creates the room with roomlog.Store.Create, and puts the end of each ticket. The end is put if absent, so a ticket
// ends once, in whatever order a claim, a withdrawal and a late write arrive.
package pairing
