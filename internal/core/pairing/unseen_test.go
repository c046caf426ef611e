package pairing_test

import (
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/pairing"
)

// Where a client leaves unseen, its call continues for 20 s at most. For 15 s more the owner may come back to the
// place.
func TestUnseenWait_clientThatLeft_canBePairedForThirtyFiveSeconds(t *testing.T) {
	for late, want := range map[time.Duration]pairing.Status{-time.Second: pairing.Paired, 0: pairing.Waiting} {
		w := newWorld(t)
		w.process = w.unseen()
		ghost := w.inQueue(t.Context(), pairing.Request{AgentName: "Ann", Wait: core.MaxQueueWait})
		w.clock.Advance(20 * time.Second)
		ticket := take(t, ghost).Ticket
		w.clock.Advance(15*time.Second + late)
		bob := w.queue(pairing.Request{AgentName: "Bob"})
		if bob.Status != want {
			t.Errorf("%s after the call: %s", 15*time.Second+late, bob.Status)
		}
		if want == pairing.Paired {
			met(t, w.comesBack(ticket), bob)
		}
	}
}
