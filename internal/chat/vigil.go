package chat

import (
	"context"
	"time"

	"github.com/parley-chat/parley/internal/table"
)

// vigilLeast is the shortest time between two looks at who has gone silent.
const vigilLeast = time.Second

// vigil gives up the seat of a silent agent, so that a partner who waits for it is
// told: in a room that the queue has made nobody may ever come to take it over. It
// keeps on until ctx ends, in each process where somebody waits in the room; and it
// reads no more than once in a lease, for a lease only grows.
func (r *liveRoom) vigil(ctx context.Context) {
	for {
		r.mu.Lock()
		rest := r.vigilAt.Sub(r.svc.now())
		r.mu.Unlock()
		timer := r.svc.clock.NewTimer(max(rest, 0))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.Chan():
		}
		next, err := r.dismiss(ctx)
		if err != nil && ctx.Err() == nil {
			r.svc.log.Warn("who has gone silent could not be found out", "error", err)
		}
		r.mu.Lock()
		r.vigilAt = latest(next, r.svc.now().Add(vigilLeast))
		r.mu.Unlock()
	}
}

// dismiss gives up the seat of an agent whose lease is over, if there is one. It
// returns when there may be another.
func (r *liveRoom) dismiss(ctx context.Context) (next time.Time, err error) {
	began := r.svc.now()
	seen, err := r.presence(ctx, table.Strong)
	if err != nil {
		return next, err
	}
	if err := r.recall(ctx, began.Add(-pairLease)); err != nil {
		return next, err
	}
	a := &arrival{room: r, seen: seen}
	f := r.known()
	next = began.Add(pairLease) // of whoever comes
	for _, x := range f.agents {
		next = earliest(next, a.dismissible(f, x))
	}
	if next.After(began) {
		return next, nil
	}
	return began, r.append(ctx, &proposal{propose: a.dismiss, blocked: a.blocked, began: began})
}

// dismissible is when the lease of x is over, for the table too.
func (a *arrival) dismissible(f *fold, x agent) time.Time {
	end, _ := a.leaseEnd(f, x)
	return ceilSecond(end)
}

// dismiss is the change that gives up the seat of an agent whose lease is over. If
// its owner comes back meanwhile, its presence is in the way.
func (a *arrival) dismiss(f *fold, now time.Time) (change, error) {
	if f.closed || f.dead(now) {
		return change{}, nil
	}
	for _, x := range f.agents {
		if a.dismissible(f, x).After(now) {
			continue
		}
		gone := event{Type: left, Seat: x.Seat, Name: x.Name, Reason: ReasonTimeout, Promoted: f.successor(x.Seat)}
		return change{events: []event{gone}, ops: vacate(f.id, gone, now)}, nil
	}
	return change{}, nil
}
