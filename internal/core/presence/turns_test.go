package presence

import (
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/core/room"
)

// Ann spoke last, so Bob is next, and Cid after Bob.
func TestTurn_allWait_comesToOneAgentAfterTheOther(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		word := w.says(seatOfAnn)
		ann, bob, cid := w.waits(w.agent(seatOfAnn)), w.waits(w.agent(seatOfBob)), w.waits(w.agent(seatOfCid))
		w.pass(room.TurnAfter - time.Millisecond)
		if n := received(bob.Turn); n != 0 {
			t.Errorf("too early Bob's wait hears of the silence after event %d", n)
		}
		w.pass(time.Millisecond)
		if a, b, c := received(ann.Turn), received(bob.Turn), received(cid.Turn); a != 0 || b != word || c != 0 {
			t.Fatalf("the waits hear of silences after events %d, %d, %d; want %d for Bob alone", a, b, c, word)
		}
		claimed, err := w.ClaimTurn(t.Context(), seatOfBob, word, bob)
		if !claimed || err != nil {
			t.Fatalf("Bob's claim: %v, %v", claimed, err)
		}
		if again, err := w.ClaimTurn(t.Context(), seatOfBob, word, bob); again || err != nil {
			t.Errorf("Bob's second claim: %v, %v", again, err)
		}
		w.pass(room.TurnPasses)
		if got := received(cid.Turn); got != word {
			t.Errorf("Cid's wait hears of the silence after event %d, want %d", got, word)
		}
		w.says(seatOfAnn)
		if late, err := w.ClaimTurn(t.Context(), seatOfCid, word, cid); late || err != nil {
			t.Errorf("Cid's claim after another word: %v, %v", late, err)
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
		if got := received(bob.Turn); got != word {
			t.Fatalf("Bob's wait hears of the silence after event %d, want %d", got, word)
		}
		private := w.append(room.Event{Type: room.Said, Seat: seatOfAnn, Text: "psst", To: []int{seatOfCid}})
		if claimed, err := w.ClaimTurn(t.Context(), seatOfBob, word, bob); claimed || err != nil {
			t.Errorf("Bob's claim after a private word: %v, %v", claimed, err)
		}
		w.pass(room.TurnAfter)
		if got := received(bob.Turn); got != private {
			t.Errorf("Bob's wait hears of the silence after event %d, want %d", got, private)
		}
		if claimed, err := w.ClaimTurn(t.Context(), seatOfBob, private, bob); !claimed || err != nil {
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
		if a, b := received(ann.Turn), received(bob.Turn); a != 0 || b != 0 {
			t.Errorf("the waits of Ann and Bob hear of the silences after events %d and %d", a, b)
		}
	})
}

func TestClaimTurnIfNext_programLooksIn_claimsOnlyTheTurnOfItsAgent(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		w.append(room.Event{Type: room.Said, Seat: seatOfAnn, Text: "Bob, milk?", Kind: room.Request,
			Ask: []int{seatOfBob}})
		w.waits(w.agent(seatOfAnn))
		w.waits(w.agent(seatOfCid))
		look := &Wait{Began: w.now(), Until: w.now(), Standby: true, Looks: true}
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
