package chat

import (
	"context"
	"time"

	"github.com/parley-chat/parley/internal/room"
	"github.com/parley-chat/parley/internal/roomlog"
	"github.com/parley-chat/parley/internal/table"
)

// How often the tail of a log is read while agents wait here and other processes
// may append. Each read costs half a read unit.
const (
	pollLively = 100 * time.Millisecond // the last event is less than a minute old
	pollCalm   = 250 * time.Millisecond // less than ten minutes
	pollQuiet  = time.Second
)

func pollEvery(age time.Duration) time.Duration {
	switch {
	case age < time.Minute:
		return pollLively
	case age < 10*time.Minute:
		return pollCalm
	}
	return pollQuiet
}

// watch starts what a waiting agent needs: polling, if other processes write, and
// in a paired room the sweeping of ended leases. Both end with the last wait.
func (r *liveRoom) watch() {
	r.mu.Lock()
	defer r.mu.Unlock()
	polls, sweeps := !r.svc.opts.SingleProcess, r.log.Known().Paired
	if r.stop != nil || !polls && !sweeps {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	r.stop = cancel
	if polls {
		go r.poll(ctx)
	}
	if sweeps {
		go r.sweepLeases(ctx)
	}
}

// poll reads the tail until ctx ends. There is one poller for each room and
// process. The calls that wait hold the room.
func (r *liveRoom) poll(ctx context.Context) {
	for {
		age := r.svc.now().Sub(time.UnixMilli(r.log.Known().HeadMs))
		timer := r.svc.clock.NewTimer(pollEvery(age))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.Chan():
		}
		if err := r.log.Poll(ctx); err != nil && ctx.Err() == nil {
			r.svc.log.Warn("a room could not be polled", "error", err)
		}
	}
}

// sweepLeast is the shortest time between two sweeps.
const sweepLeast = time.Second

// sweepLeases frees the seats of silent agents until ctx ends, so that their
// partners see them leave: nobody else may ever join a paired room and take such a
// seat over. It reads at most once per lease, since a lease only grows.
func (r *liveRoom) sweepLeases(ctx context.Context) {
	for {
		r.mu.Lock()
		rest := r.sweepAt.Sub(r.svc.now())
		r.mu.Unlock()
		timer := r.svc.clock.NewTimer(max(rest, 0))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.Chan():
		}
		next, err := r.sweep(ctx)
		if err != nil && ctx.Err() == nil {
			r.svc.log.Warn("leases could not be swept", "error", err)
		}
		r.mu.Lock()
		r.sweepAt = room.Latest(next, r.svc.now().Add(sweepLeast))
		r.mu.Unlock()
	}
}

// sweep frees one seat whose lease has ended, if there is one, and returns when
// another lease may end.
func (r *liveRoom) sweep(ctx context.Context) (next time.Time, err error) {
	began := r.svc.now()
	presence, err := r.presence(ctx, table.Strong)
	if err != nil {
		return next, err
	}
	if err := r.log.Recall(ctx, began.Add(-room.PairLease)); err != nil {
		return next, err
	}
	claim := &seatClaim{Claim: room.Claim{Presence: presence}, live: r}
	h := r.log.Known()
	next = began.Add(room.PairLease) // of an agent that joins now
	for _, a := range h.Agents {
		next = room.Earliest(next, claim.Expiry(h, a))
	}
	if next.After(began) {
		return next, nil
	}
	return began, r.log.Append(ctx, &roomlog.Proposal{Propose: claim.dismiss, Blocked: claim.blocked, Began: began})
}
