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
//  22. A program returns for Bob with his first key, and sees 41: nothing is recorded, as in case 6.
//
// Three marks cut the line of events in four. A mark only rises, and never above the next mark, so the order in which
// two processes, or two calls, raise the marks does not matter:
//
//	up to Arrived   the events have arrived: none comes again
//	up to Twice     the events were handed out twice: they come along with the next answer, if they fit
//	up to Once      the events were handed out: they come again with the next answer, marked
//	after Once      the events are new
//
// Shown stands beside these marks:
//
//	         is raised by                                      and decides
//	Arrived  a cursor, a reply, the next call of a stay        what still comes along
//	Twice    a second call OnceMore, the next call of a stay   after which event a call without a cursor reads
//	Once     a call without a cursor that gets messages        what is marked as repeated
//	Shown    a call ByCursor, the first hook                   what is marked, after which event a last look reads
//
// In case 3:
//
//	after          Arrived  Twice  Once      40 | 41 | 42 | 43 |
//	the join       0        40     40
//	the 1st call   0        40     42              | once    |
//	the 2nd call   0        42     42              | twice   |
//	the 3rd call   0        42     43              | twice   | once
//
// Up to Shown, this process handed out events to calls with a cursor. The next call has the cursor of such an answer,
// so these events come again only to a call without a cursor, marked. The table has the same of all processes, in
// ShownTo, but only of an agent with a hook: no process calls the agent for events up to ShownTo. A last look brings
// again what another process handed out, since that answer may be lost. What others see, Presence.Read, is how far the
// agent was handed events in any way.
type Delivery struct {
	line
	stored    room.ReadPosition // as the table has it
	joined    int64             // the join handed out the events up to joined
	fromTable bool              // the table was read; else the line has only what this process knows
}

// line has the marks of a Delivery. Each is the number of an event.
type line struct{ Arrived, Twice, Once, Shown int64 }

// lineAt returns the line of a reader to whom all events up to n have arrived.
func lineAt(n int64) line { return line{Arrived: n, Twice: n, Once: n} }

// raise raises each mark to that of x, and to the mark below.
func (l *line) raise(x line) {
	l.Arrived = max(l.Arrived, x.Arrived)
	l.Twice = max(l.Twice, x.Twice, l.Arrived)
	l.Once = max(l.Once, x.Once, l.Twice)
	l.Shown = max(l.Shown, x.Shown)
}

// deliveryOf returns the delivery of a reader that joined with the event joined, as the table has it.
func deliveryOf(stored room.ReadPosition, joined int64) Delivery {
	d := Delivery{line: line{Twice: joined, Once: joined}, stored: stored, joined: joined, fromTable: true}
	d.raise(line{Arrived: stored.Arrived, Twice: stored.Twice, Once: stored.Once})
	return d
}

// known returns the marks of d that the table may lack: what was acknowledged or shown in this process.
func (d Delivery) known() line { return line{Arrived: d.Arrived, Shown: d.Shown} }

// position returns the delivery as the table keeps it.
func (d Delivery) position() room.ReadPosition {
	d.stored.Arrived, d.stored.Twice, d.stored.Once = d.Arrived, d.Twice, d.Once
	return d.stored
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

	line    line // of the reader
	current bool // the table was read for this call: else another process may have handed out more since
}

// OfferAfter returns the offer of a call whose cursor is n.
func OfferAfter(n int64) Offer { return Offer{How: ByCursor, After: n, Arrived: n} }

// Offer returns what a call of the reader may be handed. A call without a cursor is offered the last batch once more:
// if Bob's client lost the answer with 41 and Offer began after 41, Bob would never see 41.
func (d Delivery) Offer(query Query) Offer {
	switch {
	case query.Peek && !query.Return: // 6
		n := max(query.Cursor, d.Newest())
		return Offer{How: Peek, After: n, Arrived: n}
	case query.Cursor > 0: // 1
		return OfferAfter(query.Cursor)
	case query.Leave: // 12
		return Offer{How: LastLook, After: max(d.Twice, d.Shown)}
	}
	// 2, 3, 4
	offer := Offer{How: OnceMore, Arrived: d.Arrived, After: d.Twice, UnsureTo: d.Twice, MarkTo: max(d.Once, d.Shown),
		First: d.Arrived == 0 && d.Newest() <= d.joined, // 20
		line:  d.line, current: d.fromTable}
	switch {
	case query.Return && query.Peek: // 22
		offer.How = Peek
	case query.Return: // 11
		offer.How = UntilArrived
	case query.Stay: // 13
		offer.How, offer.UnsureTo = UntilArrived, 0
		if n := d.ArrivedAt(query.Key); query.Repeats == 0 || n < query.Repeats { // 14
			offer.Arrived, offer.After = n, max(offer.After, n)
		}
	}
	return offer
}

