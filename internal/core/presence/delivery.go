package presence

import (
	"strings"

	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
)

// Delivery is what one reader was handed, what has arrived, and what the reader gets again. A reader is an agent, or
// one device of the person behind an agent. An answer may be lost: clients give up without a word, and a Lambda
// function never learns that its client has left. So events that were handed out come again unless something shows
// that they have arrived.
//
// A Delivery decides, and reads and writes nothing: Reader does. In the cases, Bob has joined with event 40, and the
// events from 41 on are messages of Ann.
//
//  1. Bob was handed 41 and 42, and his next call has cursor 42: both have arrived, and neither comes again.
//  2. Bob was handed 41 and 42, and calls without a cursor: both come again, marked as repeated.
//  3. Bob was handed 41 and 42 twice without a cursor: both answers may be lost, so both come along with 43.
//  4. Bob was handed 41 by a call with cursor 40, and calls without one: 41 comes again, marked here.
//  5. Bob was handed 41 and 42, and replies to 41: 41 has arrived, and 42 comes again.
//  6. A program peeks for Bob and sees 41: nothing is recorded, and Bob's next call gets 41 as new.
//  7. A newer wait ends one that found 41: the older hands nothing out, and cursor 40 acknowledges nothing.
//  8. One process handed Bob 41, and Bob acknowledged 41 to another: the other keeps that on its next read.
//  9. Bob has a hook, and a call with cursor 40 gets 41: that is stored first, so no process calls Bob for 41.
//  10. Bob has no hook, and a call with cursor 40 gets 41: nothing is stored, since the next cursor will be.
//  11. Bob returns and gets 41 and 42: each return and one call without a cursor bring both again, marked.
//  12. Bob was handed 41 by a call with cursor 40, and leaves when 42 has come: the leave shows 42.
//  13. Bob stays (A2A), was handed 41, and calls again: 41 has arrived, since a stay knows no cursor.
//  14. Bob stays, has 41, said 42 under key k, was handed 43 with 42, and says k again: 43 comes again.
//  15. Bob stays, and 41 held back a message under key k: k again gets 41 again, since the answer may be lost.
//  16. Bob looks and gets no message: nothing is stored, unless the look passed a whole page of events.
//  17. Bob was handed 41 in any way and lists tasks: the list has no cursor, which would acknowledge 41.
//  18. Bob was warned of a credential, and says the same again: Bob means it, and the message is sent.
//  19. The page was warned of a credential, and repeats the call with its key: nobody has read the warning.
//  20. Bob's person opens the room on a new device: the offer says that it is the first.
//  21. Bob was handed 41 by a call with cursor 40, and gets his first hook: that is stored, as in case 9.
//
// Three of the numbers below cut the line of events. (BatchAfter, BatchTo] is the last batch, which the next call
// without a cursor gets once more. (Acked, BatchAfter] was handed out twice, and comes along if it fits. In case 3:
//
//	after          Acked  BatchAfter  BatchTo      40 | 41 | 42 | 43 |
//	the join       0      40          40
//	the 1st call   0      40          42              | batch   |
//	the 2nd call   0      42          42              | twice   |
//	the 3rd call   0      42          43              | twice   | batch
//
// How far a reader has come is kept in numbers of events. The second column says what became of the events up to
// that number, the third who records the number, and the last where the number is kept:
//
//	Acked          have arrived                      Acknowledge, HandOut, HoldBack  table, a minute late
//	BatchTo        handed out without a cursor       HandOut                         table
//	BatchAfter     came before the last such batch   HandOut                         table
//	ShownTo        handed out with a cursor, hooked  HandOut, RecordShown            table
//	HeldBackTo     handed to a send held back        HoldBack                        table
//	shown          handed out with a cursor, or      HandOut, RecordShown,           the process
//	               without if that write failed      Reader.writeDelivery
//	joined         handed out by the join            deliveryOf                      the seat, in the log
//	Presence.Read  handed to the agent in any way    Reader.recordRead               the process, then the lease
//
// Others see Presence.Read. A Delivery needs Presence.Read only in case 21.
type Delivery struct {
	stored    room.ReadPosition
	shown     int64 // calls with a cursor were handed the events up to shown, as far as the process knows
	joined    int64 // the join handed out the events up to joined
	fromTable bool  // stored was read from the table; else stored has only what was acknowledged in this process
}

