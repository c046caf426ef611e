package presence

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
)

// bob is a reader in one process. Every event after 40 is a message of Ann.
type bob struct {
	Delivery
	hooked bool
}

// step is one thing that happens to Bob, and tells how that went.
type step struct {
	do   func(b *bob) string
	want string
}

// calls is a call at a time when n is the last event. It tells what Bob gets: in brackets what comes along, with a *
// what is marked as repeated.
func calls(q Query, n int64) func(*bob) string {
	return func(b *bob) string {
		o := b.offer(q)
		text, messages := shows(o, n)
		return text + b.marks(o, n, messages)
	}
}

// shows is what an offer shows when n is the last event.
func shows(o Offer, n int64) (text string, messages int) {
	var list []string
	for e := max(o.Arrived, 40) + 1; e <= o.UnsureTo; e++ {
		list = append(list, fmt.Sprintf("(%d)", e))
	}
	for e := o.After + 1; e <= n; e++ {
		mark := ""
		if e <= o.MarkTo {
			mark = "*"
		}
		list = append(list, fmt.Sprint(e, mark))
		messages++
	}
	return strings.Join(append(list, ""), " "), messages
}

// replies is a reply of Bob to event n.
func replies(n int64) func(*bob) string {
	return func(b *bob) string { return b.Acknowledge(0, n).String() }
}

// ownCursor is the cursor of an answer that hands nothing out.
func ownCursor(b *bob) string { return fmt.Sprint(b.Cursor()) }

// isFirst is whether a return is the first call.
func isFirst(b *bob) string { return fmt.Sprint(b.Offer(back).First) }

func (b *bob) offer(q Query) Offer {
	if q.how == ByCursor {
		b.Acknowledge(q.cursor, 0)
	}
	return b.Offer(q)
}

func (b *bob) marks(o Offer, n int64, messages int) string {
	when := b.HandOut(o, n, messages, b.hooked)
	if when != Never {
		b.Delivery = b.written()
	}
	return when.String()
}

func (w WriteTime) String() string {
	return []string{"unstored", "once a minute", "stored if possible", "stored"}[w]
}

var (
	look     = QueryAgain(0)
	cursor40 = QueryAfter(40)
	cursor42 = QueryAfter(42)
	peek     = QueryByPeek(0, 0)
	back     = QueryOnReturn(false)
	leaves   = QueryAtLast()
	stays    = QueryInStay(0, "", 0)
	first    = calls(look, 42) // Bob is handed 41 and 42 without a cursor
)

// plays has each case happen to a Bob of its own.
func plays(t *testing.T, cases map[string][]step) {
	t.Helper()
	for what, steps := range cases {
		b := &bob{Delivery: deliveryOf(room.ReadPosition{}, 40)}
		for i, s := range steps {
			if got := s.do(b); got != s.want {
				t.Errorf("%s\nstep %d: %q, want %q", what, i+1, got, s.want)
			}
		}
	}
}

