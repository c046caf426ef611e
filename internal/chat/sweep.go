package chat

import (
	"context"
	"time"

	"github.com/parley-chat/parley/internal/room"
	"github.com/parley-chat/parley/internal/roomlog"
	"github.com/parley-chat/parley/internal/table"
)

// sweep frees one seat whose lease has ended, if there is one, and returns when
// another lease may end.
func (r *liveRoom) sweep(ctx context.Context) (next time.Time, err error) {
	began := r.svc.now()
	presence, err := r.signsOfLife(ctx, room.PairLease)
	if err != nil {
		return next, err
	}
	claim := &seatRequest{Claim: room.Claim{Presence: presence}}
	h := r.log.Known()
	next = began.Add(room.PairLease) // of an agent that joins now
	for _, a := range h.Agents {
		next = room.Earliest(next, claim.Expiry(h, a))
	}
	if next.After(began) {
		return next, nil
	}
	return began, r.log.Append(ctx, &roomlog.Proposal{Propose: claim.DismissOne, Blocked: claim.Blocked, Began: began})
}

// signsOfLife returns the presence of every seat, and lets the head know who spoke in
// the time of a lease.
func (r *liveRoom) signsOfLife(ctx context.Context, lease time.Duration) (map[int]room.Presence, error) {
	since := r.svc.now().Add(-lease)
	presence, _, err := r.agents.Presence(ctx, table.Strong)
	if err != nil {
		return nil, err
	}
	return presence, r.log.Recall(ctx, since)
}
