package presence

import (
	"time"

	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
)

// How says in which way a call reads. The way to read decides what shows that the answer has arrived.
type How int

// The ways to read.
const (
	ByCursor     How = iota + 1 // from the call's cursor on: the cursor of the next call acknowledges the answer
	OnReturn                    // a return, or a person or standby without a cursor: it comes until it has arrived
	InStay                      // the caller knows no cursor: each call shows that the answer before has arrived
	Peek                        // a program reads in the agent's place: nothing is handed out
	PeekOnReturn                // a program returns for the agent: nothing is handed out
	LastLook                    // nothing is recorded: the agent gives its seat up, or HoldBack records it
)

// handsOut reports whether what a call gets counts as handed out.
func (h How) handsOut() bool { return h != Peek && h != PeekOnReturn && h != LastLook }

// Query is what a call says about where it continues to read.
type Query struct {
	how     How
	cursor  int64  // 0: none
	asOf    int64  // the last event that the call knows
	key     string // of a stay: the idempotency key of its message; "": none
	repeats int64  // of a stay: the message that was sent under key before; 0: none
}

// needsNoDelivery reports whether the call is offered the same whatever the reader was handed: it continues at its
// cursor, or peeks after the last event.
func (q Query) needsNoDelivery() bool {
	return q.how == ByCursor || q.how == Peek && q.cursor >= q.asOf
}

// returns reports whether the call returns to its seat.
func (q Query) returns() bool { return q.how == OnReturn || q.how == PeekOnReturn }

// QueryAfter returns the query of a call with cursor n.
func QueryAfter(n int64) Query { return Query{how: ByCursor, cursor: n} }

// QueryInStay returns the query of a call of a stay that knows the events up to asOf, and sends a message under key;
// "": it sends none. repeats is the message that was sent under key before; 0: none.
func QueryInStay(asOf int64, key string, repeats int64) Query {
	return Query{how: InStay, asOf: asOf, key: key, repeats: repeats}
}

// QueryByPeek returns the query of a program that has cursor n, or none if n is 0, and knows the events up to asOf.
func QueryByPeek(n, asOf int64) Query { return Query{how: Peek, cursor: n, asOf: asOf} }

// QueryOnReturn returns the query of a call that returns to its seat. peeks says that a program returns for the agent.
func QueryOnReturn(peeks bool) Query {
	if peeks {
		return Query{how: PeekOnReturn}
	}
	return Query{how: OnReturn}
}

// QueryAtLast returns the query of a call that gives its seat up.
func QueryAtLast() Query { return Query{how: LastLook} }

// Offer is what a call may be handed.
type Offer struct {
	How    How
	After  int64 // the events after After are offered
	MarkTo int64 // the events up to MarkTo are marked as repeated
	// the events up to Arrived have arrived: this cursor acknowledges nothing that may be lost
	Arrived   int64
	First     bool      // the reader was handed nothing yet
	MarkUntil time.Time // what came before is marked, too, since another process may have handed it out

	readAt time.Time // when the table was read for this call; zero: it was not
}

// Marks reports whether the event may have been handed out before.
func (o Offer) Marks(event room.Event) bool {
	return event.N <= o.MarkTo || event.At().Before(o.MarkUntil)
}

// OfferAfter returns the offer of a call whose cursor is n.
func OfferAfter(n int64) Offer { return Offer{How: ByCursor, After: n, Arrived: n} }

// OfferHeldBack returns the offer of a stay's message that is held back, after event n: Reader.HoldBack records it.
func OfferHeldBack(n int64) Offer { return Offer{How: LastLook, After: n, Arrived: n} }

// OfferInStay returns the offer of a call that follows a stay, which was handed the events up to n.
func OfferInStay(n int64) Offer { return Offer{How: InStay, After: n} }

// isRecorded reports whether a Delivery changes when a call is handed messages of o, none later than event to.
func (o Offer) isRecorded(to int64, messages int) bool {
	switch {
	case !o.How.handsOut(): // D4, D9
		return false
	case o.How == ByCursor: // D1: the acknowledgment by the cursor is recorded, even if nothing is new
		return true
	}
	return messages > 0 || to-o.After >= roomlog.PageEvents
}
