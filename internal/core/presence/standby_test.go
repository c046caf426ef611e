package presence

import (
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/core/room"
)

func TestAnnounceStandby_programLooksInAgainAndAgain_writesOnceInAWhile(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		bob := w.agent(seatOfBob)
		announce := func() {
			if w.Recorder(w.log.Peek(), bob).AnnounceStandby(t.Context(), false) {
				t.Error("the agent itself seems to wait")
			}
		}
		for _, c := range []struct {
			after time.Duration
			want  int
		}{{0, 1}, {time.Minute, 0}, {room.AnnounceAgain - time.Minute, 1}} {
			w.pass(c.after)
			if n := w.counted("SEEN#", announce); n != c.want {
				t.Errorf("%s after the announcement, a look-in writes %d times, want %d", c.after, n, c.want)
			}
			if !w.HasProgram(seatOfBob) {
				t.Error("no program is on standby for Bob")
			}
		}
	})
}

func TestAnnounceStandby_agentItselfWaits_announcesNothing(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		bob := w.agent(seatOfBob)
		w.waits(bob)
		before := w.presence(seatOfBob)
		if own := w.Recorder(w.log.Peek(), bob).AnnounceStandby(t.Context(), false); !own {
			t.Error("the wait of the agent was not seen")
		}
		if got := w.presence(seatOfBob); got != before || got.Standby {
			t.Errorf("the presence of Bob was %+v and is %+v", before, got)
		}
	})
}
