package presence

import (
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
)

// Ann spoke last, so Bob is next, and Cid after Bob.
func TestTurn_allWait_comesToOneAgentAfterTheOther(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		word := w.says(seatOfAnn)
		ann, bob, cid := w.waits(w.agent(seatOfAnn)), w.waits(w.agent(seatOfBob)), w.waits(w.agent(seatOfCid))
		w.pass(room.TurnAfter - time.Millisecond)
		if n := received(bob.Turn).After; n != 0 {
			t.Errorf("too early Bob's wait hears of the silence after event %d", n)
		}
		w.pass(time.Millisecond)
		first, second := NextTurn{word, 1}, NextTurn{word, 2}
		if a, b, c := received(ann.Turn), received(bob.Turn), received(cid.Turn); a.N != 0 || b != first || c.N != 0 {
			t.Fatalf("the waits hear of the turns %v, %v, %v; want %v for Bob alone", a, b, c, first)
		}
		if !w.ClaimTurn(t.Context(), seatOfBob, first, bob) {
			t.Fatal("Bob cannot claim the turn")
		}
		if w.ClaimTurn(t.Context(), seatOfBob, first, bob) {
			t.Error("Bob claims the turn twice")
		}
		w.pass(room.TurnPasses)
		if got := received(cid.Turn); got != second {
			t.Errorf("Cid's wait hears of the turn %v, want %v", got, second)
		}
		w.says(seatOfAnn)
		if w.ClaimTurn(t.Context(), seatOfCid, second, cid) {
			t.Error("Cid claims the turn after another word")
		}
	})
}

// The table does not know that Bob waits here, so the process in which Cid waits decides on Cid.
func TestTurn_twoProcessesDecideOnTwoAgents_goesToOneAfterTheOther(t *testing.T) {
	play(t, func(t *testing.T, here *world) {
		here.pass(room.PresentFor)
		word := here.says(seatOfAnn)
		there := &world{Attendees: here.process(), t: t, clock: here.clock}
		here.waits(here.agent(seatOfAnn))
		cid := there.waits(there.agent(seatOfCid))
		here.broken = true
		bob := here.waits(here.agent(seatOfBob))
		here.broken = false
		here.pass(room.TurnAfter)
		first := NextTurn{word, 1}
		if b, c := received(bob.Turn), received(cid.Turn); b != first || c != first {
			t.Fatalf("the waits hear of the turns %v and %v, want %v for both", b, c, first)
		}
		if !here.ClaimTurn(t.Context(), seatOfBob, first, bob) {
			t.Error("Bob cannot claim the turn")
		}
		if there.ClaimTurn(t.Context(), seatOfCid, first, cid) {
			t.Error("Cid claims the same turn")
		}
		here.pass(room.TurnPasses)
		second := received(cid.Turn)
		if second.N != 2 || !there.ClaimTurn(t.Context(), seatOfCid, second, cid) {
			t.Errorf("Cid cannot claim turn %v", second)
		}
	})
}

// Three processes decide on a turn of Bob, who has called again twice: the clients of his older waits have gone.
func TestClaimTurn_olderWaitsOfTheAgentClaimFirst_isClaimedByTheYoungest(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		word := w.says(seatOfAnn)
		cid := w.waits(w.agent(seatOfCid))
		first := NextTurn{word, 1}
		var processes []*world
		var bob []*Wait
		for range 3 {
			p := &world{Attendees: w.process(), t: t, clock: w.clock}
			processes, bob = append(processes, p), append(bob, p.waits(p.agent(seatOfBob)))
			w.pass(time.Second)
		}
		claims := func(i int) bool {
			return processes[i].ClaimTurn(t.Context(), seatOfBob, first, bob[i])
		}
		if !claims(0) || !claims(2) || claims(1) || claims(0) || claims(2) {
			t.Error("want claims of the ghost that is first, and of the youngest wait, once each")
		}
		if w.ClaimTurn(t.Context(), seatOfCid, first, cid) {
			t.Error("Cid claims Bob's turn")
		}
		w.pass(room.TurnPasses - time.Millisecond)
		if early := received(cid.Turn); early.N != 0 {
			t.Errorf("too early Cid's wait hears of the turn %v", early)
		}
		w.pass(time.Millisecond)
		third := received(cid.Turn)
		if third.N != 3 || !w.ClaimTurn(t.Context(), seatOfCid, third, cid) {
			t.Errorf("Cid cannot claim turn %v", third)
		}
	})
}

