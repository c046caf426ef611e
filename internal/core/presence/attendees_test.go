package presence

import (
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/core/room"
)

func TestOnAdvance_agentLeaves_dropsTheCacheOfItsSeat(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		for _, seat := range []int{seatOfBob, seatOfCid} {
			w.Recorder(w.log.Peek(), w.agent(seat)).RecordCall(t.Context())
		}
		w.append(room.Event{Type: room.Left, Seat: seatOfBob})
		if n := w.Cached(); n != 1 {
			t.Errorf("%d seats are cached, want that of Cid alone", n)
		}
	})
}

func TestHasCompany_anotherAgentCallsWaitsOrIsAway_saysWhetherItIsPresent(t *testing.T) {
	for name, c := range map[string]struct {
		prepare func(*world, *room.Caller)
		want    bool
	}{
		"nobody else has called": {func(*world, *room.Caller) {}, false},
		"Bob waits":              {func(w *world, bob *room.Caller) { w.waits(bob) }, true},
		"Bob has called": {func(w *world, bob *room.Caller) {
			w.Recorder(w.log.Peek(), bob).RecordCall(w.t.Context())
		}, true},
		"Bob is away": {func(w *world, bob *room.Caller) {
			w.Recorder(w.log.Peek(), bob).Record(w.t.Context(),
				Call{Absence: Absence{Given: true, BackIn: time.Hour}, Lag: CallLag})
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			play(t, func(t *testing.T, w *world) {
				c.prepare(w, w.agent(seatOfBob))
				if got := w.HasCompany(w.log.Peek(), seatOfAnn); got != c.want {
					t.Errorf("Ann has company: %v, want %v", got, c.want)
				}
				if w.HasCompany(w.log.Peek(), seatOfBob) {
					t.Error("Bob is Bob's own company")
				}
			})
		})
	}
}