// The cases are those above Delivery.Offer.
func TestDelivery_whatIsHandedOut_comesAgainUntilItHasArrived(t *testing.T) {
	plays(t, map[string][]step{
		"1. Bob was handed 41 and 42, and his next call has cursor 42: both have arrived, and neither comes again.": {
			{first, "41 42 stored if possible"},
			{func(b *bob) string { return b.Acknowledge(42, 0).String() }, "once a minute"},
			{calls(cursor42, 42), "unstored"},
			{calls(look, 43), "43 stored if possible"},
		},
		"2. Bob was handed 41 and 42, and calls without a cursor: both come again, marked as repeated.": {
			{first, "41 42 stored if possible"},
			{calls(look, 43), "41* 42* 43 stored if possible"},
		},
		"3. Bob was handed 41 and 42 twice without a cursor: both answers may be lost, so both come along with 43.": {
			{first, "41 42 stored if possible"},
			{first, "41* 42* stored if possible"},
			{func(b *bob) string { b.Delivery = deliveryOf(b.position(), 40); return "" }, ""},
			{calls(look, 42), "(41) (42) unstored"},
			{calls(look, 43), "(41) (42) 43 stored if possible"},
		},
		"4. Bob was handed 41 by a call with cursor 40, and calls without one: 41 comes again, marked here.": {
			{calls(cursor40, 41), "41 unstored"},
			{func(b *bob) string {
				text, _ := shows(deliveryOf(room.ReadPosition{}, 40).Offer(look), 41)
				return text
			}, "41 "},
			{calls(look, 41), "41* stored if possible"},
		},
		"5. Bob was handed 41 and 42, and replies to 41: 41 has arrived, and 42 comes again.": {
			{first, "41 42 stored if possible"},
			{replies(40), "unstored"},
			{replies(43), "unstored"},
			{func(b *bob) string { other := *b; return replies(42)(&other) + calls(look, 43)(&other) },
				"once a minute43 stored if possible"},
			{replies(41), "once a minute"},
			{replies(41), "unstored"},
			{calls(look, 43), "42* 43 stored if possible"},
		},
		"6. A program peeks for Bob and sees 41: nothing is recorded, and Bob's next call gets 41 as new.": {
			{calls(peek, 41), "41 unstored"},
			{calls(look, 41), "41 stored if possible"},
			{calls(peek, 42), "42 unstored"},
			{calls(QueryByPeek(40, 0), 42), "42 unstored"},
			{calls(QueryByPeek(42, 0), 43), "43 unstored"},
		},
		"7. A newer wait ends one that found 41: the older hands nothing out, and cursor 40 acknowledges nothing.": {
			{func(b *bob) string { return fmt.Sprint(b.Offer(look).Arrived, b.Offer(cursor40).Arrived) }, "0 40"},
			{calls(look, 41), "41 stored if possible"},
		},
		"8. One process handed Bob 41, and Bob acknowledged 41 to another: the other keeps that on its next read.": {
			{func(b *bob) string {
				other := bob{Delivery: deliveryOf(room.ReadPosition{}, 40)}
				other.Acknowledge(41, 0)
				calls(look, 41)(b)
				b.Delivery = deliveryOf(b.position(), 40)
				b.raise(other.unstored())
				return fmt.Sprint(b.line)
			}, "{41 41 41 0 41}"},
			{calls(look, 42), "42 stored if possible"},
		},
		"9. Bob has a hook, and a call with cursor 40 gets 41: that is stored first, so no process calls Bob for 41.": {
			{func(b *bob) string { b.hooked = true; return calls(cursor40, 41)(b) }, "41 stored if possible"},
			{func(b *bob) string { return fmt.Sprint(deliveryOf(b.position(), 40).Newest()) }, "41"},
			{calls(cursor40, 41), "41 unstored"},
			{calls(QueryAfter(41), 41), "unstored"},
			{calls(look, 42), "42 stored if possible"},
			{calls(QueryAfter(41), 42), "42 unstored"},
		},
		"10. Bob has no hook, and a call with cursor 40 gets 41: nothing is stored, since the next cursor will be.": {
			{calls(cursor40, 41), "41 unstored"},
			{func(b *bob) string { return b.Acknowledge(41, 0).String() }, "once a minute"},
			{calls(look, 42), "42 stored if possible"},
			{func(b *bob) string { return fmt.Sprint(b.Twice) }, "41"},
		},
		"11. Bob returns and gets 41 and 42: each return and one call without a cursor bring both again, marked.": {
			{calls(back, 42), "41 42 stored if possible"},
			{calls(back, 42), "41* 42* unstored"},
			{calls(back, 43), "41* 42* 43 stored if possible"},
			{calls(look, 43), "41* 42* 43* stored if possible"},
			{calls(look, 43), "(41) (42) (43) unstored"},
		},
		"12. Bob was handed 41 by a call with cursor 40, and leaves when 42 has come: the leave shows 42.": {
			{calls(cursor40, 41), "41 unstored"},
			{calls(leaves, 42), "42 unstored"},
			{first, "41* 42 stored if possible"},
			{first, "41* 42* stored if possible"},
			{calls(leaves, 43), "43 unstored"},
			{func(b *bob) string { b.Acknowledge(43, 0); return calls(leaves, 44)(b) }, "44 unstored"},
			{func(b *bob) string { // another process handed out 45 to the hooked agent, and the answer may be lost
				other := deliveryOf(room.ReadPosition{Arrived: 44, ShownTo: 45}, 40)
				text, _ := shows(other.Offer(leaves), 45)
				return text
			}, "45 "},
		},
		"13. Bob looks and gets no message: nothing is stored, unless the look passed a whole page of events.": {
			{func(b *bob) string { return b.marks(b.offer(look), 40+roomlog.PageEvents-1, 0) }, "unstored"},
			{func(b *bob) string { return b.marks(b.offer(look), 40+roomlog.PageEvents, 0) }, "stored if possible"},
		},
		"14. Bob was handed 41 and takes a task without a cursor: he gets none, which would acknowledge 41.": {
			{ownCursor, "40 true"},
			{func(b *bob) string { other := *b; calls(look, 41)(&other); return ownCursor(&other) }, "41 false"},
			{func(b *bob) string { other := *b; calls(back, 41)(&other); return ownCursor(&other) }, "41 false"},
			{func(b *bob) string { other := *b; other.RecordShown(41); return ownCursor(&other) }, "41 false"},
			{func(b *bob) string { calls(cursor40, 41)(b); return ownCursor(b) }, "41 false"},
			{func(b *bob) string { b.Acknowledge(41, 0); return ownCursor(b) }, "41 true"},
		},
		"15. Bob's person opens the room on a new device: the offer says that it is the first.": {
			{isFirst, "true"},
			{func(b *bob) string { other := *b; other.Acknowledge(40, 0); return isFirst(&other) }, "false"},
			{func(b *bob) string { other := *b; calls(cursor40, 40)(&other); return isFirst(&other) }, "false"},
			{func(b *bob) string { other := *b; other.marks(OfferAfter(40), 40, 0); return isFirst(&other) }, "false"},
			{func(b *bob) string { calls(back, 41)(b); return isFirst(b) }, "false"},
		},
		"16. Bob was handed 41 by a call with cursor 40, and gets his first hook: that is stored, as in case 9.": {
			{calls(cursor40, 41), "41 unstored"},
			{func(b *bob) string { return b.RecordShown(41).String() }, "stored if possible"},
			{func(b *bob) string { return fmt.Sprint(deliveryOf(b.position(), 40).Newest()) }, "41"},
		},
		"17. A program returns for Bob with his first key, and sees 41: nothing is recorded, as in case 6.": {
			{first, "41 42 stored if possible"}, // an answer that may be lost
			{calls(QueryOnReturn(true), 43), "41* 42* 43 unstored"},
			{calls(peek, 43), "43 unstored"},
		},
		"18. Bob's person was handed 41 and 42, also twice, and reads a page from 42 on: it has no cursor.": {
			{func(b *bob) string { return fmt.Sprint(b.HasCursor(42)) }, "true"}, // 41 is new
			{calls(cursor40, 42), "41 42 unstored"},
			{func(b *bob) string { return fmt.Sprint(b.HasCursor(42), b.HasCursor(41)) }, "false true"},
			{calls(look, 42), "41* 42* stored if possible"},
			{calls(look, 42), "41* 42* stored if possible"},
			{func(b *bob) string { return fmt.Sprint(b.HasCursor(43), b.HasCursor(42), b.HasCursor(41)) },
				"false false true"},
			{calls(cursor42, 43), "43 unstored"},
			{func(b *bob) string { return fmt.Sprint(b.HasCursor(44), b.HasCursor(43)) }, "false true"},
			{calls(QueryAfter(43), 43), "unstored"},
			{func(b *bob) string { return fmt.Sprint(b.HasCursor(44)) }, "true"}, // all has arrived
		},
		"19. Bob asks, and is handed 41 with the result of that, then by a wait: from then on, he has heard 41.": {
			{func(b *bob) string {
				offer := b.offer(look)
				offer.Sends = true
				b.marks(offer, 41, 1)
				return fmt.Sprint(b.Newest(), b.Heard)
			}, "41 0"},
			{func(b *bob) string { // an empty wait, such as of a program whose agent is paused
				b.marks(OfferAfter(40), 41, 0)
				return fmt.Sprint(b.Heard)
			}, "0"},
			{calls(look, 41), "41* stored if possible"},
			{func(b *bob) string { return fmt.Sprint(deliveryOf(b.position(), 40).Heard) }, "41"},
		},
	})
}

