package access_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/auth/access"
	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
)

// until advances the clock by seconds until ctx ends, and returns how long that took.
func (w *world) until(ctx context.Context, most time.Duration) (took time.Duration) {
	for took < most && ctx.Err() == nil {
		w.pass(time.Second)
		took += time.Second
		_ = w.clock.BlockUntilContext(ctx, 1) // the next check is due, or ctx has ended
	}
	return took
}

func TestWatch_keyThatIsGone_endsItsCallsWithinAMinute(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		for name, end := range map[string]func(key ident.Key){
			"revoked": func(key ident.Key) { w.revoke(key.ID) },
			"expired": func(ident.Key) {},
		} {
			key := w.add(name, time.Minute)
			p, other := w.process(), w.process()
			asker, err := p.Key(t.Context(), key.String())
			if err != nil {
				t.Fatal(err)
			}
			w.pass(29 * time.Second)
			other.admits(key, name) // just before the key is revoked
			p.admits(key, name)
			one, stopOne := p.Watch(t.Context(), asker)
			two, stopTwo := p.Watch(t.Context(), asker)
			end(key)
			if took := w.until(one, 2*time.Minute); took > time.Minute {
				t.Errorf("%s: the wait ended after %v", name, took)
			}
			<-two.Done()
			if !errors.Is(context.Cause(one), access.ErrRevoked) || !errors.Is(context.Cause(two), access.ErrRevoked) {
				t.Errorf("%s: they ended for %v and %v", name, context.Cause(one), context.Cause(two))
			}
			stopOne()
			stopTwo()
			p.refuses(key.String(), fault.KeyInvalid)
		}
	})
}

func TestWatch_hundredCalls_areOneCheckAndNoneIsLeftBehind(t *testing.T) {
	w := newWorld(t)
	key := w.add("Ann", 0)
	p := w.process()
	asker, err := p.Key(t.Context(), key.String())
	if err != nil {
		t.Fatal(err)
	}
	var stops []func()
	for range 100 {
		ctx, stop := p.Watch(t.Context(), asker)
		stops = append(stops, stop)
		defer func() {
			if !errors.Is(context.Cause(ctx), context.Canceled) {
				t.Errorf("the call ended for %v", context.Cause(ctx))
			}
		}()
	}
	p.wantCost("ten minutes of waiting", 15, 0, func() { w.until(t.Context(), 10*time.Minute) }) // one in 40 s
	for _, stop := range stops {
		stop()
	}
	p.wantCost("ten minutes without", 0, 0, func() { w.pass(10 * time.Minute) })
	if err := w.clock.BlockUntilContext(t.Context(), 0); err != nil {
		t.Error(err)
	}
}

func TestWatch_tableThatDoesNotAnswer_endsNoCall(t *testing.T) {
	w := newWorld(t)
	key := w.add("Ann", 0)
	p := w.process()
	asker, err := p.Key(t.Context(), key.String())
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := p.Watch(t.Context(), asker)
	defer stop()
	p.set(func() { p.down = true })
	w.until(ctx, 5*time.Minute)
	if err := ctx.Err(); err != nil {
		t.Fatalf("the wait ended for %v", context.Cause(ctx))
	}
	w.revoke("Ann")
	p.set(func() { p.down = false })
	if took := w.until(ctx, 2*time.Minute); took > 20*time.Second {
		t.Errorf("the wait ended %v after the table was back", took)
	}
}

func TestWatch_callerWithoutAKey_isNotWatched(t *testing.T) {
	p := newWorld(t).process()
	for _, asker := range []ident.Principal{{}, {ID: ident.Local}, {Room: "abcdefg", Invite: 1}} {
		ctx, stop := p.Watch(t.Context(), asker)
		if ctx != t.Context() {
			t.Errorf("%+v is watched", asker)
		}
		stop()
	}
}
