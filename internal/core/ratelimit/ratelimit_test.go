package ratelimit_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/ratelimit"
)

// begun is a whole minute.
func begun() *clockwork.FakeClock { return clockwork.NewFakeClockAt(time.Unix(1_800_000_000, 0)) }

// from returns the context of calls from an address.
func from(t *testing.T, address string) context.Context {
	return ident.WithAddress(t.Context(), address)
}

// refusedFor returns for how long err refuses a call; 0 for nil.
func refusedFor(t *testing.T, err error) time.Duration {
	t.Helper()
	var refused *fault.Error
	switch {
	case err == nil:
		return 0
	case !errors.As(err, &refused), refused.Code != fault.RateLimited, refused.RetryAfter < time.Second:
		t.Fatalf("got %v, want rate_limited and when to try again", err)
	}
	return refused.RetryAfter
}

func TestMessage_refusedConcurrently_costsNothing(t *testing.T) {
	clock := begun()
	l := ratelimit.New(ratelimit.Limits{Messages: 1}, clock)
	for range 3 {
		if _, err := l.Message(ratelimit.CallerOf(t.Context()), 1); err != nil {
			t.Fatalf("a minute after the last message: %v", err)
		}
		var calls sync.WaitGroup
		for range 16 {
			calls.Go(func() {
				for range 2000 {
					if _, err := l.Message(ratelimit.CallerOf(t.Context()), 1); err == nil {
						t.Error("a second message within the minute")
					}
				}
			})
		}
		calls.Wait()
		clock.Advance(time.Minute)
	}
}

func TestMessage_wholeLimitAtOnce_isAdmittedForEachLimit(t *testing.T) {
	for limit := 1; limit < 3000; limit += 211 {
		l := ratelimit.New(ratelimit.Limits{Messages: limit}, begun())
		for n := range limit {
			if _, err := l.Message(ratelimit.CallerOf(t.Context()), 1); err != nil {
				t.Fatalf("message %d of %d: %v", n+1, limit, err)
			}
		}
		if _, err := l.Message(ratelimit.CallerOf(t.Context()), 1); refusedFor(t, err) == 0 {
			t.Fatalf("%d messages within a minute, of which %d are allowed", limit+1, limit)
		}
	}
}
