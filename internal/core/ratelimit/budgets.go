package ratelimit

import (
	"sync"
	"time"
)

// budgets are budgets of one kind, by key. Each is refilled evenly within a period, and may
// be spent at once. On nil, for no limit, nothing is counted.
type budgets struct {
	limit  float64 // per period
	period time.Duration

	mu sync.Mutex
	of map[string]*Budget
}

// Budget is what of a limit was spent, as the generic cell rate algorithm keeps it: as the time
// that it takes to refill that. Unlike a rate.Limiter, it can be overdrawn, by what a call has
// cost. The zero value is full.
type Budget struct {
	full time.Time // when it is refilled: the later, the more was spent
}

// Refill returns how long it takes until b is full.
func (b *Budget) Refill(now time.Time) time.Duration { return max(0, b.full.Sub(now)) }

// Spend spends what takes so long to refill. A negative time gives back what was spent.
func (b *Budget) Spend(t time.Duration, now time.Time) { b.full = now.Add(b.Refill(now) + t) }

// mostKeys bounds the budgets in memory: an attacker has any number of addresses. Where
// there are more, one that is refilled is forgotten, or any.
const mostKeys = 20_000

// perMinute returns budgets of so much a minute; nil for no limit.
func perMinute(limit int) *budgets { return within(time.Minute, int64(limit)) }

// within returns budgets of so much in a period; nil for no limit.
func within(period time.Duration, limit int64) *budgets {
	if limit <= 0 {
		return nil
	}
	return &budgets{limit: float64(limit), period: period, of: map[string]*Budget{}}
}

// time returns how long it takes to refill n, rounded down so that the parts of a period's
// budget never take longer than the period.
func (b *budgets) time(n float64) time.Duration {
	return time.Duration(n * float64(b.period) / b.limit)
}

// take spends n of the budget of key if that leaves kept of it, as a part of the limit.
// Otherwise it spends nothing and returns how long to wait.
func (b *budgets) take(key string, n float64, now time.Time, kept float64) (wait time.Duration) {
	if b == nil {
		return 0
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	x := b.get(key, now)
	wait = x.Refill(now) + b.time(n) - b.time(b.limit*(1-kept))
	if wait > 0 {
		return wait
	}
	x.Spend(b.time(n), now)
	return 0
}

// reserve spends n of the budget of key, and returns how long it takes until that much would have been left.
func (b *budgets) reserve(key string, n float64, now time.Time) (wait time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	x := b.get(key, now)
	x.Spend(b.time(n), now)
	return max(0, x.Refill(now)-b.period)
}

// spend spends n of the budget of key, which may be more than is left, and returns how much
// of it was left. A negative n gives back what was spent.
func (b *budgets) spend(key string, n float64, now time.Time) (covered float64) {
	if b == nil {
		return n
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	x := b.get(key, now)
	left := b.leftOf(x, now)
	x.Spend(b.time(n), now)
	return min(n, left)
}

// left returns how much is left of the budget of key.
func (b *budgets) left(key string, now time.Time) float64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.leftOf(b.get(key, now), now)
}

// leftOf is left of a budget from get. b.mu is held.
func (b *budgets) leftOf(x *Budget, now time.Time) float64 {
	return max(0, b.limit*(1-float64(x.Refill(now))/float64(b.period)))
}

// get returns the budget of key. b.mu is held.
func (b *budgets) get(key string, now time.Time) *Budget {
	x := b.of[key]
	if x == nil {
		if len(b.of) >= mostKeys {
			b.forget(now)
		}
		x = &Budget{}
		b.of[key] = x
	}
	return x
}

// triesToForget bounds the search for a budget that is refilled.
const triesToForget = 8

// forget drops a budget, if possible one that is full. b.mu is held.
func (b *budgets) forget(now time.Time) {
	tries, victim := 0, ""
	for key, x := range b.of { // in any order
		tries++
		if tries == 1 || x.Refill(now) == 0 {
			victim = key
		}
		if tries == triesToForget || x.Refill(now) == 0 {
			break
		}
	}
	delete(b.of, victim)
}
