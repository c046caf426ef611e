package presence

import (
	"fmt"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
)

func TestRecord_callsOfAMinute_writeOnceAndAFailedWriteIsRepeated(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		record := func() { w.Recorder(w.log.Peek(), w.agent(seatOfBob)).RecordCall(t.Context()) }
		if n := w.counted("SEEN#", record); n != 1 {
			t.Errorf("the first call writes %d times, want once", n)
		}
		w.pass(CallFresh - time.Second)
		if n := w.counted("SEEN#", record); n != 0 {
			t.Errorf("a call within a minute writes %d times", n)
		}
		w.pass(time.Second)
		w.broken = true
		record()
		w.broken = false
		if n := w.counted("SEEN#", record); n != 1 {
			t.Errorf("the call after a failed write writes %d times, want once", n)
		}
		if p := w.presence(seatOfBob); p.AtMs != w.now().UnixMilli() {
			t.Errorf("Bob is stored to have called at %d, want %d", p.AtMs, w.now().UnixMilli())
		}
	})
}

// The client of the older wait may be gone without a word.
func TestRenew_agentWaitsInAnotherProcess_endsTheOlderWait(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		w.o.SingleProcess = false
		bob := w.agent(seatOfBob)
		older := w.waits(bob)
		older.AnnouncedUntil = room.Announced(w.now(), older.Until)
		s := w.Recorder(w.log.Peek(), bob)
		if again := s.Renew(t.Context(), older); again != w.RenewEvery() || older.isSuperseded() {
			t.Fatalf("alone, the wait renews after %v, superseded %v", again, older.isSuperseded())
		}
		w.clock.Advance(time.Second)
		p := w.presence(seatOfBob)
		p.AtMs, p.WaitMs = w.now().UnixMilli(), w.now().UnixMilli()
		if err := w.o.Table.Write(t.Context(), roomlog.PutPresence(w.log.ID(), bob.Agent, p)); err != nil {
			t.Fatal(err)
		}
		if again := s.Renew(t.Context(), older); again != 0 || !older.isSuperseded() {
			t.Errorf("beside a younger wait elsewhere, it renews after %v, superseded %v", again, older.isSuperseded())
		}
	})
}

// An activity of a held agent would show words that its person has not seen.
func TestRecord_personHoldsTheAgent_storesNoActivity(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		says := func(seat int) int {
			s := w.Recorder(w.log.Peek(), w.agent(seat))
			return w.counted(fmt.Sprintf("SEEN#%08d#ACT", seat), func() {
				s.Record(t.Context(), Call{Activity: "reads", Fresh: CallFresh})
			})
		}
		w.append(room.Event{Type: room.SupervisionSet, Seat: seatOfBob, Person: true,
			Behind: &room.Person{Devices: []string{"phone"}, Paused: true}})
		if n := says(seatOfBob); n != 0 {
			t.Errorf("an activity of Bob, who is paused, is written %d times", n)
		}
		if n := says(seatOfCid); n != 1 {
			t.Errorf("an activity of Cid is written %d times, want once", n)
		}
		if n := says(seatOfCid); n != 0 {
			t.Errorf("the same activity is written %d times more", n)
		}
		w.pass(time.Second)
		w.says(seatOfCid)
		if n := says(seatOfCid); n != 1 {
			t.Errorf("after a message, which ends the activity, it is written %d times, want once", n)
		}
	})
}
