package chat_test

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
)

// until lets time pass until a wait ends, and returns for how long.
func (w *world) until(wait <-chan answer, most time.Duration) (got chat.Waited, after time.Duration) {
	w.t.Helper()
	began, patience := w.clock.Now(), 2*time.Millisecond // a wait that ends does so in less
	for patience < time.Second {
		if w.clock.Since(began) < most {
			await(w.t, "who was waked by the time before", w.watch.isAnswered) // else the time is up before a poll
			w.pass(500 * time.Millisecond)
		} else {
			patience = 10 * time.Second // on a busy machine its goroutine may be late
		}
		select {
		case got := <-wait:
			if got.err != nil {
				w.t.Fatal(got.err)
			}
			return got.Waited, w.clock.Since(began)
		case <-time.After(patience):
		}
	}
	w.t.Fatalf("the wait did not end within %s", most)
	panic("unreachable")
}

// turnWithin fails unless the wait ends with the turn within most.
func (w *world) turnWithin(most time.Duration, who string, wait <-chan answer) {
	w.t.Helper()
	got, _ := w.until(wait, most)
	wantStatus(w.t, who, got, chat.StatusTurn)
}

// Ann and Bob wait in two processes, neither of which sees the other's waits.
func TestTurn_twoProcesses_giveItToOneAgentAtATime(t *testing.T) {
	w := newWorld(t)
	one, two := w.another(), w.another()
	p := one.pair()
	one.say(p.ann.Token, "hello")
	p.bob.Cursor = two.look(p.bob.Token, p.bob.Cursor).Cursor
	ann, bob := one.hold(p.ann)[0], two.hold(p.bob)[0]
	w.turnWithin(10*time.Second, "Bob", bob)
	one.stillWaits("Ann", ann)
	w.turnWithin(40*time.Second, "Ann", ann)
}

func TestTurn_programOnStandbyInAnotherProcess_isSkipped(t *testing.T) {
	w := newWorld(t)
	one, two := w.another(), w.another()
	p := one.pair()
	one.say(p.ann.Token, "hello")
	p.bob.Cursor = two.look(p.bob.Token, p.bob.Cursor).Cursor
	shell := two.shell(p.bob)
	w.turnWithin(10*time.Second, "Ann", one.hold(p.ann)[0])
	two.stillWaits("the shell of Bob", shell)
}

func TestTurn_givenBeforeARestart_isNotGivenTwice(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	waits := w.hold(p.ann, p.bob)
	w.turnAfter(3*time.Second, "Bob", waits[1])
	w.Stop()
	take(t, waits[0])
	w = onTable(t, w.clock, w.table, chat.Options{SingleProcess: true, MinBatch: 1})
	waits = w.hold(p.ann, p.bob)
	w.turnAfter(30*time.Second, "Ann", waits[0])
	w.pass(time.Minute)
	w.stillWaits("Bob", waits[1])
}

// A process that starts later knows who spoke last, however many events ago.
func TestTurn_lastWordLongAgo_isTheSameInEveryProcess(t *testing.T) {
	w := newWorld(t)
	all := w.crowd("plans", "Ann", "Bob", "Cid")
	w.say(all[1].Token, "a word of Bob's")
	w.say(all[0].Token, "a word of Ann's")
	for range 20 {
		w.manage(all[0].Token, "mute", "Cid", chat.StatusMuted)
		w.manage(all[0].Token, "unmute", "Cid", chat.StatusUnmuted)
	}
	one, two := w.another(), w.another()
	one.catchUp(all)
	one.hold(all[0], all[2])
	w.turnWithin(10*time.Second, "Bob", two.hold(all[1])[0])
}

// A Lambda function does not learn that a client has left: the wait of Bob's lost client
// is still open in one process when his next call waits in another.
func TestTurn_ofAWaitWhoseClientIsGone_isGivenToTheNextWait(t *testing.T) {
	for _, swap := range []bool{false, true} {
		w := newWorld(t)
		one, two := w.another(), w.another()
		p := one.pair()
		one.say(p.ann.Token, "hello")
		one.hold(p.ann)
		p.bob.Cursor = two.look(p.bob.Token, p.bob.Cursor).Cursor
		if swap {
			one, two = two, one
		}
		one.hold(p.bob) // his client leaves
		w.clock.Advance(time.Second)
		w.turnWithin(10*time.Second, "Bob", two.hold(p.bob)[0])
	}
}

// An agent that was given the turn and says nothing does not get it again by waiting.
func TestTurn_declined_isNotGivenAgainInAnotherProcess(t *testing.T) {
	w := newWorld(t)
	one, two := w.another(), w.another()
	p := one.pair()
	one.say(p.ann.Token, "hello")
	p.bob.Cursor = two.look(p.bob.Token, p.bob.Cursor).Cursor
	ann := one.hold(p.ann)[0]
	w.turnWithin(10*time.Second, "Bob", one.hold(p.bob)[0])
	again := two.hold(p.bob)[0]
	w.turnWithin(40*time.Second, "Ann", ann)
	w.pass(time.Minute)
	two.stillWaits("Bob", again)
}

// It costs a read to find out whether an agent waits in another process. So a process looks for
// that after 3, 6, 12 and 24 seconds, and from then on twice a minute.
func TestTurn_nobodyElseIsThere_isLookedForLessAndLessOften(t *testing.T) {
	w := newWorld(t)
	var reads atomic.Int64 // of everybody's presence
	counter := &tabletest.Hooks{Table: w.table, Before: func(_ context.Context, c tabletest.Call) error {
		if c.Range.Prefix == "SEEN#" {
			reads.Add(1)
		}
		return nil
	}}
	one := onTable(t, w.clock, counter, chat.Options{})
	p := one.pair()
	one.leaves(p.bob, 2*time.Hour)
	first := take(t, one.waiting(t.Context(),
		chat.WaitRequest{Token: p.ann.Token, Cursor: p.ann.Cursor, Wait: longWait}))
	p.ann.Cursor = first.Cursor // it has told that Bob is away
	one.hold(p.ann)
	one.settle() // it has looked once when the wait began
	reads.Store(0)
	var looks []int // after so many seconds
	for began := w.clock.Now(); w.clock.Since(began) < 2*time.Minute; {
		one.pass(500 * time.Millisecond)
		if reads.Swap(0) > 0 {
			looks = append(looks, int(w.clock.Since(began).Seconds()))
		}
	}
	if want := []int{3, 9, 21, 45, 75, 105}; !slices.Equal(looks, want) {
		t.Errorf("presence is read after %d seconds, want %d", looks, want)
	}
}