// deliveryOf returns the delivery of a reader that joined with the event joined, as the table has it.
func deliveryOf(stored room.ReadPosition, joined int64) Delivery {
	stored.BatchTo, stored.BatchAfter = max(stored.BatchTo, joined), max(stored.BatchAfter, joined)
	return Delivery{stored: stored, joined: joined, fromTable: true}
}

// addKnown adds to d what was acknowledged or shown in this process, since the table may lack both.
func (d *Delivery) addKnown(known Delivery) { // 8
	d.stored.Acked, d.shown = max(d.stored.Acked, known.stored.Acked), max(d.shown, known.shown)
}

// WriteTime is when a change of a Delivery is written to the table, and whether the answer relies on the write. If
// not, a failed write only makes events come again.
type WriteTime int

// The times of a write.
const (
	Never                  WriteTime = iota // the process alone remembers the change
	OncePerMinute                           // only by a call that finds the last write a minute old
	BeforeAnswerIfPossible                  // before the answer, which goes out even if the write fails
	BeforeAnswer                            // before the answer, which is refused if the write fails
)

// How says in which way a call reads. The way to read decides what shows that the answer has arrived.
type How int

// The ways to read.
const (
	ByCursor     How = iota // from the call's cursor on: the cursor of the next call acknowledges the answer
	OnceMore                // without a cursor: the next call without one gets the answer once more
	UntilArrived            // without a cursor: each such call gets the answer again, until it has arrived
	Peek                    // nothing is handed out
	LastLook                // nothing is recorded: the seat is given up
)

// Query is what a call says about where it continues to read.
type Query struct {
	Cursor  int64  // 0: none
	AsOf    int64  // the last event that the call knows
	Peek    bool   // a program reads in the agent's place
	Return  bool   // the agent returns to its seat
	Leave   bool   // the agent gives its seat up
	Stay    bool   // the caller knows no cursor: each call shows that the answer before has arrived
	Key     string // of a stay: the idempotency key of its message; "": none
	Repeats int64  // of a stay: the message that was sent under Key before; 0: none
}

// Offer is what a call may be handed.
type Offer struct {
	How    How
	After  int64 // the events after After are offered
	MarkTo int64 // the events up to MarkTo are marked as repeated
	// the events up to Arrived have arrived: a cursor of this number acknowledges nothing that may be lost
	Arrived  int64
	UnsureTo int64 // the events after Arrived up to UnsureTo were handed out twice, and come along if they fit
	First    bool  // the reader was handed nothing yet

	batchTo  int64 // of OnceMore: the events up to batchTo are handed out for the second time
	current  bool  // the table was read for this call: else another process may have handed out more since
	storeNow bool  // of ByCursor: the agent has a hook, which calls unless the table shows events as handed out
}

// OfferAfter returns the offer of a call whose cursor is n.
func OfferAfter(n int64) Offer { return Offer{How: ByCursor, After: n, Arrived: n} }

// Offer returns what a call of the reader may be handed. A call without a cursor is offered the last batch once more:
// if Bob's client lost the answer with 41 and Offer began after 41, Bob would never see 41.
func (d Delivery) Offer(query Query) Offer {
	position := d.stored
	switch {
	case query.Peek: // 6
		n := max(query.Cursor, d.NewestHandedOut())
		return Offer{How: Peek, After: n, Arrived: n}
	case query.Cursor > 0: // 1
		return OfferAfter(query.Cursor)
	case query.Leave: // 12
		return Offer{How: LastLook, After: max(position.BatchAfter, position.Acked, d.shown)}
	}
	// 2, 3, 4
	offer := Offer{How: OnceMore, MarkTo: max(position.BatchTo, d.shown), Arrived: position.Acked,
		UnsureTo: position.BatchAfter,
		First:    position.Acked == 0 && position.BatchTo <= d.joined && d.shown == 0, // 20
		batchTo:  position.BatchTo, current: d.fromTable}
	switch {
	case query.Return: // 11
		offer.How = UntilArrived
	case query.Stay: // 13
		offer.How, offer.UnsureTo = UntilArrived, 0
		if n := d.Arrived(query.Key); query.Repeats == 0 || n < query.Repeats { // 14
			offer.Arrived = n
		}
	}
	offer.After = max(position.BatchAfter, offer.Arrived)
	return offer
}

