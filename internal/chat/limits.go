package chat

import (
	"context"
	"hash/maphash"
	"math"
	"sync"
	"time"

	"github.com/jonboulle/clockwork"
	"golang.org/x/time/rate"

	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/room"
)

// Limits bound how fast one agent speaks and what one address may do. Each
// process counts for itself. A zero field is no limit.
type Limits struct {
	Messages  int // of one agent, per minute
	Bytes     int // of one agent's texts, per minute; a burst of room.MaxText is always allowed
	Rooms     int // created by one address, pairs included, per hour
	Passwords int // wrong ones of one address, per minute
}

type addressKey struct{}

// WithAddress returns ctx with the network address of the caller, by which Limits
// count. All calls without one count as one address.
func WithAddress(ctx context.Context, address string) context.Context {
	return context.WithValue(ctx, addressKey{}, address)
}

// limiters apply Limits.
type limiters struct {
	Limits
	clock   clockwork.Clock
	rooms   *tally
	guesses *tally
}

func newLimiters(l Limits, clock clockwork.Clock) *limiters {
	return &limiters{l, clock, newTally(), newTally()}
}

// allowRoom counts a room that the caller's address creates, or refuses it.
func (l *limiters) allowRoom(ctx context.Context) error {
	if l.Rooms <= 0 {
		return nil
	}
	limiter := l.rooms.of(ctx, func() *rate.Limiter { return rate.NewLimiter(rate.Limit(float64(l.Rooms)/3600), l.Rooms) })
	if _, wait := spend(limiter, l.clock.Now(), 1); wait > 0 {
		return fault.RetryLater(fault.RateLimited, wait, "Your address has created %d rooms within an hour, as many as it may. No room was created: try again in %d seconds, or use a room that you have.", l.Rooms, seconds(wait))
	}
	return nil
}

// allowGuess counts a password that the caller's address tries, or refuses it.
// undo takes the count back, for a right one.
func (l *limiters) allowGuess(ctx context.Context) (undo func(), err error) {
	if l.Passwords <= 0 {
		return func() {}, nil
	}
	limiter := l.guesses.of(ctx, func() *rate.Limiter { return perMinute(l.Passwords, 1) })
	undo, wait := spend(limiter, l.clock.Now(), 1)
	if wait > 0 {
		return nil, fault.RetryLater(fault.RateLimited, wait, "Too many wrong passwords came from your address. Nothing was done: ask your user for the invite, and try again in %d seconds.", seconds(wait))
	}
	return undo, nil
}

// pace is how fast one agent has been speaking. It must not be copied.
type pace struct {
	messages *rate.Limiter
	bytes    *rate.Limiter
}

// newPace returns the pace of an agent that has not spoken; nil if there is no
// limit.
func (l *limiters) newPace() *pace {
	if l.Messages <= 0 && l.Bytes <= 0 {
		return nil
	}
	return &pace{perMinute(l.Messages, 1), perMinute(l.Bytes, room.MaxText)}
}

// allowMessage counts a message at this pace, or refuses it. undo takes the count
// back.
func (l *limiters) allowMessage(p *pace, now time.Time, bytes int) (undo func(), err error) {
	if p == nil {
		return func() {}, nil
	}
	undoMessage, wait := spend(p.messages, now, 1)
	if wait > 0 {
		return nil, fault.RetryLater(fault.RateLimited, wait, "You speak too fast: at most %d messages a minute. Nothing was sent: say it in %d seconds, or more in one message.", l.Messages, seconds(wait))
	}
	undoBytes, wait := spend(p.bytes, now, bytes)
	if wait > 0 {
		undoMessage()
		return nil, fault.RetryLater(fault.RateLimited, wait, "You say too much at once: at most %d bytes a minute. Nothing was sent: say it in %d seconds, or shorter.", l.Bytes, seconds(wait))
	}
	return func() { undoMessage(); undoBytes() }, nil
}

func perMinute(n, burst int) *rate.Limiter {
	if n <= 0 {
		return nil
	}
	return rate.NewLimiter(rate.Limit(float64(n)/60), max(burst, n))
}

// spend takes n from l. If that is too early, it takes nothing and returns how long
// to wait.
func spend(l *rate.Limiter, now time.Time, n int) (undo func(), wait time.Duration) {
	if l == nil {
		return func() {}, 0
	}
	r := l.ReserveN(now, n)
	if wait = r.DelayFrom(now); wait > 0 {
		r.CancelAt(now)
		return nil, wait
	}
	return func() { r.CancelAt(now) }, 0
}

// tally counts by address in a bounded number of groups. An unpredictable hash
// assigns addresses to groups; two addresses in one group share a limit.
type tally struct {
	mu     sync.Mutex
	seed   maphash.Seed
	groups map[uint64]*rate.Limiter
}

// tallyGroups bounds the memory of a tally.
const tallyGroups = 1 << 14

func newTally() *tally {
	return &tally{seed: maphash.MakeSeed(), groups: map[uint64]*rate.Limiter{}}
}

// of returns the limiter of the caller's address. make creates it on first use.
func (t *tally) of(ctx context.Context, make func() *rate.Limiter) *rate.Limiter {
	address, _ := ctx.Value(addressKey{}).(string)
	group := maphash.String(t.seed, address) % tallyGroups
	t.mu.Lock()
	defer t.mu.Unlock()
	l := t.groups[group]
	if l == nil {
		l = make()
		t.groups[group] = l
	}
	return l
}

// seconds rounds up, for people and models.
func seconds(d time.Duration) int { return int(math.Ceil(d.Seconds())) }
