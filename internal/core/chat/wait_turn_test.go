package chat_test

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
)

// turnAfter fails unless the wait ends with the turn after d, and not half a second
// sooner.
func (w *world) turnAfter(d time.Duration, who string, wait <-chan answer) {
	w.t.Helper()
	w.pass(d - time.Millisecond)
	w.stillWaits(who, wait)
	w.pass(time.Millisecond)
	wantStatus(w.t, who, take(w.t, wait), chat.StatusTurn)
}

// Cid works. Ann and Bob wait for that, and have nothing to say. Once Cid waits, too, it is Cid's turn.
func TestTurn_othersWork_isNobodysWhoCanDoNothing(t *testing.T) {
	w := newWorld(t)
	all := w.crowd("plans", "Ann", "Bob", "Cid")
	w.adds(all.of("Ann").Token, "sand", "paint < 1")
	w.task(all.of("Cid").Token, chat.CommandTake, "t1")
	w.catchUp(all)
	waits := w.hold(all.of("Ann"), all.of("Bob"))
	w.pass(room.PresentFor)
	w.stillWaits("Ann", waits[0])
	w.stillWaits("Bob", waits[1])
	wantStatus(t, "Cid", take(t, w.hold(all.of("Cid"))[0]), chat.StatusTurn)
	w.pass(time.Minute)
	w.stillWaits("Ann", waits[0])
	w.stillWaits("Bob", waits[1])
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
	program := two.shell(p.bob)
	w.turnWithin(10*time.Second, "Ann", one.hold(p.ann)[0])
	two.stillWaits("Bob's program", program)
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
	w.say(all.of("Bob").Token, "a word of Bob's")
	w.say(all.of("Ann").Token, "a word of Ann's")
	for range 20 {
		w.manage(all.of("Ann").Token, "mute", "Cid", chat.StatusMuted)
		w.manage(all.of("Ann").Token, "unmute", "Cid", chat.StatusUnmuted)
	}
	one, two := w.another(), w.another()
	one.catchUp(all)
	one.hold(all.of("Ann"), all.of("Cid"))
	w.turnWithin(10*time.Second, "Bob", two.hold(all.of("Bob"))[0])
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

// Nobody has said anything to all for a minute. The wait of Cid, whom a private word has just woken, is still open
// for a moment.
func TestTurn_afterAPrivateWord_waitsForTheAgentThatHeardIt(t *testing.T) {
	for range 20 {
		w := newWorld(t)
		all := w.crowd("plans", "Ann", "Bob", "Cid")
		w.say(all.of("Ann").Token, "hello")
		w.catchUp(all)
		w.hold(all.of("Ann"))
		cid := w.open(t.Context(), chat.WaitRequest{Token: all.of("Cid").Token, Cursor: all.of("Cid").Cursor,
			Wait: longWait, ForMe: true})
		w.pass(time.Minute)
		bob := w.sending(chat.SendRequest{Token: all.of("Bob").Token, Cursor: all.of("Bob").Cursor,
			To: []string{"Cid"}, Text: "psst", Wait: longWait})
		wantStatus(t, "Cid", take(t, cid), chat.StatusMessages)
		w.pass(room.TurnAfter)
		w.stillWaits("Bob", bob)
	}
}
