package presence

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/parley-chat/parley/internal/core/room"
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
		claimed, err := w.ClaimTurn(t.Context(), seatOfBob, first, bob)
		if !claimed || err != nil {
			t.Fatalf("Bob's claim: %v, %v", claimed, err)
		}
		if again, err := w.ClaimTurn(t.Context(), seatOfBob, first, bob); again || err != nil {
			t.Errorf("Bob's second claim: %v, %v", again, err)
		}
		w.pass(room.TurnPasses)
		if got := received(cid.Turn); got != second {
			t.Errorf("Cid's wait hears of the turn %v, want %v", got, second)
		}
		w.says(seatOfAnn)
		if late, err := w.ClaimTurn(t.Context(), seatOfCid, second, cid); late || err != nil {
			t.Errorf("Cid's claim after another word: %v, %v", late, err)
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
		if claimed, err := here.ClaimTurn(t.Context(), seatOfBob, first, bob); !claimed || err != nil {
			t.Errorf("Bob's claim: %v, %v", claimed, err)
		}
		if claimed, err := there.ClaimTurn(t.Context(), seatOfCid, first, cid); claimed || err != nil {
			t.Errorf("Cid's claim of the same turn: %v, %v", claimed, err)
		}
		here.pass(room.TurnPasses)
		second := received(cid.Turn)
		claimed, err := there.ClaimTurn(t.Context(), seatOfCid, second, cid)
		if second.N != 2 || !claimed || err != nil {
			t.Errorf("Cid's claim of turn %v: %v, %v", second, claimed, err)
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
			claimed, err := processes[i].ClaimTurn(t.Context(), seatOfBob, first, bob[i])
			if err != nil {
				t.Error(err)
			}
			return claimed
		}
		if !claims(0) || !claims(2) || claims(1) || claims(0) || claims(2) {
			t.Error("want claims of the ghost that is first, and of the youngest wait, once each")
		}
		if claimed, err := w.ClaimTurn(t.Context(), seatOfCid, first, cid); claimed || err != nil {
			t.Errorf("Cid's claim of Bob's turn: %v, %v", claimed, err)
		}
		w.pass(room.TurnPasses - time.Millisecond)
		if early := received(cid.Turn); early.N != 0 {
			t.Errorf("too early Cid's wait hears of the turn %v", early)
		}
		w.pass(time.Millisecond)
		third := received(cid.Turn)
		if claimed, err := w.ClaimTurn(t.Context(), seatOfCid, third, cid); third.N != 3 || !claimed || err != nil {
			t.Errorf("Cid's claim of turn %v: %v, %v", third, claimed, err)
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
		if claimed, err := w.ClaimTurn(t.Context(), seatOfBob, NextTurn{word, 1}, bob); claimed || err != nil {
			t.Errorf("Bob's claim after a private word: %v, %v", claimed, err)
		}
		w.pass(room.TurnAfter)
		if got := received(bob.Turn).After; got != private {
			t.Errorf("Bob's wait hears of the silence after event %d, want %d", got, private)
		}
		if claimed, err := w.ClaimTurn(t.Context(), seatOfBob, NextTurn{private, 1}, bob); !claimed || err != nil {
			t.Errorf("Bob's claim after the next silence: %v, %v", claimed, err)
		}
	})
}

// Nobody waits for Cid, who works: Cid's next call may bring the next word.
func TestTurn_oneAgentWorks_comesToNobody(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		w.says(seatOfAnn)
		w.Recorder(w.log.Peek(), w.agent(seatOfCid)).RecordCall(t.Context())
		ann, bob := w.waits(w.agent(seatOfAnn)), w.waits(w.agent(seatOfBob))
		w.pass(room.TurnAfter)
		w.pass(time.Minute)
		if a, b := received(ann.Turn).After, received(bob.Turn).After; a != 0 || b != 0 {
			t.Errorf("the waits of Ann and Bob hear of the silences after events %d and %d", a, b)
		}
	})
}

// Ann names Bob, who is away, and for whom a program waits. The program waits again after each minute.
func TestTurn_programOfAnAgentAwayWaitsAnew_isStillGivenTime(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		w.Recorder(w.log.Peek(), w.agent(seatOfBob)).Record(t.Context(),
			Call{Absence: Absence{Given: true, BackIn: time.Hour}, Lag: CallLag})
		ann := w.waits(w.agent(seatOfAnn))
		w.waits(w.agent(seatOfCid))
		program := w.standsBy(w.agent(seatOfBob))
		word := w.append(room.Event{Type: room.Said, Seat: seatOfCid, Text: "@Bob, milk?", Named: []int{seatOfBob}})
		w.pass(time.Minute)
		w.EndWait(program)
		synctest.Wait()
		w.standsBy(w.agent(seatOfBob))
		w.pass(room.PresentFor - time.Minute - time.Millisecond)
		if early := received(ann.Turn); early.N != 0 {
			t.Errorf("too early Ann's wait hears of the turn %v", early)
		}
		w.pass(time.Millisecond)
		if got := received(ann.Turn); got != (NextTurn{word, 1}) {
			t.Errorf("Ann's wait hears of the turn %v", got)
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

// The rows are the cases that the comment of turnPause lists.
func TestTurnPause(t *testing.T) {
	const step, soon, late = 4 * time.Second, 3 * time.Second, 90 * time.Second
	for what, c := range map[string]struct {
		seat         int
		again        time.Duration
		here, single bool
		pause, next  time.Duration
	}{
		"1. The turn is Bob's, who waits here: 30 s later, since he may not take the turn.": {
			2, 0, true, true, room.TurnPasses, room.TurnPasses,
		},
		"2. The turn is Bob's, who waits in another process: 30 s later, since that process checks, too.": {
			2, 0, false, false, room.TurnPasses, room.TurnPasses,
		},
		"3. It is Bob's in 90 s, and no other process writes: in 90 s.": {
			2, late, false, true, late, step,
		},
		"4. It is Bob's in 90 s: in 30 s, since an agent may wait or go away in another process.": {
			2, late, false, false, maxTurnCheckPause, step,
		},
		"somebody in 3 s": {
			0, soon, false, false, soon, step,
		},
		"5. It is nobody's, and no other process writes: not before an event; pause is 0.": {
			0, 0, false, true, 0, 0,
		},
		"6. It is nobody's: after twice the last step, at most 30 s.": {
			0, 0, false, false, 2 * step, 2 * step,
		},
	} {
		if pause, next := turnPause(c.seat, c.again, step, c.here, c.single); pause != c.pause || next != c.next {
			t.Errorf("%s: after %v, step %v; want %v, %v", what, pause, next, c.pause, c.next)
		}
	}
	if pause, _ := turnPause(0, 0, maxTurnCheckPause, false, false); pause != maxTurnCheckPause {
		t.Errorf("6. nobody, after the longest step: after %v", pause)
	}
}
