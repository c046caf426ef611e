package ratelimit_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/core/ratelimit"
)

func TestLimiter_moreCallersThanItHolds_forgetsThoseWhoSpentNothing(t *testing.T) {
	clock := begun()
	l := ratelimit.New(ratelimit.Limits{Units: 8}, clock)
	for i := range 3 * ratelimit.MostKeys {
		if i%ratelimit.MostKeys == 0 {
			clock.Advance(time.Hour)
		}
		if _, err := l.Begin(from(t, fmt.Sprint(i)), ratelimit.Usual); err != nil {
			t.Fatal(err)
		}
	}
	if n := l.Callers(); n > ratelimit.MostKeys {
		t.Errorf("%d callers are in memory, of which there may be %d", n, ratelimit.MostKeys)
	}
	ann := from(t, "ann")
	if n, _ := admitted(ann, l, ratelimit.Usual, 1000); n != 7 {
		t.Errorf("%d calls of one caller among many", n)
	}
}
