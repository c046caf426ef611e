package chat

import (
	"context"
	"time"

	"github.com/parley-chat/parley/internal/room"
	"github.com/parley-chat/parley/internal/roomlog"
)

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
		if r.svc.store.Sleep(ctx, rest) != nil {
			return
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
	presence, err := r.signsOfLife(ctx, room.PairLease)
	if err != nil {
		return next, err
	}
	claim := &seatClaim{Claim: room.Claim{Presence: presence}}
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
