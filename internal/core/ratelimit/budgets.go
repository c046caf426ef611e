package ratelimit

import (
	"slices"
	"sync"
	"time"

	"github.com/parley-chat/parley/internal/base/ident"
)

// budgets are budgets of one kind, by the keys of groups. Each is refilled evenly within a period, and may
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

// time returns how long it takes to refill n of the budget of g, rounded down so that the parts of a period's
// budget never take longer than the period.
func (b *budgets) time(g ident.Group, n float64) time.Duration {
	return time.Duration(n * float64(b.period) / b.limitOf(g))
}

// limitOf returns how much g may have in a period.
func (b *budgets) limitOf(g ident.Group) float64 { return b.limit * float64(g.Times) }

// The modest, who have spent less than a quarter of their own, are not shut out where a few have spent what many share:
// a room refuses them nothing, and an invite keeps its last quarter for them, and lets them hear and leave beyond that
// (see Limiter.pay). So a room needs to keep nothing for them, and the guests of an invite still have an end together.
const (
	keptForModest = 1.0 / 4
	modest        = 1.0 / 4
)

// charge spends n of the budget of each group of a caller if that leaves kept of it, as a part of its limit.
// Otherwise it spends nothing, and returns how long to wait, and for which group.
func (b *budgets) charge(of Caller, n float64, now time.Time, kept float64) (wait time.Duration, short ident.Group) {
	return b.chargeSome(of, of, n, now, kept)
}

// chargeSome charges some groups of a caller.
func (b *budgets) chargeSome(who, of Caller, n float64, now time.Time, kept float64) (wait time.Duration,
	short ident.Group) {
	if b == nil {
		return 0, short
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, group := range of {
		kept := kept
		if isInvite(group) && !b.isModest(who, now) {
			kept = max(kept, keptForModest)
		}
		more := b.get(group.Key, now).Refill(now) + b.time(group, n) - b.time(group, b.limitOf(group)*(1-kept))
		if more > wait {
			wait, short = more, group
		}
	}
	if wait == 0 {
		for _, group := range of {
			b.get(group.Key, now).Spend(b.time(group, n), now)
		}
	}
	return wait, short
}

// isModest reports whether a caller, and the seat for which it acts, are modest. b.mu is held.
func (b *budgets) isModest(of Caller, now time.Time) bool {
	return !slices.ContainsFunc(of, func(g ident.Group) bool {
		return g.Times == 1 && b.leftOf(g, now) < (1-modest)*b.limit
	})
}

// areModest is isModest for others than the methods of b.
func (b *budgets) areModest(of Caller, now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.isModest(of, now)
}

// reserve spends n of the budget of key, and returns how long it takes until that much would have been left.
func (b *budgets) reserve(key string, n float64, now time.Time) (wait time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	x := b.get(key, now)
	x.Spend(b.time(ident.Group{Times: 1}, n), now)
	return max(0, x.Refill(now)-b.period)
}

// spend spends n of the budget of each group, which may be more than is left, and returns how much of all of them was
// left. What many share is not overdrawn: it would stay closed for long after those that did it have gone. A negative n
// gives back what was spent.
func (b *budgets) spend(of Caller, n float64, now time.Time) (covered float64) {
	if b == nil {
		return n
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	covered = n
	for _, group := range of {
		left := b.leftOf(group, now)
		spent := n
		if group.Times > 1 {
			spent = min(n, covered, left)
		}
		b.get(group.Key, now).Spend(b.time(group, spent), now)
		covered = min(covered, left)
	}
	return covered
}

// left returns how much is left of the budget of g.
func (b *budgets) left(g ident.Group, now time.Time) float64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.leftOf(g, now)
}

// leftOf is left. b.mu is held.
func (b *budgets) leftOf(g ident.Group, now time.Time) float64 {
	return max(0, b.limitOf(g)*(1-float64(b.get(g.Key, now).Refill(now))/float64(b.period)))
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
