package password

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/ident"
)

// queue lets a few calls at once check passwords. The next turn goes to the caller that has had
// the fewest lately: a caller that guesses, or joins all the time, waits for the others. Half of
// the turns of its /56, and a quarter of those of its /48, count for it, if that is more (see
// ident.Groups). The caller of an agent in the room has a head start. Among equals the one that
// came first is first.
type queue struct {
	now func() time.Time

	mu      sync.Mutex
	free    int            // places
	had     map[string]int // turns of each group of callers since a time
	since   time.Time
	waiting []*waiter // in the order in which they came
}

const (
	lately    = time.Minute // for so long turns count
	headStart = 20          // so many turns of a known caller do not
)

type waiter struct {
	groups []ident.Group // of its caller
	known  bool          // as roomlog.Knows says
	turn   chan struct{}
}

// busy refuses a call that had no turn in its time.
func busy() error {
	return fault.RetryLater(fault.Unavailable, 5*time.Second, "More passwords are being given than this server can "+
		"check at once. Nothing was done: repeat the call in 5 seconds.")
}

// enter returns when the call has a turn, which ends with leave. Its error is that of ctx,
// or a *fault.Error if the time of ctx is over.
func (q *queue) enter(ctx context.Context, known bool) error {
	w := &waiter{groups: ident.Groups(ident.ClientKey(ctx)), known: known, turn: make(chan struct{})}
	q.mu.Lock()
	q.waiting = append(q.waiting, w)
	q.next()
	q.mu.Unlock()
	select {
	case <-w.turn:
		return nil
	case <-ctx.Done():
	}
	q.mu.Lock()
	i := slices.Index(q.waiting, w)
	if i >= 0 {
		q.waiting = slices.Delete(q.waiting, i, i+1)
	}
	q.mu.Unlock()
	if i < 0 { // it got its turn at the same moment
		q.leave()
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return busy()
	}
	return ctx.Err()
}

// leave ends a turn.
func (q *queue) leave() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.free++
	q.next()
}

// next gives a free place to one that waits. The caller of next holds mu.
func (q *queue) next() {
	if q.free == 0 || len(q.waiting) == 0 {
		return
	}
	if now := q.now(); q.had == nil || now.Sub(q.since) >= lately {
		q.had, q.since = map[string]int{}, now
	}
	w := slices.MinFunc(q.waiting, q.order) // the first of equals
	q.waiting = slices.DeleteFunc(q.waiting, func(x *waiter) bool { return x == w })
	for _, g := range w.groups {
		q.had[g.Key]++
	}
	q.free--
	close(w.turn)
}

func (q *queue) order(a, b *waiter) int { return q.counted(a) - q.counted(b) }

// counted returns how many turns the caller of w has had, less its head start.
func (q *queue) counted(w *waiter) int {
	n := 0
	for _, g := range w.groups {
		n = max(n, q.had[g.Key]/int(g.Times))
	}
	if w.known {
		n -= headStart
	}
	return n
}
