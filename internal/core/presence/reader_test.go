package presence

import (
	"fmt"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/core/room"
)

// process is a process that starts while the world runs: it has cached nothing.
func (w *world) process() *Attendees {
	o := *w.o
	o.SingleProcess = false
	return New(w.log, &o)
}

// offered describes what a call without a cursor may be handed.
func offered(t *testing.T, r Reader) string {
	t.Helper()
	o, err := r.AcknowledgeAndOffer(t.Context(), QueryOnReturn(false))
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("after %d, marked up to %d", o.After, o.MarkTo)
}

// handOut hands all events up to to out to a call of r, as one message.
func handOut(t *testing.T, r Reader, wait *Wait, q Query, to int64) bool {
	t.Helper()
	o, err := r.AcknowledgeAndOffer(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	ok, err := r.RecordHandedOut(t.Context(), wait, o, to, 1)
	if err != nil {
		t.Fatal(err)
	}
	return ok
}

// The client of Bob may have lost the answer, whichever process it calls next.
func TestReader_anotherProcessIsCalled_offersTheLastAnswerAgain(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		bob, said := w.agent(seatOfBob), w.says(seatOfAnn)
		if !handOut(t, w.Reader(bob), nil, QueryOnReturn(false), said) {
			t.Fatal("nothing was handed out")
		}
		want := fmt.Sprintf("after %d, marked up to %d", bob.Joined, said)
		for name, r := range map[string]*Attendees{"the same process": w.Attendees, "another one": w.process()} {
			if got := offered(t, r.Reader(bob)); got != want {
				t.Errorf("%s offers the events %s, want %s", name, got, want)
			}
		}
	})
}

// Another process, or this one before it was started, may have handed out what came before the last call or soon after
// it, and the table need not know. The only process knows what it has handed out since its start.
func TestReader_returnElsewhere_marksWhatMayHaveBeenHandedOut(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		bob, here, alone, began := w.agent(seatOfBob), w.process(), New(w.log, w.o), w.now()
		const lag = SendLag + room.ClockSkew
		markedUntil := func(a *Attendees) time.Time {
			offer, err := a.Reader(bob).AcknowledgeAndOffer(t.Context(), QueryOnReturn(false))
			if err != nil {
				t.Fatal(err)
			}
			return offer.MarkUntil
		}
		here.Recorder(w.log.Peek(), bob).RecordCall(t.Context())
		last := w.now()
		w.pass(room.Lease - time.Minute)
		restarted := New(w.log, w.o)
		for name, a := range map[string]*Attendees{"another process": w.process(), "after a restart": restarted} {
			if got := markedUntil(a); !got.Equal(last.Add(lag)) {
				t.Errorf("%s: what came before %v is marked, want %v", name, got, last.Add(lag))
			}
		}
		if got := markedUntil(alone); !got.Equal(began) {
			t.Errorf("the only process marks what came before %v, want %v", got, began)
		}
		w.pass(time.Hour)
		if got, want := markedUntil(w.process()), w.now().Add(lag-room.Lease); !got.Equal(want) {
			t.Errorf("once the call is forgotten, what came before %v is marked, want %v", got, want)
		}
	})
}

// Bob, who waits in one process, is warned of a credential in another. A write replaces what the table has.
func TestReader_waitOutlastsAWriteOfAnotherProcess_keepsWhatThatStored(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		bob, here, there := w.agent(seatOfBob), w.process(), w.process()
		confirms := func() bool {
			confirmed, err := there.Reader(bob).ConfirmCredential(t.Context(), "f1", "")
			if err != nil {
				t.Fatal(err)
			}
			return confirmed
		}
		offer, err := here.Reader(bob).AcknowledgeAndOffer(t.Context(), QueryOnReturn(false))
		if err != nil || confirms() {
			t.Fatal("no warning")
		}
		w.pass(storeEvery)
		said := w.says(seatOfAnn)
		if _, err := here.Reader(bob).RecordHandedOut(t.Context(), nil, offer, said, 1); err != nil {
			t.Fatal(err)
		}
		n, err := there.Reader(bob).HandedOut(t.Context())
		if stored := confirms(); n != said || err != nil || !stored {
			t.Errorf("Bob was handed up to %d (%v), want %d; the warning is stored: %v", n, err, said, stored)
		}
	})
}

