package access

import (
	"context"
	"fmt"
	"log/slog"
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

func TestMemory_ofAddressesKeysAndCodes_isBounded(t *testing.T) {
	clock := clockwork.NewFakeClock()
	g := newLookUpLimit(clock, 0)
	r := &register{clock: clock, log: slog.New(slog.DiscardHandler), of: map[string]known{}}
	looks := func(secret, address string, right bool) {
		t.Helper()
		_ = g.lookUp(t.Context(), secret, address, func() error {
			if right {
				return nil
			}
			return errWrongKey()
		})
		clock.Advance(time.Second / 20) // the turn of the process
	}
	last := 2*max(auth.MaxAddresses, auth.MaxKnownKeys) - 1
	err := g.lookUp(t.Context(), "of the busy one", "busy", func() error {
		for i := range last + 1 {
			looks(fmt.Sprint("wrong ", i), fmt.Sprint(i), false)
			looks(fmt.Sprint("right ", i), "right", true)
			r.remember(known{Entry: Entry{ID: fmt.Sprint(i)}})
		}
		if g.of["busy"] == nil {
			t.Error("an address is forgotten whose secret is being looked up")
		}
		return nil
	})
	if err != nil || g.of["right"] != nil {
		t.Errorf("%v; or an address is remembered that made no wrong guess", err)
	}
	if len(g.of) > auth.MaxAddresses || len(g.running)+len(g.queue) > 0 {
		t.Errorf("%d addresses, %d looks, %d that wait", len(g.of), len(g.running), len(g.queue))
	}
	if len(r.of) > auth.MaxKnownKeys || len(g.right) > auth.MaxKnownKeys || len(g.wrong) > auth.MaxKnownKeys {
		t.Errorf("%d keys, %d right and %d wrong secrets; want %d at most", len(r.of), len(g.right), len(g.wrong),
			auth.MaxKnownKeys)
	}
	if _, there := r.of[fmt.Sprint(last)]; !there {
		t.Error("the newest was forgotten")
	}
}
