package password

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/ident"
)

// line is a queue with one place, which is taken, and the callers that get it in order.
type line struct {
	*queue
	t      *testing.T
	served []string
}

func newLine(t *testing.T) *line {
	t.Helper()
	l := &line{queue: &queue{free: 1, now: clockwork.NewFakeClock().Now}, t: t}
	if _, err := l.enter(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	return l
}

// come has a caller wait for a turn, after those that came before.
func (l *line) come(caller string, known bool) {
	go func() {
		if _, err := l.enter(ident.WithAddress(l.t.Context(), caller), known); err == nil {
			l.served = append(l.served, caller)
			l.leave()
		}
	}()
	synctest.Wait()
}

func TestQueue_callerThatCameLast_isNotBehindThoseWithMoreTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLine(t)
		for range 3 {
			l.come("guesser", false)
		}
		for _, stranger := range []string{"a", "b"} {
			l.come(stranger, false)
		}
		l.come("agent", true)
		l.leave()
		synctest.Wait()
		if got := fmt.Sprint(l.served); got != "[agent guesser a b guesser guesser]" {
			t.Error(got)
		}
	})
}

func TestCheck_ofACallerOverItsLimit_doesNotWaitForATurn(t *testing.T) {
	v := newVault(t)
	p := v.process()
	for range 10 {
		v.fails(p, "eve", "wrong", fault.WrongPassword)
	}
	for range hashesAtOnce {
		if _, err := p.hashing.enter(t.Context(), false); err != nil {
			t.Fatal(err)
		}
	}
	v.fails(p, "eve", "wrong", fault.RateLimited) // a turn would never come
	ctx, cancel := context.WithCancel(v.from("ann"))
	cancel()
	if err := p.Check(ctx, v.room, "right"); err != context.Canceled {
		t.Errorf("who may guess waits: %v", err)
	}
}