// The cases are those at the beginning of stay.go.
func TestDelivery_ofAStay_arrivesWithTheNextCall(t *testing.T) {
	plays(t, map[string][]step{
		"1. Bob was handed 41, and calls again: 41 has arrived.": {
			{calls(stays, 41), "41 stored if possible"},
			{calls(stays, 42), "42 stored if possible"},
			{func(b *bob) string { return fmt.Sprint(b.Arrived) }, "41"},
			{calls(stays, 42), "unstored"},
		},
		"2. Bob has 41, said 42 under key k, was handed 43 with 42, and says k again: 43 comes again.": {
			{calls(stays, 41), "41 stored if possible"},
			{calls(QueryInStay(0, "k", 0), 42), "42 stored if possible"},
			{calls(QueryInStay(0, "k", 42), 43), "42* 43 stored if possible"},
			{calls(QueryInStay(0, "k", 42), 43), "42* 43* unstored"},
			{calls(stays, 43), "unstored"},
		},
		"3. 41 held back Bob's message under key k: k again gets 41 again, and counts once: the answer may be lost.": {
			{func(b *bob) string { return b.HoldBack(OfferAfter(40), 41, 1, "k").String() }, "stored"},
			{func(b *bob) string { return b.marks(OfferAfter(40), 41, 1) }, "unstored"},
			{func(b *bob) string {
				return fmt.Sprint(b.ArrivedAt("k"), b.ArrivedAt("l"), b.ArrivedAt(""))
			}, "40 41 41"},
			{calls(QueryInStay(0, "k", 0), 41), "41* stored if possible"},
			{func(b *bob) string {
				return fmt.Sprint(b.HeldBefore("k"), b.HeldBefore("l"), b.HeldBefore(""))
			}, "0 1 1"},
			{func(b *bob) string { return b.EndHolds().String() }, "stored if possible"},
			{func(b *bob) string { return fmt.Sprint(b.HeldBefore("k"), b.HeldBefore("l")) }, "0 0"},
		},
	})
}

