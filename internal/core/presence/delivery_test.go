package presence

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/core/room"
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

// calls is a call at a time when n is the last event. It tells what Bob gets: with a * what is marked as repeated.
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

// isFirst is whether a return is the first call.
func isFirst(b *bob) string { return fmt.Sprint(b.Offer(back).First) }

func (b *bob) offer(q Query) Offer {
	if q.how == ByCursor {
		b.Acknowledge(q.cursor)
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
	cursor40 = QueryAfter(40)
	cursor42 = QueryAfter(42)
	peek     = QueryByPeek(0, 0)
	back     = QueryOnReturn(false)
	leaves   = QueryAtLast()
	stays    = QueryInStay(0, "", 0)
	handed42 = calls(cursor40, 42) // Bob is handed 41 and 42 by cursor 40
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
			{handed42, "41 42 unstored"},
			{func(b *bob) string { return b.Acknowledge(42).String() }, "once a minute"},
			{calls(cursor42, 42), "unstored"},
			{calls(back, 43), "43 stored if possible"},
		},
		"2. Bob was handed 41 by a call with cursor 40, and calls with cursor 40 again: 41 comes again, as new.": {
			{calls(cursor40, 41), "41 unstored"},
			{calls(cursor40, 42), "41 42 unstored"},
		},
		"3. Bob returns and gets 41 and 42: each return brings both, marked, until a cursor shows that they arrived.": {
			{calls(back, 42), "41 42 stored if possible"},
			{calls(back, 42), "41* 42* unstored"},
			{func(b *bob) string { b.Delivery = deliveryOf(b.position(), 40); return "" }, ""},
			{calls(back, 43), "41* 42* 43 stored if possible"},
			{calls(QueryAfter(43), 43), "unstored"},
			{calls(back, 44), "44 stored if possible"},
		},
		"4. A program peeks for Bob, or returns for him with his first key, and sees 41: nothing is recorded.": {
			{calls(peek, 41), "41 unstored"},
			{calls(QueryOnReturn(true), 41), "41 unstored"},
			{calls(back, 41), "41 stored if possible"},
			{calls(peek, 42), "42 unstored"},
			{calls(QueryByPeek(40, 0), 42), "42 unstored"},
			{calls(QueryByPeek(42, 0), 43), "43 unstored"},
			{calls(QueryOnReturn(true), 43), "41* 42 43 unstored"},
		},
		"5. A newer wait ends one that found 41: the older hands nothing out, and cursor 40 acknowledges nothing.": {
			{func(b *bob) string { return fmt.Sprint(b.Offer(back).Arrived, b.Offer(cursor40).Arrived) }, "0 40"},
			{calls(back, 41), "41 stored if possible"},
		},
		"6. One process handed Bob 41, and Bob acknowledged 41 to another: the other keeps that on its next read.": {
			{func(b *bob) string {
				other := bob{Delivery: deliveryOf(room.ReadPosition{}, 40)}
				other.Acknowledge(41)
				calls(back, 41)(b)
				b.Delivery = deliveryOf(b.position(), 40)
				b.raise(other.line)
				return fmt.Sprint(b.line)
			}, "{41 41}"},
			{calls(back, 42), "42 stored if possible"},
		},
		"7. Bob has a hook, or gets his first, and gets 41: that is stored first, so no process calls Bob for 41.": {
			{func(b *bob) string { other := *b; calls(cursor40, 41)(&other); return other.RecordShown(41).String() },
				"stored if possible"},
			{func(b *bob) string { b.hooked = true; return calls(cursor40, 41)(b) }, "41 stored if possible"},
			{func(b *bob) string { return fmt.Sprint(deliveryOf(b.position(), 40).Newest()) }, "41"},
			{calls(cursor40, 41), "41 unstored"},
			{calls(QueryAfter(41), 41), "unstored"},
			{calls(QueryAfter(41), 42), "42 stored if possible"},
		},
		"8. Bob has no hook, and a call with cursor 40 gets 41: nothing is stored, since the next cursor will be.": {
			{calls(cursor40, 41), "41 unstored"},
			{func(b *bob) string { return b.Acknowledge(41).String() }, "once a minute"},
		},
		"9. Bob was handed 41, and leaves when 42 has come: the leave shows 42.": {
			{calls(cursor40, 41), "41 unstored"},
			{calls(leaves, 42), "42 unstored"},
			{func(b *bob) string { b.Acknowledge(42); return calls(leaves, 43)(b) }, "43 unstored"},
		},
		"10. Bob's person opens the room on a new device: the offer says that it is the first.": {
			{isFirst, "true"},
			{func(b *bob) string { other := *b; other.Acknowledge(40); return isFirst(&other) }, "false"},
			{func(b *bob) string { other := *b; calls(cursor40, 40)(&other); return isFirst(&other) }, "false"},
			{func(b *bob) string { other := *b; other.marks(OfferAfter(40), 40, 0); return isFirst(&other) }, "false"},
			{func(b *bob) string { calls(back, 41)(b); return isFirst(b) }, "false"},
		},
		"11. Bob's person was handed 41 and 42, and reads a page from 42 on: it has no cursor.": {
			{func(b *bob) string { return fmt.Sprint(b.HasCursor(42)) }, "true"}, // 41 is new
			{calls(cursor40, 42), "41 42 unstored"},
			{func(b *bob) string { return fmt.Sprint(b.HasCursor(42), b.HasCursor(41)) }, "false true"},
			{calls(back, 42), "41* 42* stored if possible"},
			{calls(cursor42, 43), "43 unstored"},
			{func(b *bob) string { return fmt.Sprint(b.HasCursor(44), b.HasCursor(43)) }, "false true"},
			{calls(QueryAfter(43), 43), "unstored"},
			{func(b *bob) string { return fmt.Sprint(b.HasCursor(44)) }, "true"}, // all has arrived
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
		"3. 41 held back Bob's message under key k: k again gets 41 again: the answer may be lost.": {
			{func(b *bob) string { return b.HoldBack(OfferHeldBack(40), 41, true, "k").String() }, "stored"},
			{func(b *bob) string { return b.marks(OfferHeldBack(40), 41, 1) }, "unstored"},
			{func(b *bob) string {
				return fmt.Sprint(b.ArrivedAt("k"), b.ArrivedAt("l"), b.ArrivedAt(""))
			}, "40 41 41"},
			{calls(QueryInStay(0, "k", 0), 41), "41* stored if possible"},
			{func(b *bob) string {
				return fmt.Sprint(b.HeldBefore("k"), b.HeldBefore("l"), b.HeldBefore(""))
			}, "false true true"},
			{func(b *bob) string { return b.EndHold().String() }, "stored if possible"},
			{func(b *bob) string { return fmt.Sprint(b.HeldBefore("k"), b.HeldBefore("l")) }, "false false"},
			{func(b *bob) string { return b.HoldBack(OfferHeldBack(42), 43, true, "m").String() }, "stored"},
			{func(b *bob) string { return fmt.Sprint(b.HeldBefore("m"), b.HeldBefore("n")) }, "false true"},
			{func(b *bob) string { return b.HoldBack(OfferHeldBack(43), 44, false, "o").String() }, "stored"},
			{func(b *bob) string { return fmt.Sprint(b.HeldBefore("o"), b.HeldBefore("p")) }, "false false"},
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
		older, offer := d, d.Offer(back)
		for step := range 30 {
			was, n := d, 40+random.Int64N(20)
			switch random.IntN(6) {
			case 0:
				offer = d.Offer([]Query{back, stays, peek, QueryAfter(n), QueryInStay(0, "k", 0)}[random.IntN(5)])
			case 1:
				older = d
			case 2:
				d.raise(older.line)
			case 3:
				d.Acknowledge(n)
				handed = max(handed, n)
			case 4:
				d.HoldBack(OfferAfter(n), n, true, "k")
				handed = max(handed, n)
			default:
				to := offer.After + random.Int64N(5)
				hooked := random.IntN(2) == 0
				more := d // as the table may have it
				more.raise(line{Handed: n})
				more.stored = max(d.stored, more.Handed)
				if d.HandOut(offer, to, 1, hooked) == Never && more.HandOut(offer, to, 1, hooked) != Never {
					t.Fatalf("seed %d, step %d: %+v is not to be stored, but as of the table", seed, step, offer)
				}
				if offer.How.handsOut() {
					handed = max(handed, to)
				}
			}
			arrived := d.ArrivedAt("k")
			if d.Arrived < was.Arrived || d.Handed < was.Handed || d.Arrived > d.Handed || d.Newest() != handed ||
				arrived < d.Handed || d.ArrivedAt("") < d.heldBack.to {
				t.Fatalf("seed %d, step %d: %+v, then %+v, handed %d", seed, step, was, d, handed)
			}
		}
	}
}