// The newer wait hands out what the older one has found.
func TestReader_waitIsSuperseded_handsNothingOut(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		bob := w.agent(seatOfBob)
		older, said := w.waits(bob), w.says(seatOfAnn)
		newer := w.waits(bob)
		if handOut(t, w.Reader(bob), older, QueryOnReturn(false), said) {
			t.Error("the superseded wait hands events out")
		}
		want := fmt.Sprintf("after %d, marked up to %[1]d", bob.Joined)
		if got := offered(t, w.Reader(bob)); got != want {
			t.Errorf("then the events %s are offered, want %s", got, want)
		}
		if !handOut(t, w.Reader(bob), newer, QueryOnReturn(false), said) {
			t.Error("the newer wait hands nothing out")
		}
	})
}

func TestReader_tableTakesNoWrites_marksWhatComesAgainInThisProcess(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		bob, said := w.agent(seatOfBob), w.says(seatOfAnn)
		w.broken = true
		handOut(t, w.Reader(bob), nil, QueryOnReturn(false), said)
		w.broken = false
		want := fmt.Sprintf("after %d, marked up to %d", bob.Joined, said)
		if got := offered(t, w.Reader(bob)); got != want {
			t.Errorf("the events %s are offered, want %s", got, want)
		}
	})
}

// Each cursor acknowledges something, and a write for each would double the cost of a message.
func TestReader_cursorsOfAMinute_writeOnce(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		bob := w.agent(seatOfBob)
		acknowledge := func() {
			handOut(t, w.Reader(bob), nil, QueryAfter(w.says(seatOfAnn)), w.log.Peek().AsOf)
		}
		if n := w.counted("AT#", acknowledge); n != 1 {
			t.Errorf("the first cursor writes %d times, want once", n)
		}
		w.pass(storeEvery - 1)
		if n := w.counted("AT#", acknowledge); n != 0 {
			t.Errorf("a cursor within a minute writes %d times", n)
		}
		w.pass(1)
		if n := w.counted("AT#", acknowledge); n != 1 {
			t.Errorf("a cursor after a minute writes %d times, want once", n)
		}
	})
}

// Bob's message acknowledges a cursor, and costs no write for that. The table may have less until Bob's next call.
func TestReader_sameCursorAfterAMessage_isWrittenOnce(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		bob, said := w.agent(seatOfBob), w.says(seatOfAnn)
		for _, c := range []struct {
			does string
			do   func()
			want int
		}{
			{"the message", func() { w.Reader(bob).AcknowledgeUnstored(said) }, 0},
			{"the next call", func() { handOut(t, w.Reader(bob), nil, QueryAfter(said), said) }, 1},
			{"a call a minute later", func() {
				w.pass(storeEvery)
				handOut(t, w.Reader(bob), nil, QueryAfter(said), said)
			}, 0},
		} {
			if n := w.counted("AT#", c.do); n != c.want {
				t.Errorf("%s writes %d times, want %d", c.does, n, c.want)
			}
		}
	})
}

// A process that is about to call Bob's hook reads the table, which must not lag.
func TestReader_agentHasAHook_storesWhatACursorWasHandedBeforeTheAnswer(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		w.append(room.Event{Type: room.Hooked, Seat: seatOfBob, Hook: &room.Hook{ID: "h1"}})
		bob, said := w.agent(seatOfBob), w.says(seatOfAnn)
		if n := w.counted("AT#", func() { handOut(t, w.Reader(bob), nil, QueryAfter(said-1), said) }); n == 0 {
			t.Error("nothing was stored")
		}
		if n, err := w.process().Reader(bob).HandedOut(t.Context()); n != said || err != nil {
			t.Errorf("another process takes event %d for the last that Bob was handed (%v), want %d", n, err, said)
		}
	})
}