// The cases are those above warning.
func TestWarning_saidAgain_isConfirmedUnlessThePageRepeatsItsCall(t *testing.T) {
	plays(t, map[string][]step{
		"1. Bob was warned of a credential, and says the same again: Bob means it, and the message is sent.": {
			{func(b *bob) string { return fmt.Sprint(b.warned.confirm("f1", "")) }, "false stored"},
			{func(b *bob) string { return fmt.Sprint(b.warned.confirm("f1", "")) }, "true unstored"},
		},
		"2. The page was warned of a credential, and repeats the call with its key: nobody has read the warning.": {
			{func(b *bob) string { return fmt.Sprint(b.warned.confirm("f2", "k")) }, "false stored"},
			{func(b *bob) string { return fmt.Sprint(b.warned.confirm("f2", "k")) }, "false unstored"},
			{func(b *bob) string { return fmt.Sprint(b.warned.confirm("f2", "l")) }, "true unstored"},
		},
	})
}

// A call may have an offer that was made before other calls were handed more, and a process may know less than another.
func TestDelivery_inAnyOrder_forgetsNothing(t *testing.T) {
	for seed := range uint64(300) {
		random := rand.New(rand.NewPCG(seed, 0))
		d, handed := deliveryOf(room.ReadPosition{}, 40), int64(40)
		older, offer := d, d.Offer(look)
		for step := range 30 {
			was, n := d, 40+random.Int64N(20)
			switch random.IntN(6) {
			case 0:
				offer = d.Offer([]Query{look, back, stays, peek, QueryAfter(n), QueryInStay(0, "k", 0)}[random.IntN(6)])
			case 1:
				older = d
			case 2:
				d.raise(older.unstored())
				older.raise(d.unstored())
				if older.Arrived != d.Arrived || older.ShownHere != d.ShownHere {
					t.Fatalf("seed %d, step %d: %+v does not keep what %+v has", seed, step, older, d)
				}
			case 3:
				d.Acknowledge(n, 40+random.Int64N(20))
				handed = max(handed, n)
			case 4:
				d.HoldBack(OfferAfter(n), n, 1, "k")
				handed = max(handed, n)
			default:
				to := offer.After + random.Int64N(5)
				hooked := random.IntN(2) == 0
				more := d // as the table may have it
				more.raise(line{Twice: n, Once: n, ShownHere: n})
				more.stored.Once, more.stored.ShownTo = max(d.stored.Once, n), max(d.stored.ShownTo, n)
				if d.HandOut(offer, to, 1, hooked) == Never && more.HandOut(offer, to, 1, hooked) != Never {
					t.Fatalf("seed %d, step %d: %+v is not to be stored, but as of the table", seed, step, offer)
				}
				if offer.How.handsOut() {
					handed = max(handed, to)
				}
			}
			arrived := d.ArrivedAt("k")
			if d.Arrived < was.Arrived || d.Twice < was.Twice || d.Once < was.Once || d.ShownHere < was.ShownHere ||
				d.Arrived > d.Twice || d.Twice > d.Once || d.Newest() != handed ||
				arrived < d.Once || d.ArrivedAt("") < d.heldBack.to {
				t.Fatalf("seed %d, step %d: %+v, then %+v, handed %d", seed, step, was, d, handed)
			}
		}
	}
}