// HandOut records that a call was handed a number of messages of offer, none later than event to. If HandOut
// did not move BatchAfter, Bob's third call without a cursor would get 41 and 42 again, and so would each call
// after.
func (d *Delivery) HandOut(offer Offer, to int64, messages int) WriteTime {
	if !offer.isRecorded(to, messages) {
		return Never
	}
	position := &d.stored
	position.Acked = max(position.Acked, offer.Arrived) // 1, 13
	switch {
	case offer.How == ByCursor && offer.storeNow && messages > 0: // 9
		return d.RecordShown(to)
	case offer.How == ByCursor: // 4, 10
		d.shown = max(d.shown, to)
		return Never
	case offer.How == OnceMore: // 2, 3
		position.BatchAfter, position.BatchTo = max(offer.After, offer.batchTo), max(position.BatchTo, to)
	case to <= position.BatchTo: // 11, 14
		return Never
	default:
		position.BatchAfter, position.BatchTo = offer.After, to
	}
	return BeforeAnswerIfPossible
}

// isRecorded reports whether a Delivery changes when a call is handed messages of o, none later than event to.
func (o Offer) isRecorded(to int64, messages int) bool {
	switch o.How {
	case Peek, LastLook: // 6, 12
		return false
	case ByCursor: // 1: the acknowledgment by the cursor is recorded, even if nothing is new
		return true
	}
	return messages > 0 || to-o.After >= roomlog.PageEvents // 16
}

// RecordShown records that calls with a cursor were handed the events up to to, for an agent that has a hook or is
// about to get one. Without the record, another process calls the agent for events that the agent has.
func (d *Delivery) RecordShown(to int64) WriteTime { // 9, 21
	position := &d.stored
	d.shown = max(d.shown, to)
	if to <= max(position.BatchTo, position.ShownTo) {
		return Never
	}
	position.ShownTo = to
	return BeforeAnswerIfPossible
}

// Acknowledge records that the events up to cursor have arrived, and those up to the message replyTo of the last
// batch. Each is 0 if there is none. A reply to 41 does not acknowledge 42: Bob may have 41 from an earlier answer than
// the batch, and without 42 if the batch was lost.
func (d *Delivery) Acknowledge(cursor, replyTo int64) WriteTime {
	position, n := &d.stored, cursor // 1
	if position.BatchAfter < replyTo && replyTo <= position.BatchTo {
		n = max(n, replyTo) // 5
	}
	if n <= position.Acked {
		return Never
	}
	position.Acked = n
	return OncePerMinute
}

// HoldBack records that a stay was handed the events of offer up to to, which held back its message under key.
// HandOut follows, and stores nothing, since no hook calls a stay. If HandOut stored the events, Arrived would count
// them.
func (d *Delivery) HoldBack(offer Offer, to int64, key string) WriteTime { // 15
	position := &d.stored
	position.Acked, position.HeldBackTo, position.HeldBackKey = max(position.Acked, offer.Arrived), to, key
	return BeforeAnswer
}

// Arrived returns the last event that has surely arrived at a stay that sends a message under key: all that the
// stay was handed, except the answer to the same call, which was held back before.
func (d Delivery) Arrived(key string) int64 {
	position := d.stored
	handed := max(position.Acked, position.BatchTo, position.ShownTo) // 13
	if key != "" && key == position.HeldBackKey {                     // 15
		return handed
	}
	return max(handed, position.HeldBackTo)
}

// NewestHandedOut returns the last event that the reader was handed.
func (d Delivery) NewestHandedOut() int64 {
	return max(d.stored.Acked, d.stored.BatchTo, d.stored.ShownTo, d.shown, d.joined)
}

// Cursor returns the cursor of an answer that hands nothing out. ok is false while an answer may be lost, one with a
// cursor included: this cursor would acknowledge that answer, and an older cursor would hand out again what has
// arrived. The agent keeps the cursor that it has.
func (d Delivery) Cursor() (n int64, ok bool) { // 17
	n = d.NewestHandedOut()
	return n, n <= max(d.stored.Acked, d.joined)
}

// ConfirmCredential reports whether the reader was warned of the credential with this fingerprint. A call of the
// page has a key. If confirmed is false, the reader counts as warned from now on.
func (d *Delivery) ConfirmCredential(fingerprint, key string) (confirmed bool, when WriteTime) {
	if warned, by, _ := strings.Cut(d.stored.Credential, " "); warned == fingerprint {
		return key == "" || key != by, Never // 18, 19
	}
	d.stored.Credential = strings.TrimSpace(fingerprint + " " + key)
	return false, BeforeAnswer
}
