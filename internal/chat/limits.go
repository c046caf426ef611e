package chat

import (
	"context"
	"hash/maphash"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Limits bound how fast one agent speaks and what one address may ask for. Each
// process counts for itself. A zero field is no limit.
type Limits struct {
	Messages  int // of one agent, in a minute
	Bytes     int // of one agent's texts, in a minute; at least MaxText count as allowed at once
	Rooms     int // made by one address, pairs included, in an hour
	Passwords int // that were wrong, from one address, in a minute
}

type addressKey struct{}

// WithAddress returns ctx with the network address of the caller, by which Limits
// count. Calls without one count as from one address.
func WithAddress(ctx context.Context, address string) context.Context {
	return context.WithValue(ctx, addressKey{}, address)
}

// pace is how fast one agent has been speaking. It must not be copied.
type pace struct {
	messages *rate.Limiter
	bytes    *rate.Limiter
}

func perMinute(n, burst int) *rate.Limiter {
	if n <= 0 {
		return nil
	}
	return rate.NewLimiter(rate.Limit(float64(n)/60), max(burst, n))
}

// spend takes n from l, or says how long that is too early. Nothing is taken then.
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

// maySpeak takes a message of so many bytes from what the caller may say now. undo
// gives it back.
func (c *caller) maySpeak(now time.Time, bytes int) (undo func(), err error) {
	limits := c.room.svc.opts.Limits
	if limits.Messages <= 0 && limits.Bytes <= 0 {
		return func() {}, nil
	}
	c.room.mu.Lock()
	defer c.room.mu.Unlock()
	m := c.room.memo(c.agent.Seat)
	if m.pace == nil {
		m.pace = &pace{perMinute(limits.Messages, 1), perMinute(limits.Bytes, MaxText)}
	}
	undoMessage, wait := spend(m.pace.messages, now, 1)
	if wait > 0 {
		return nil, later(RateLimited, wait, "You speak too fast: at most %d messages a minute. Nothing was sent: say it in %d seconds, or more in one message.", limits.Messages, seconds(wait))
	}
	undoBytes, wait := spend(m.pace.bytes, now, bytes)
	if wait > 0 {
		undoMessage()
		return nil, later(RateLimited, wait, "You say too much at once: at most %d bytes a minute. Nothing was sent: say it in %d seconds, or shorter.", limits.Bytes, seconds(wait))
	}
	return func() { undoMessage(); undoBytes() }, nil
}

// tally counts by address, in a bounded number of groups: addresses fall into them
// by a hash that nobody can foretell. Two in one group share a limit.
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

// of returns the limiter of the caller's address, which make makes at first.
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

// mayMakeRoom takes a room from what the caller's address may make now.
func (s *Service) mayMakeRoom(ctx context.Context) error {
	n := s.opts.Limits.Rooms
	if n <= 0 {
		return nil
	}
	l := s.roomsMade.of(ctx, func() *rate.Limiter { return rate.NewLimiter(rate.Limit(float64(n)/3600), n) })
	if _, wait := spend(l, s.now(), 1); wait > 0 {
		return later(RateLimited, wait, "Your address has made %d rooms within an hour, as many as it may. No room was made: try again in %d seconds, or use a room that you have.", n, seconds(wait))
	}
	return nil
}

// mayGuess takes a password from what the caller's address may try now. undo gives
// it back, for one that was right.
func (s *Service) mayGuess(ctx context.Context) (undo func(), err error) {
	n := s.opts.Limits.Passwords
	if n <= 0 {
		return func() {}, nil
	}
	l := s.guesses.of(ctx, func() *rate.Limiter { return perMinute(n, 1) })
	undo, wait := spend(l, s.now(), 1)
	if wait > 0 {
		return nil, later(RateLimited, wait, "Too many wrong passwords came from your address. Nothing was done: ask your user for the invite, and try again in %d seconds.", seconds(wait))
	}
	return undo, nil
}
