package presence

import (
	"context"
	"time"

	"github.com/parley-chat/parley/internal/core/roomlog"
)

// BeginPolling begins to read what other processes write, until the last wait ends.
func (a *Attendees) BeginPolling() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.endPolling != nil || a.o.SingleProcess {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	a.endPolling = cancel
	go a.poll(ctx)
}

// poll reads the tail until ctx ends. Each process has one poller for a room. The calls that wait keep the room in
// memory. While the table does not answer, waits go on, to survive a short outage.
func (a *Attendees) poll(ctx context.Context) {
	for {
		age := a.now().Sub(time.UnixMilli(a.log.Peek().HeadMs))
		if a.o.Store.Sleep(ctx, roomlog.PollEvery(age)) != nil {
			return
		}
		if err := a.log.Poll(ctx); err != nil && ctx.Err() == nil {
			a.o.Logger.Warn("a room could not be polled", "error", err)
		}
	}
}

// endPollingIfIdle ends the polling if nobody waits. Attendees.mu is held.
func (a *Attendees) endPollingIfIdle() {
	if len(a.waits) == 0 && len(a.watches) == 0 && a.endPolling != nil {
		a.endPolling()
		a.endPolling = nil
	}
}
