package presence

import "github.com/parley-chat/parley/internal/core/room"

// Delivery is what one reader was handed, what has arrived, and what the reader gets again. A reader is an agent, or
// one device of the person behind an agent. An answer may be lost: clients give up without a word, and a Lambda
// function never learns that its client has left. So events that were handed out come again unless something shows
// that they have arrived. A Delivery decides, and reads and writes nothing: Reader does.
type Delivery struct {
	line               // as this process knows it
	stored    stored   // as the table has it, with what RecordShown adds
	heldBack  heldBack // of a stay
	warned    warning  // of a credential
	leaveHeld int64    // the last event that held a leave back; 0: none did
	joined    int64    // the join handed out the events up to joined
	fromTable bool     // the table was read; else the line has only what this process knows
}

// line has marks, each the number of an event. The first three cut the line of events in four:
//
//	up to Arrived   the events have arrived: none comes again
//	up to Twice     the events were handed out twice: they come along with the next answer, if they fit
//	up to Once      the events were handed out: they come again with the next answer, marked
//	after Once      the events are new
//
// A mark only rises, and none of these three above the next, so processes and calls may raise them in any order.
//
// Up to ShownHere, this process handed out events to calls with a cursor. The next call has the cursor of such an
// answer, so the events come again only to a call without a cursor, marked. Up to Heard, messages were handed out to
// calls that sent none, such as waits: whoever asks the same again after such a call has lost no call.
//
//	mark       raised by                                      read by
//	Arrived    a cursor, a reply, the next call of a stay     Offer: what comes along; Cursor, HasCursor
//	Twice      a second call NoCursor, the next of a stay     Offer: after what a call without a cursor reads
//	Once       a call without a cursor that gets messages     Offer: what is marked; Acknowledge: which replies count
//	ShownHere  a call ByCursor, first hook, failed write      Offer: what is marked, and after what a last look reads
//	Heard      a call that gets messages and sends none       Reader.Heard: whether a question was answered
//
// So the marks of Bob, who has a hook, rise:
//
//	                              Arrived  Twice  Once  ShownHere  stored.Once  stored.ShownTo
//	he joins with 40                    0     40    40          0            0               0
//	looks, and is handed 41, 42         0     40    42          0           42               0
//	looks again (D2)                    0     42    42          0           42               0
//	has cursor 42, and gets 43 (D9)    42     42    42         43           42              43
type line struct{ Arrived, Twice, Once, ShownHere, Heard int64 }

// stored has the marks in the table that say for which events no process calls an agent with a hook: those up to Once,
// and those up to ShownTo, which some process handed out to calls with a cursor.
type stored struct{ Once, ShownTo int64 }

// newest returns the last event for which no process calls the agent.
func (s stored) newest() int64 { return max(s.Once, s.ShownTo) }

// lineAt returns the line of a reader to whom all events up to n have arrived.
func lineAt(n int64) line { return line{Arrived: n, Twice: n, Once: n} }

// raise raises each mark to that of x, and to the mark below.
func (l *line) raise(x line) {
	l.Arrived = max(l.Arrived, x.Arrived)
	l.Twice = max(l.Twice, x.Twice, l.Arrived)
	l.Once = max(l.Once, x.Once, l.Twice)
	l.ShownHere = max(l.ShownHere, x.ShownHere)
	l.Heard = max(l.Heard, x.Heard)
}

// deliveryOf returns the delivery of a reader that joined with the event joined, as the table has it.
func deliveryOf(p room.ReadPosition, joined int64) Delivery {
	d := Delivery{line: line{Twice: joined, Once: joined}, stored: stored{p.Once, p.ShownTo},
		warned: warning(p.Credential), joined: joined, fromTable: true,
		heldBack: heldBack{p.HeldBackTo, p.HeldBackKey, p.HeldBackTimes}, leaveHeld: p.LeaveHeldTo}
	d.raise(line{Arrived: p.Arrived, Twice: p.Twice, Once: p.Once, Heard: p.Heard})
	return d
}

// unstored returns the marks of d that the table may lack: what was acknowledged or shown in this process.
func (d Delivery) unstored() line {
	return line{Arrived: d.Arrived, ShownHere: d.ShownHere, Heard: d.Heard}
}

// position returns the delivery as the table keeps it.
func (d Delivery) position() room.ReadPosition {
	return room.ReadPosition{Arrived: d.Arrived, Twice: d.Twice, Once: d.Once, ShownTo: d.stored.ShownTo,
		Heard: d.Heard, HeldBackTo: d.heldBack.to, HeldBackKey: d.heldBack.key, HeldBackTimes: d.heldBack.times,
		Credential: string(d.warned), LeaveHeldTo: d.leaveHeld}
}

