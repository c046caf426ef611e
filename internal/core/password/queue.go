package password

import (
	"context"
	"errors"
	"time"

	"github.com/parley-chat/parley/internal/base/fairqueue"
	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
)

// queue lets a few calls at once check passwords. The next turn goes to the caller that has had
// the fewest lately: a caller that guesses, or joins all the time, waits for the others. Half of
// the turns of its /56, and a quarter of those of its /48, count for it, if that is more (see
// ident.Groups). The caller of an agent in the room has a head start. Among equals the one that
// came first is first.
type queue struct {
	turns *fairqueue.Turns[*caller]
	now   func() time.Time

	// Order and count of the turns use these, one at a time.
	had   ident.Counts // turns since a time
	since time.Time
}

const (
	lately    = time.Minute // for so long turns count
	headStart = 20          // so many turns of a known caller do not
)

type caller struct {
	groups []ident.Group
	known  bool // as roomlog.Knows says
}

func newQueue(places int, now func() time.Time) *queue {
	q := &queue{now: now}
	q.turns = fairqueue.New(places, places, q.order, q.count)
	return q
}

// busy refuses a call that had no turn in its time.
func busy() error {
	return fault.RetryLater(fault.Unavailable, 5*time.Second, "This server has more passwords to check than it can "+
		"at once. Nothing was done: repeat the call in 5 seconds.")
}

// enter returns when the call has a turn, which ends with leave. Its error is that of ctx,
// or a *fault.Error if the time of ctx is over.
func (q *queue) enter(ctx context.Context, known bool) (leave func(), err error) {
	leave, err = q.turns.Enter(ctx, "", &caller{ident.Groups(ident.ClientKey(ctx)), known})
	if errors.Is(err, context.DeadlineExceeded) {
		return nil, busy()
	}
	return leave, err
}

// count notes a turn of c.
func (q *queue) count(c *caller) {
	if now := q.now(); q.since.IsZero() || now.Sub(q.since) >= lately {
		q.had, q.since = ident.Counts{}, now
	}
	q.had.Add(c.groups, 1)
}

func (q *queue) order(a, b *fairqueue.Call[*caller]) int {
	return q.counted(a.Caller) - q.counted(b.Caller)
}

// counted returns how many turns c has had, less its head start.
func (q *queue) counted(c *caller) int {
	n := int(q.had.Share(c.groups))
	if c.known {
		n -= headStart
	}
	return n
}
