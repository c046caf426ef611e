// Package ratelimit bounds how fast one agent speaks and what one network address
// may do. Each process counts for itself.
package ratelimit

import (
	"context"
	"hash/maphash"
	"sync"
	"time"

	"github.com/jonboulle/clockwork"
	"golang.org/x/time/rate"

	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/ident"
)

// Limits are the limits of one server. A zero field is no limit.
type Limits struct {
	Messages int // of one agent, per minute
	Bytes    int // of one agent's texts, per minute
	Rooms    int // created by one address, pairs included, per hour
}

// Limiter applies Limits. Its methods may be called concurrently.
type Limiter struct {
	limits Limits
	burst  int
	clock  clockwork.Clock
	rooms  *tally
}

// New returns a Limiter. burst is how many bytes of text an agent may always send
// at once: the greatest length of one message.
func New(l Limits, burst int, clock clockwork.Clock) *Limiter {
	return &Limiter{l, burst, clock, newTally()}
}

// Room counts a room that the caller's address creates, or refuses it.
func (l *Limiter) Room(ctx context.Context) error {
	n := l.limits.Rooms
	if n <= 0 {
		return nil
	}
	made := l.rooms.of(ctx, func() *limiter { return &limiter{rate: rate.NewLimiter(rate.Limit(float64(n)/3600), n)} })
	if _, wait := made.spend(l.clock.Now(), 1); wait > 0 {
		return fault.RetryLater(fault.RateLimited, wait, "Your address has created %d rooms within an hour, as many as it may. No room was created: try again in %d seconds, or use a room that you have.", n, fault.Seconds(wait))
	}
	return nil
}

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
	now := l.clock.Now()
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

// tally counts by address in a bounded number of groups. An unpredictable hash
// assigns addresses to groups; two addresses in one group share a limit.
type tally struct {
	mu     sync.Mutex
	seed   maphash.Seed
	groups map[uint64]*limiter
}

// tallyGroups bounds the memory of a tally.
const tallyGroups = 1 << 14

func newTally() *tally {
	return &tally{seed: maphash.MakeSeed(), groups: map[uint64]*limiter{}}
}

// of returns the limiter of the caller's address. create makes it on first use.
func (t *tally) of(ctx context.Context, create func() *limiter) *limiter {
	group := maphash.String(t.seed, ident.CallerOf(ctx)) % tallyGroups
	t.mu.Lock()
	defer t.mu.Unlock()
	l := t.groups[group]
	if l == nil {
		l = create()
		t.groups[group] = l
	}
	return l
}
