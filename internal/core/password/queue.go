package password

import (
	"context"
	"errors"
	"time"

	"github.com/parley-chat/parley/internal/base/fairqueue"
	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
)

// queue lets a few calls at once check passwords. The next turn goes to the caller with the fewest turns lately: a
// caller that guesses, or joins all the time, waits for the others. Half of the turns of the caller's /56, or a quarter
// of the turns of its /48, count instead, if that is more (see ident.Groups). The caller of an agent in the room has a
// head start. Among equals, the first to come is first.
type queue struct {
	turns *fairqueue.Turns[*caller]
	now   func() time.Time

	// The functions order and count of turns use these fields, one call at a time.
	had   ident.Counts // turns since a time
	since time.Time
}

const (
	lately    = time.Minute // how long turns count
	headStart = 20          // how many turns of a known caller do not count
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

// busy refuses a call that had no turn in time.
func busy() error {
	return fault.RetryLater(fault.Unavailable, 5*time.Second, "This server has more passwords to check than it can "+
		"at once. Nothing was done: repeat the call in 5 seconds.")
}

// enter returns when the call has a turn. leave ends the turn. The error is the error of ctx, or a *fault.Error if the
// time of ctx is over.
func (q *queue) enter(ctx context.Context, known bool) (leave func(), err error) {
	leave, err = q.turns.Enter(ctx, "", &caller{ident.Groups(ident.ClientKey(ctx)), known})
	if errors.Is(err, context.DeadlineExceeded) {
		return nil, busy()
	}
	return leave, err
}

// count counts a turn of c.
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
