package presence

import (
	"context"
	"time"

	"github.com/parley-chat/parley/internal/core/roomlog"
)

// BeginPolling begins to read what other processes write, until the last wait ends.
func (r *Attendees) BeginPolling() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.endPolling != nil || r.o.SingleProcess {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	r.endPolling = cancel
	go r.poll(ctx)
}

// poll reads the tail until ctx ends. Each process has one poller for a room. The calls that wait keep the room in
// memory. While the table does not answer, waits go on, to survive a short outage.
func (r *Attendees) poll(ctx context.Context) {
	for {
		age := r.now().Sub(time.UnixMilli(r.log.Peek().HeadMs))
		if r.o.Store.Sleep(ctx, roomlog.PollEvery(age)) != nil {
			return
		}
		if err := r.log.Poll(ctx); err != nil && ctx.Err() == nil {
			r.o.Logger.Warn("a room could not be polled", "error", err)
		}
	}
}

// endPollingIfIdle ends the polling if nobody waits. r.mu is held.
func (r *Attendees) endPollingIfIdle() {
	if len(r.waits) == 0 && len(r.watches) == 0 && r.endPolling != nil {
		r.endPolling()
		r.endPolling = nil
	}
}
