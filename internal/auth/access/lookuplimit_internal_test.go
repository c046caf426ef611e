package access

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/auth"
)

// lateTimers is a clock on which time passes without a call of the timers' functions, as on a busy machine.
type lateTimers struct{ *clockwork.FakeClock }

func (lateTimers) AfterFunc(d time.Duration, f func()) clockwork.Timer {
	return clockwork.NewFakeClock().AfterFunc(d, f)
}

func TestGuesses_callThatComesWhenATurnIsDue_passesNobodyWhoWaits(t *testing.T) {
	clock := lateTimers{clockwork.NewFakeClock()}
	g, secrets := newLookUpLimit(clock, 0), byte(0)
	begin := func(address string) *lookUp {
		secrets++
		one := &lookUp{secret: digest{secrets}, from: address, comes: make(chan struct{})}
		ctx, leave := context.WithCancel(t.Context())
		t.Cleanup(leave)
		began := make(chan struct{})
		go func() {
			close(began)
			_ = g.begin(ctx, one)
		}()
		<-began
		return one
	}
	for n := range auth.MaxLookUpsAtOnce {
		<-begin(fmt.Sprint("address 198.51.100.", n)).comes
	}
	ann := begin("address 192.0.2.1")
	if err := clock.BlockUntilContext(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	clock.Advance(time.Second / auth.UsualLookUps)
	again := begin("address 198.51.100.7")
	select {
	case <-ann.comes:
	case <-again.comes:
		t.Error("an address that had a turn passed one that waits for its first")
	}
}
