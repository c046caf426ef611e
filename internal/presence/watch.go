package presence

import (
	"context"
	"time"

	"github.com/parley-chat/parley/internal/room"
	"github.com/parley-chat/parley/internal/roomlog"
)

// Watch starts what a waiting agent needs: polling, if other processes write, and
// in a paired room the sweeping of ended leases. Both end with the last wait.
func (r *Room) Watch() {
	r.mu.Lock()
	defer r.mu.Unlock()
	polls, sweeps := !r.o.SingleProcess, r.log.Known().Paired
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
func (r *Room) poll(ctx context.Context) {
	for {
		age := r.now().Sub(time.UnixMilli(r.log.Known().HeadMs))
		if r.o.Store.Sleep(ctx, roomlog.PollEvery(age)) != nil {
			return
		}
		if err := r.log.Poll(ctx); err != nil && ctx.Err() == nil {
			r.o.Logger.Warn("a room could not be polled", "error", err)
		}
	}
}

// sweepLeast is the shortest time between two sweeps.
const sweepLeast = time.Second

// sweepLeases frees the seats of silent agents until ctx ends, so that their
// partners see them leave: nobody else may ever join a paired room and take such a
// seat over. It reads at most once per lease, since a lease only grows.
func (r *Room) sweepLeases(ctx context.Context) {
	for {
		r.mu.Lock()
		rest := r.sweepAt.Sub(r.now())
		r.mu.Unlock()
		if r.o.Store.Sleep(ctx, rest) != nil {
			return
		}
		next, err := r.sweep(ctx)
		if err != nil && ctx.Err() == nil {
			r.o.Logger.Warn("leases could not be swept", "error", err)
		}
		r.mu.Lock()
		r.sweepAt = room.Latest(next, r.now().Add(sweepLeast))
		r.mu.Unlock()
	}
}
