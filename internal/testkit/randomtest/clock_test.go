package randomtest_test

import (
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/core/roomlog"
)

// promptClock is the bubble's clock, whose shortest timers have always fired. A service
// pauses for so long while it holds a mutex, to read again what another is writing. For
// that mutex others would wait, and while they do time does not pass in a bubble.
type promptClock struct{ clockwork.Clock }

func newClock() clockwork.Clock { return promptClock{clockwork.NewRealClock()} }

func (c promptClock) NewTimer(d time.Duration) clockwork.Timer {
	if d > roomlog.PartialPause {
		return c.Clock.NewTimer(d)
	}
	t := firedTimer{make(chan time.Time, 1)}
	t.fired <- c.Now()
	return t
}

// firedTimer is a timer that has fired.
type firedTimer struct{ fired chan time.Time }

func (t firedTimer) Chan() <-chan time.Time   { return t.fired }
func (t firedTimer) Reset(time.Duration) bool { return false }
func (t firedTimer) Stop() bool               { return false }