// HandOut records that a call was handed a number of messages of offer, none later than event to. A hooked agent is
// called unless the table shows the events as handed out. If HandOut did not raise Twice, Bob's third call without a
// cursor would get 41 and 42 again, and so would each call after.
func (d *Delivery) HandOut(offer Offer, to int64, messages int, hooked bool) WriteTime {
	if !offer.isRecorded(to, messages) {
		return Never
	}
	was := d.line
	switch offer.How {
	case ByCursor: // 1, 4, 10
		d.raise(line{Arrived: offer.Arrived, Shown: to})
		if hooked && messages > 0 { // 9
			return d.RecordShown(to)
		}
		return Never
	case OnceMore: // 2, 3: what was handed out once is now handed out twice
		d.raise(line{Arrived: offer.Arrived, Twice: offer.line.Once, Once: to})
	default: // 11, 13, 14: what was handed out once stays so, until it has arrived
		d.raise(line{Arrived: offer.Arrived, Twice: offer.After, Once: to})
	}
	if d.Twice == was.Twice && d.Once == was.Once {
		return Never
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

// mayBeStored reports whether HandOut may return another time than Never.
func (o Offer) mayBeStored(to int64, messages int, hooked bool) bool {
	return hooked || o.How != ByCursor && o.isRecorded(to, messages)
}

// RecordShown records that calls with a cursor were handed the events up to to, for an agent that has a hook or is
// about to get one. Without the record, another process calls the agent for events that the agent has.
func (d *Delivery) RecordShown(to int64) WriteTime { // 9, 21
	d.raise(line{Shown: to})
	if to <= max(d.stored.Once, d.stored.ShownTo) {
		return Never
	}
	d.stored.ShownTo = to
	return BeforeAnswerIfPossible
}

// Acknowledge records that the events up to cursor have arrived, and those up to the message replyTo of the last
// batch. Each is 0 if there is none. A reply to 41 does not acknowledge 42: Bob may have 41 from an earlier answer than
// the batch, and without 42 if the batch was lost.
func (d *Delivery) Acknowledge(cursor, replyTo int64) WriteTime {
	n := cursor // 1
	if d.Twice < replyTo && replyTo <= d.Once {
		n = max(n, replyTo) // 5
	}
	if n <= d.Arrived {
		return Never
	}
	d.raise(lineAt(n))
	return OncePerMinute
}

// HoldBack records that a stay was handed the events of offer up to to, which held back its message under key.
// HandOut follows, and raises Shown alone. If HandOut raised Once, ArrivedAt would count the events.
func (d *Delivery) HoldBack(offer Offer, to int64, key string) WriteTime { // 15
	d.raise(lineAt(offer.Arrived))
	d.stored.HeldBackTo, d.stored.HeldBackKey = to, key
	return BeforeAnswer
}

// ArrivedAt returns the last event that has surely arrived at a stay that sends a message under key: all that the
// stay was handed, except the answer to the same call, which was held back before.
func (d Delivery) ArrivedAt(key string) int64 {
	handed := max(d.Once, d.stored.ShownTo)       // 13
	if key != "" && key == d.stored.HeldBackKey { // 15
		return handed
	}
	return max(handed, d.stored.HeldBackTo)
}

// Newest returns the last event that the reader was handed.
func (d Delivery) Newest() int64 { return max(d.Once, d.Shown, d.stored.ShownTo) }

// Cursor returns the cursor of an answer that hands nothing out. ok is false while an answer may be lost, one with a
// cursor included: this cursor would acknowledge that answer, and an older cursor would hand out again what has
// arrived. The agent keeps the cursor that it has.
func (d Delivery) Cursor() (n int64, ok bool) { // 17
	n = d.Newest()
	return n, n <= max(d.Arrived, d.joined)
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
