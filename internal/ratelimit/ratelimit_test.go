package ratelimit_test

import (
	"sync"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/ratelimit"
	"github.com/parley-chat/parley/internal/roomlog"
)

func TestMessage_refusedConcurrently_costsNothing(t *testing.T) {
	clock := clockwork.NewFakeClockAt(time.Unix(1_800_000_000, 0))
	l := ratelimit.New(ratelimit.Limits{Messages: 1}, 1, roomlog.NewStore(nil, roomlog.Options{Clock: clock}))
	var p ratelimit.Pace
	for range 3 {
		if _, err := l.Message(&p, 1); err != nil {
			t.Fatalf("a minute after the last message: %v", err)
		}
		var calls sync.WaitGroup
		for range 16 {
			calls.Go(func() {
				for range 2000 {
					if _, err := l.Message(&p, 1); err == nil {
						t.Error("a second message within the minute")
					}
				}
			})
		}
		calls.Wait()
		clock.Advance(time.Minute)
	}
}
