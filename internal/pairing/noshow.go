package pairing

import (
	"context"
	"time"

	"github.com/parley-chat/parley/internal/room"
	"github.com/parley-chat/parley/internal/table"
)

// A partner whose client has left never uses its token, and so loses its seat. The other
// then comes back with its ticket, which has ended, and gets the one that follows it: in
// the same place, and the same for all calls with the old one.

// maxNoShows is how many partners that never came an agent may have before it loses its
// place.
const maxNoShows = 10

// ended returns how the ticket ended; nil if it has not. After a partner that never came
// the caller's ticket becomes the one that follows it.
func (op *queueOp) ended(ctx context.Context) (*matchItem, error) {
	for !op.fresh {
		m, err := op.outcome(ctx, table.Strong)
		if m == nil || err != nil {
			return nil, err
		}
		missed, err := op.missed(ctx, m)
		if err != nil {
			return nil, err
		}
		if !missed {
			return m, nil
		}
		m.Owner.NoShows++
		op.owner, op.ticket = &m.Owner, op.ticket.next()
	}
	return nil, nil
}

// missed reports whether the partner of m never came, and the caller may have another: it
// lost its seat sooner than anyone does that has used its token. See
// room.Settings.LeaseEnd.
func (op *queueOp) missed(ctx context.Context, m *matchItem) (bool, error) {
	met := time.UnixMilli(m.AtMs)
	if m.Left || m.Owner.NoShows >= maxNoShows || op.svc.clock.Now().Before(met.Add(room.UnusedLease/2)) { // by any clock
		return false, nil
	}
	l := op.svc.store.Acquire(m.Room)
	defer l.Release()
	gone, err := l.Seats().WhyGone(ctx, 3-m.Seat)
	return gone.Reason == room.ReasonTimeout && time.UnixMilli(gone.AtMs).Before(met.Add(room.PairLease)), err
}
