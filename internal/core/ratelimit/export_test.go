package ratelimit

// CallerOf returns the caller of a context.
var CallerOf = callerOf

const (
	MostKeys  = mostKeys
	FetchStep = fetchStep
)

// Callers returns how many callers have a budget in memory.
func (l *Limiter) Callers() int { return len(l.callers.of) }

// Spent returns what a caller has spent of its budget in units, less what it has back.
func (l *Limiter) Spent(caller string) float64 { return l.callers.spent(caller, l) }

// SpentIn is Spent for a room.
func (l *Limiter) SpentIn(id string) float64 { return roomTimes * l.callers.spent(roomOf(id).Key, l) }

func (b *budgets) spent(key string, l *Limiter) float64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := l.clock.Now()
	return float64(b.get(key, now).Refill(now)) / float64(b.period) * b.limit
}