// Ann's private word for Cid comes when the turn is Bob's, and before Bob has it. Cid is about to answer.
func TestClaimTurn_afterAPrivateWord_isRefusedUntilTheSilenceAfterIt(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		word := w.says(seatOfAnn)
		bob := w.waits(w.agent(seatOfBob))
		w.waits(w.agent(seatOfAnn))
		w.waits(w.agent(seatOfCid))
		w.pass(room.TurnAfter)
		if got := received(bob.Turn).After; got != word {
			t.Fatalf("Bob's wait hears of the silence after event %d, want %d", got, word)
		}
		private := w.append(room.Event{Type: room.Said, Seat: seatOfAnn, Text: "psst", To: []int{seatOfCid}})
		if w.ClaimTurn(t.Context(), seatOfBob, NextTurn{word, 1}, bob) {
			t.Error("Bob claims the turn after a private word")
		}
		w.pass(room.TurnAfter)
		if got := received(bob.Turn).After; got != private {
			t.Errorf("Bob's wait hears of the silence after event %d, want %d", got, private)
		}
		if !w.ClaimTurn(t.Context(), seatOfBob, NextTurn{private, 1}, bob) {
			t.Error("Bob cannot claim the turn after the next silence")
		}
	})
}

func TestClaimTurnIfNext_programLooksIn_claimsOnlyTheTurnOfItsAgent(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		w.append(room.Event{Type: room.Said, Seat: seatOfAnn, Text: "Bob, milk?", Kind: room.Request,
			Ask: []int{seatOfBob}})
		w.waits(w.agent(seatOfAnn))
		w.waits(w.agent(seatOfCid))
		look := &Wait{Began: w.now(), Until: w.now(), Standby: true}
		w.Recorder(w.log.Peek(), w.agent(seatOfBob)).AnnounceStandby(t.Context(), false)
		w.pass(room.PresentFor)
		if w.ClaimTurnIfNext(t.Context(), seatOfCid, look) {
			t.Error("Cid's program claims the turn of Bob")
		}
		if !w.ClaimTurnIfNext(t.Context(), seatOfBob, look) {
			t.Error("Bob's program does not claim the turn of Bob")
		}
		if w.ClaimTurnIfNext(t.Context(), seatOfBob, look) {
			t.Error("Bob's program claims the turn of Bob twice")
		}
	})
}

// Polling survives an outage of the table, and so does a wait.
func TestClaimTurn_tableDoesNotAnswer_mayBeRepeated(t *testing.T) {
	play(t, func(t *testing.T, here *world) {
		word := here.says(seatOfAnn)
		o := roomlog.Options{Clock: here.clock, CacheBytes: 1 << 20, Logger: here.o.Logger}
		store := roomlog.NewStore(here.o.Table, o)
		log := store.Acquire(here.log.ID())
		defer log.Release()
		there, bob := New(log, here.o), &Wait{Began: here.now()}
		here.mute, here.broken = true, true
		if there.ClaimTurn(t.Context(), seatOfBob, NextTurn{word, 1}, bob) {
			t.Error("Bob claims the turn during the outage")
		}
		here.mute, here.broken = false, false
		if !there.ClaimTurn(t.Context(), seatOfBob, NextTurn{word, 1}, bob) {
			t.Error("Bob cannot claim the turn after the outage")
		}
	})
}

// The rows are the cases that the comment of turnPause lists.
func TestTurnPause(t *testing.T) {
	const step, soon, late = 4 * time.Second, 3 * time.Second, 90 * time.Second
	for what, c := range map[string]struct {
		seat        int
		again, step time.Duration
		single      bool
		pause, next time.Duration
	}{
		"1. The turn is Bob's: 30 s later, since he may not take the turn.": {2, 0, step, true, room.TurnPasses,
			room.TurnPasses},
		"2. Somebody may get it in 90 s, and no other process writes: in 90 s; if nobody may, not before an event.": {
			0, late, step, true, late, step,
		},
		"2. nobody may": {0, 0, step, true, 0, step},
		"3. Somebody may get it in 90 s: in 30 s, since an agent may wait or go away in another process.": {
			0, late, step, false, maxTurnCheckPause, step,
		},
		"3. somebody in 3 s": {0, soon, step, false, soon, step},
		"4. It is nobody's: after twice the last step, at most 30 s.": {0, 0, step, false, 2 * step, 2 * step},
		"4. after the longest step": {0, 0, maxTurnCheckPause, false, maxTurnCheckPause,
			maxTurnCheckPause},
	} {
		if pause, next := turnPause(c.seat, c.again, c.step, c.single); pause != c.pause || next != c.next {
			t.Errorf("%s: after %v, step %v; want %v, %v", what, pause, next, c.pause, c.next)
		}
	}
}
