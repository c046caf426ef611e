package chat_test

import (
	"context"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/chat"
)

// holds returns what a look tells of how long the next wait may be.
func holds(w *world, s chat.Seated) time.Duration {
	w.t.Helper()
	return w.look(s.Token, s.Cursor).Hold
}

func TestHold_unknown_isWhatMostClientsHold(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	if got := holds(w, p.bob); got != 50*time.Second {
		t.Errorf("got %v", got)
	}
}

// A client gives a wait up: it breaks the connection, or calls again.
func TestHold_givenUp_isShorterByAFifth(t *testing.T) {
	for name, giveUp := range map[string]func(*world, chat.Seated, context.CancelFunc){
		"connection broken": func(_ *world, _ chat.Seated, cancel context.CancelFunc) { cancel() },
		"called again": func(w *world, s chat.Seated, _ context.CancelFunc) {
			w.waiting(w.t.Context(), chat.WaitRequest{Token: s.Token, Cursor: s.Cursor, Wait: time.Minute})
		},
	} {
		for after, want := range map[time.Duration]time.Duration{
			30 * time.Second: 20 * time.Second, // 24, in steps of 5
			55 * time.Second: 40 * time.Second,
			64 * time.Second: 50 * time.Second,
			11 * time.Second: 10 * time.Second, // never less
			4 * time.Second:  50 * time.Second, // somebody's whim, not a limit
		} {
			w := newWorld(t)
			p := w.pair()
			w.clock.Advance(time.Minute)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			wait := w.open(ctx, chat.WaitRequest{Token: p.bob.Token, Cursor: p.bob.Cursor, Wait: 100 * time.Second}, 1)
			w.clock.Advance(after)
			giveUp(w, p.bob, cancel)
			<-wait
			if got := holds(w, p.bob); got != want {
				t.Errorf("%s after %v: %v, want %v", name, after, got, want)
			}
			w.Stop()
		}
	}
}

func TestHold_longerWaitHeldOut_growsSoFar(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	for _, d := range []time.Duration{120 * time.Second, 60 * time.Second} {
		wait := w.open(t.Context(), chat.WaitRequest{Token: p.bob.Token, Cursor: p.bob.Cursor, Wait: d}, 1)
		w.clock.Advance(d)
		wantStatus(t, "Bob", take(t, wait), chat.StatusQuiet)
		if got := holds(w, p.bob); d == 120*time.Second && got != 50*time.Second {
			t.Errorf("before the client has shown that the answer arrived: %v", got)
		}
	}
	if got := holds(w, p.bob); got != 120*time.Second {
		t.Errorf("got %v", got)
	}
}

func TestHold_isKnownToAnotherProcess(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	here, there := onTable(t, w.clock, w.table, chat.Options{}), onTable(t, w.clock, w.table, chat.Options{})
	w.clock.Advance(2 * time.Minute)
	// It waits here; its client gives up after half a minute, which a function on
	// Lambda does not see, and waits again there.
	here.waiting(t.Context(), chat.WaitRequest{Token: p.bob.Token, Cursor: p.bob.Cursor, Wait: 100 * time.Second})
	here.blocked(2)
	w.clock.Advance(30 * time.Second)
	here.blocked(2)
	there.waiting(t.Context(), chat.WaitRequest{Token: p.bob.Token, Cursor: p.bob.Cursor, Wait: 20 * time.Second})
	there.blocked(4)
	if got := holds(there, p.bob); got != 20*time.Second {
		t.Errorf("got %v", got)
	}
	here.Stop()
	there.Stop()
}

func TestQuiet_isSinceTheLastEvent(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	w.clock.Advance(7 * time.Minute)
	if got := w.look(p.bob.Token, p.bob.Cursor).Quiet; got != 7*time.Minute {
		t.Errorf("got %v", got)
	}
	w.say(p.ann.Token, "hello")
	if got := w.look(p.bob.Token, p.bob.Cursor).Quiet; got != 0 {
		t.Errorf("got %v", got)
	}
}
