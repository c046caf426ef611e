package presence

import (
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
)

func TestRecord_personWaitsBesideAnAgent_isSeenToWatchAndLeavesThePresenceOfTheAgent(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		c, before := w.person(seatOfBob, "phone"), w.presence(seatOfBob)
		call := Call{Began: w.now(), Until: w.now().Add(time.Minute), Lag: CallLag}
		record := func() { w.Recorder(w.log.Peek(), c).Record(t.Context(), call) }
		if n := w.counted("SEEN#", record); n != 1 {
			t.Errorf("the first wait writes %d items, want 1", n)
		}
		w.pass(watchEvery - time.Second)
		if n := w.counted("SEEN#", record); n != 0 {
			t.Errorf("a wait within a minute writes %d items", n)
		}
		_, people, err := w.Attendees.ReadPresence(t.Context(), table.Strong)
		if want := noon().Add(watchShown); err != nil || !people[seatOfBob].Equal(want) {
			t.Errorf("the person is seen to watch until %v, %v, want %v", people[seatOfBob], err, want)
		}
		w.pass(time.Second)
		w.broken = true
		if due, _, _ := w.Recorder(w.log.Peek(), c).Record(t.Context(), call); !due.Equal(w.now().Add(rewriteAfter)) {
			t.Errorf("after a failed write the next one is due at %v", due)
		}
		w.broken = false
		if n := w.counted("SEEN#", record); n != 1 {
			t.Errorf("the next wait writes %d items, want 1", n)
		}
		if got := w.presence(seatOfBob); got != before {
			t.Errorf("the presence of Bob's agent was %+v and is %+v", before, got)
		}
	})
}

// The agent of the seat has left no token: its person alone has the seat.
func TestRecord_personWithoutAnAgentWaits_isPresentUntilTheLastWaitEnds(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		w.append(room.Event{Type: room.Left, Seat: seatOfBob})
		alone := joined(seatOfCid+1, "Dan")
		alone.Agent.Hash, alone.Agent.Person.Devices = "", []string{"phone"}
		w.append(alone)
		c := w.person(seatOfCid+1, "phone")
		first, second := w.waits(c), w.waits(c)
		for i, wait := range []*Wait{first, second} {
			if p := w.presenceHere(c.Seat); p.UntilMs != first.announcedUntil.UnixMilli() || p.WaitMs != 0 ||
				p.Standby || p.ForMe {
				t.Errorf("with %d waits open, the presence is %+v", 2-i, p)
			}
			w.pass(time.Second)
			// The page asks for something else meanwhile. What it says of a program does not count.
			w.Recorder(w.log.Peek(), c).Record(t.Context(), Call{Standby: true, ForMe: true})
			w.EndWait(wait)
		}
		if p := w.presenceHere(c.Seat); p.UntilMs != w.now().UnixMilli() {
			t.Errorf("after the last wait, the presence is %+v", p)
		}
	})
}
