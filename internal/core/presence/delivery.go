package presence

import "github.com/parley-chat/parley/internal/core/room"

// Delivery is what one reader was handed, and what has arrived. A reader is an agent, or one device of the person
// behind an agent. The position of a reader is the cursor of its last result, which the reader keeps. So a Delivery
// decides only for calls without a cursor: a return, a person's first call, a stay and a peek, and whether an agent is
// called by its hook.
type Delivery struct {
	line
	stored    int64    // Handed, as the table has it
	heldBack  heldBack // of a stay
	warned    warning  // of a credential
	leaveHeld int64    // the last event that held a leave back; 0: none did
	joined    int64    // the join handed out the events up to joined
	fromTable bool     // the table was read; else the line has only what this process knows
}

// line cuts the events in three: those up to Arrived have arrived, those up to Handed were handed out in any way, and
// the rest is new. A mark only rises, so processes and calls may raise them in any order.
type line struct{ Arrived, Handed int64 }

// raise raises each mark to that of x, and to the mark below.
func (l *line) raise(x line) {
	l.Arrived = max(l.Arrived, x.Arrived)
	l.Handed = max(l.Handed, x.Handed, l.Arrived)
}

// deliveryOf returns the delivery of a reader that joined with the event joined, as the table has it.
func deliveryOf(p room.ReadPosition, joined int64) Delivery {
	d := Delivery{line: line{Handed: joined}, stored: p.Handed, warned: warning(p.Credential), joined: joined,
		heldBack: heldBack{p.HeldBackTo, p.HeldBackKey, p.HeldBackTimes}, leaveHeld: p.LeaveHeldTo, fromTable: true}
	d.raise(line{p.Arrived, p.Handed})
	return d
}

// position returns the delivery as the table keeps it.
func (d Delivery) position() room.ReadPosition {
	return room.ReadPosition{Arrived: d.Arrived, Handed: d.Handed, HeldBackTo: d.heldBack.to,
		HeldBackKey: d.heldBack.key, HeldBackTimes: d.heldBack.times, Credential: string(d.warned),
		LeaveHeldTo: d.leaveHeld}
}

// written returns the delivery after position was written to the table.
func (d Delivery) written() Delivery {
	d.stored = d.Handed
	return d
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

// The cases of Delivery, which this package cites as D1 to D11. Bob has joined with event 40, and the events from 41 on
// are messages of Ann:
//
//  1. Bob was handed 41 and 42, and his next call has cursor 42: both have arrived, and neither comes again.
//  2. Bob was handed 41 by a call with cursor 40, and calls with cursor 40 again: 41 comes again, as new.
//  3. Bob returns and gets 41 and 42: each return brings both, marked, until a cursor shows that they arrived.
//  4. A program peeks for Bob, or returns for him with his first key, and sees 41: nothing is recorded.
//  5. A newer wait ends one that found 41: the older hands nothing out, and cursor 40 acknowledges nothing.
//  6. One process handed Bob 41, and Bob acknowledged 41 to another: the other keeps that on its next read.
//  7. Bob has a hook, or gets his first, and gets 41: that is stored first, so no process calls Bob for 41.
//  8. Bob has no hook, and a call with cursor 40 gets 41: nothing is stored, since the next cursor will be.
//  9. Bob was handed 41, and leaves when 42 has come: the leave shows 42.
//  10. Bob's person opens the room on a new device: the offer says that it is the first.
//  11. Bob's person was handed 41 and 42, and reads a page from 42 on: it has no cursor.

// Offer returns what a call of the reader may be handed.
func (d Delivery) Offer(query Query) Offer {
	switch query.how {
	case ByCursor: // D1, D2
		return OfferAfter(query.cursor)
	case Peek: // D4
		n := max(query.cursor, d.Newest())
		return Offer{How: Peek, After: n, Arrived: n}
	case LastLook: // D9
		return Offer{How: LastLook, After: d.Newest(), MarkTo: d.leaveHeld}
	}
	offer := Offer{How: query.how, Arrived: d.Arrived, After: max(d.Arrived, d.joined), // D3
		MarkTo: max(d.Handed, d.heldBack.to), First: d.Arrived == 0 && d.Newest() <= d.joined} // D10
	if query.how == InStay {
		return d.inStay(offer, query)
	}
	return offer
}

// HandOut records that a call was handed a number of messages of offer, none later than event to. A stay goes on after
// what it was handed, and a hooked agent is called unless the table shows the events as handed out.
func (d *Delivery) HandOut(offer Offer, to int64, messages int, hooked bool) WriteTime {
	if !offer.isRecorded(to, messages) {
		return Never
	}
	d.raise(line{offer.Arrived, to})
	if (hooked && messages > 0 || offer.How != ByCursor) && d.Handed > d.stored { // D7, D8
		return BeforeAnswerIfPossible
	}
	return Never
}

// RecordShown records that calls handed out the events up to to, of an agent that is about to get its first hook. Else
// another process calls the agent for events that it has.
func (d *Delivery) RecordShown(to int64) WriteTime { // D7
	d.raise(line{Handed: to})
	if to <= d.stored {
		return Never
	}
	return BeforeAnswerIfPossible
}

// Acknowledge records that the events up to cursor have arrived; 0: none.
func (d *Delivery) Acknowledge(cursor int64) WriteTime { // D1
	if cursor <= d.Arrived && d.fromTable { // before the first read, the table may have less
		return Never
	}
	d.raise(line{Arrived: cursor})
	return OncePerMinute
}

// Newest returns the last event that the reader was handed.
func (d Delivery) Newest() int64 { return max(d.Handed, d.joined, d.heldBack.to) }

// HasCursor reports whether an answer that shows a person all events since from, from included, has a cursor. Such an
// answer has none if an answer with an earlier event may be lost. Events that no call has handed out are not lost.
func (d Delivery) HasCursor(from int64) bool { // D11
	arrived := max(d.Arrived, d.joined)
	return from <= arrived+1 || d.Newest() <= arrived
}