// written returns the delivery after position was written to the table.
func (d Delivery) written() Delivery {
	d.stored.Once = d.Once
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

// The cases of Delivery, which this package cites as D1 to D19. Bob has joined with event 40, and the events from 41 on
// are messages of Ann:
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
//  13. Bob looks and gets no message: nothing is stored, unless the look passed a whole page of events.
//  14. Bob was handed 41 and takes a task without a cursor: he gets none, which would acknowledge 41.
//  15. Bob's person opens the room on a new device: the offer says that it is the first.
//  16. Bob was handed 41 by a call with cursor 40, and gets his first hook: that is stored, as in case 9.
//  17. A program returns for Bob with his first key, and sees 41: nothing is recorded, as in case 6.
//  18. Bob's person was handed 41 and 42, also twice, and reads a page from 42 on: it has no cursor.
//  19. Bob asks, and is handed 41 with the result of that, then by a wait: from then on, he has heard 41.

// Offer returns what a call of the reader may be handed.
func (d Delivery) Offer(query Query) Offer {
	switch query.how {
	case ByCursor: // D1
		return OfferAfter(query.cursor)
	case Peek: // D6
		n := max(query.cursor, d.Newest())
		return Offer{How: Peek, After: n, Arrived: n}
	case LastLook: // D12
		return Offer{How: LastLook, After: max(d.Twice, d.ShownHere), MarkTo: d.leaveHeld}
	}
	offer := Offer{How: query.how, Arrived: d.Arrived, After: d.Twice, UnsureTo: d.Twice, // D2, D3, D4, D11, D17
		MarkTo: max(d.Once, d.ShownHere), First: d.Arrived == 0 && d.Newest() <= d.joined, // D15
		once: d.Once}
	if query.how == InStay {
		return d.inStay(offer, query)
	}
	return offer
}

// HandOut records that a call was handed a number of messages of offer, none later than event to. A hooked agent is
// called unless the table shows the events as handed out. If HandOut did not raise Twice, Bob's third call without a
// cursor would get 41 and 42 again, and so would each call after.
func (d *Delivery) HandOut(offer Offer, to int64, messages int, hooked bool) WriteTime {
	if offer.How.handsOut() && !offer.Sends && messages > 0 { // D19
		d.raise(line{Heard: to})
	}
	if !offer.isRecorded(to, messages) {
		return Never
	}
	was := d.line
	switch offer.How {
	case ByCursor: // D1, D4, D10
		d.raise(line{Arrived: offer.Arrived, ShownHere: to})
		if hooked && messages > 0 { // D9
			return d.RecordShown(to)
		}
		return Never
	case NoCursor: // D2, D3: what was handed out once is now handed out twice
		d.raise(line{Arrived: offer.Arrived, Twice: offer.once, Once: to})
	default: // D11: what was handed out once stays so, until it has arrived
		d.raise(line{Arrived: offer.Arrived, Twice: offer.After, Once: to})
	}
	if d.Twice == was.Twice && d.Once == was.Once {
		return Never
	}
	return BeforeAnswerIfPossible
}

// RecordShown records that calls with a cursor were handed the events up to to, of an agent that has a hook or is about
// to get one. Else another process calls the agent for events that it has.
func (d *Delivery) RecordShown(to int64) WriteTime { // D9, D16
	d.raise(line{ShownHere: to})
	if to <= d.stored.newest() {
		return Never
	}
	d.stored.ShownTo = to
	return BeforeAnswerIfPossible
}

// Acknowledge records that the events up to cursor have arrived, and those up to replyTo, a message of the last batch.
// Each is 0 if there is none. A reply to 41 does not acknowledge 42: Bob may have 41 from an answer before the batch.
func (d *Delivery) Acknowledge(cursor, replyTo int64) WriteTime {
	n := cursor // D1
	if d.Twice < replyTo && replyTo <= d.Once {
		n = max(n, replyTo) // D5
	}
	if n <= d.Arrived && d.fromTable { // before the first read, the table may have less
		return Never
	}
	d.raise(lineAt(n))
	return OncePerMinute
}

// Newest returns the last event that the reader was handed.
func (d Delivery) Newest() int64 { return max(d.Once, d.ShownHere, d.stored.ShownTo) }

// Cursor returns the cursor of an answer that hands nothing out. ok is false while any answer may be lost: this cursor
// would acknowledge that answer, and an older one would hand out again what has arrived. The agent keeps its cursor.
func (d Delivery) Cursor() (n int64, ok bool) { // D14
	n = d.Newest()
	return n, n <= max(d.Arrived, d.joined)
}

// HasCursor reports whether an answer that shows a person all events from from on has a cursor: not if an answer with
// an earlier event may be lost. What no call has handed out yet is not lost.
func (d Delivery) HasCursor(from int64) bool { // D18
	arrived := max(d.Arrived, d.joined)
	return from <= arrived+1 || d.Newest() <= arrived
}
