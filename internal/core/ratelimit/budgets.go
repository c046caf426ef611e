package ratelimit

import (
	"slices"
	"sync"
	"time"

	"github.com/parley-chat/parley/internal/base/ident"
)

// budgets are budgets of one kind, by the keys of groups. Each budget is refilled evenly within a period, and may be
// spent at once. nil means no limit, and counts nothing.
type budgets struct {
	limit  float64 // per period
	period time.Duration

	mu sync.Mutex
	of map[string]*Budget
}

// Budget is how much of a limit was spent. As in the generic cell rate algorithm, the amount is kept as the time to
// refill it. Unlike a rate.Limiter, a Budget can be overdrawn, by the cost of a call. The zero value is full.
type Budget struct {
	full time.Time // when the budget is refilled: the later, the more was spent
}

// Refill returns how long it takes until b is full.
func (b *Budget) Refill(now time.Time) time.Duration { return max(0, b.full.Sub(now)) }

// Spend spends as much as is refilled in t. A negative t gives back.
func (b *Budget) Spend(t time.Duration, now time.Time) { b.full = now.Add(b.Refill(now) + t) }

// mostKeys limits the budgets in memory: an attacker has any number of addresses. Beyond the limit, a full budget is
// forgotten, or any.
const mostKeys = 20_000

// perMinute returns budgets with a limit a minute; nil for no limit.
func perMinute(limit int) *budgets { return within(time.Minute, int64(limit)) }

// within returns budgets with a limit in a period; nil for no limit.
func within(period time.Duration, limit int64) *budgets {
	if limit <= 0 {
		return nil
	}
	return &budgets{limit: float64(limit), period: period, of: map[string]*Budget{}}
}

// time returns how long it takes to refill n of the budget of g, rounded down so that the parts of a period's budget
// never take longer than the period.
func (b *budgets) time(g ident.Group, n float64) time.Duration {
	return time.Duration(n * float64(b.period) / b.limitOf(g))
}

// limitOf returns how much g may have in a period.
func (b *budgets) limitOf(g ident.Group) float64 { return b.limit * float64(g.Times) }

// Modest callers, which have spent less than a quarter of their own budget, are not shut out when a few callers have
// spent a shared budget. A room refuses modest callers nothing. An invite keeps the last quarter for modest callers,
// and lets modest callers hear and leave even beyond (see Limiter.pay). So a room needs to keep nothing, and the guests
// of an invite still have a common limit.
const (
	keptForModest = 1.0 / 4
	modest        = 1.0 / 4
)

// charge spends n of the budget of each group of a caller if kept of each budget is left then, as a part of its limit.
// Otherwise charge spends nothing, and returns how long to wait, and for which group.
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

// isModest reports whether a caller and its seat are modest. The caller holds b.mu.
func (b *budgets) isModest(of Caller, now time.Time) bool {
	return !slices.ContainsFunc(of, func(g ident.Group) bool {
		return g.Times == 1 && b.leftOf(g, now) < (1-modest)*b.limit
	})
}

// areModest is isModest for callers that do not hold b.mu.
func (b *budgets) areModest(of Caller, now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.isModest(of, now)
}

// reserve spends n of the budget of key, and returns how long it takes until n would have been left.
func (b *budgets) reserve(key string, n float64, now time.Time) (wait time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	x := b.get(key, now)
	x.Spend(b.time(ident.Group{Times: 1}, n), now)
	return max(0, x.Refill(now)-b.period)
}

// spend spends n of the budget of each group, perhaps more than is left, and returns how much all groups had left of n.
// A shared budget is not overdrawn: it would stay spent for long after the spenders have gone. A negative n gives back.
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

// leftOf is left. The caller holds b.mu.
func (b *budgets) leftOf(g ident.Group, now time.Time) float64 {
	return max(0, b.limitOf(g)*(1-float64(b.get(g.Key, now).Refill(now))/float64(b.period)))
}

// get returns the budget of key. The caller holds b.mu.
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

// triesToForget limits the search for a full budget.
const triesToForget = 8

// forget drops a budget, if possible a full budget. The caller holds b.mu.
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
