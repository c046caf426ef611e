// Package ratelimit bounds how fast one agent speaks, for which each process counts for
// itself, and how many rooms one caller creates, which all processes count together.
package ratelimit

import (
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/roomlog"
)

// Limits are the limits of one server. A zero field is no limit.
type Limits struct {
	Messages int // of one agent, per minute
	Bytes    int // of one agent's texts, per minute
	Rooms    int // created by one caller, pairs included, per hour
}

// Limiter applies Limits. Its methods may be called concurrently.
type Limiter struct {
	limits Limits
	burst  int
	store  *roomlog.Store
}

// New returns a Limiter that counts rooms in the table of a store. burst is how many
// bytes of text an agent may always send at once: the greatest length of one message.
func New(l Limits, burst int, s *roomlog.Store) *Limiter { return &Limiter{l, burst, s} }

// Pace is how fast one agent has been speaking. Its zero value has not spoken. It
// must not be copied.
type Pace struct {
	once     sync.Once
	messages *limiter
	bytes    *limiter
}

// Message counts a message of so many bytes at the pace p, or refuses it. undo takes
// the count back.
func (l *Limiter) Message(p *Pace, bytes int) (undo func(), err error) {
	p.once.Do(func() {
		p.messages, p.bytes = perMinute(l.limits.Messages, 1), perMinute(l.limits.Bytes, l.burst)
	})
	now := l.store.Clock().Now()
	undoMessage, wait := p.messages.spend(now, 1)
	if wait > 0 {
		return nil, fault.RetryLater(fault.RateLimited, wait, "You speak too fast: at most %d messages a minute. Nothing was sent: say it in %d seconds, or more in one message.", l.limits.Messages, fault.Seconds(wait))
	}
	undoBytes, wait := p.bytes.spend(now, bytes)
	if wait > 0 {
		undoMessage()
		return nil, fault.RetryLater(fault.RateLimited, wait, "You say too much at once: at most %d bytes a minute. Nothing was sent: say it in %d seconds, or shorter.", l.limits.Bytes, fault.Seconds(wait))
	}
	return func() { undoMessage(); undoBytes() }, nil
}

// limiter is a rate.Limiter of which a refused call takes nothing, however many
// calls come at once: a reservation of a rate.Limiter is given back in full only if
// none was made after it.
type limiter struct {
	mu   sync.Mutex
	rate *rate.Limiter
}

// perMinute returns a limiter; nil for no limit.
func perMinute(n, burst int) *limiter {
	if n <= 0 {
		return nil
	}
	return &limiter{rate: rate.NewLimiter(rate.Limit(float64(n)/60), max(burst, n))}
}

// spend takes n from l. If that is too early, it takes nothing and returns how long
// to wait.
func (l *limiter) spend(now time.Time, n int) (undo func(), wait time.Duration) {
	if l == nil {
		return func() {}, 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.rate.ReserveN(now, n)
	if wait = r.DelayFrom(now); wait > 0 {
		r.CancelAt(now)
		return nil, wait
	}
	return func() { l.cancel(r, now) }, 0
}

func (l *limiter) cancel(r *rate.Reservation, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	r.CancelAt(now)
}
