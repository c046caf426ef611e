package chat

import (
	"context"
	"time"

	"github.com/parley-chat/parley/internal/roomlog"
)

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
		if r.svc.store.Sleep(ctx, roomlog.PollEvery(age)) != nil {
			return
		}
		if err := r.log.Poll(ctx); err != nil && ctx.Err() == nil {
			r.svc.log.Warn("a room could not be polled", "error", err)
		}
	}
}
