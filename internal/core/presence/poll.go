package presence

import (
	"context"
	"time"

	"github.com/parley-chat/parley/internal/core/roomlog"
)

// BeginPolling begins to read what other processes write, until the last wait ends.
func (a *Attendees) BeginPolling() {
	l := a.lock()
	defer l.unlock()
	if l.endPolling != nil || a.o.SingleProcess {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	l.endPolling = cancel
	go a.poll(ctx)
}

// poll reads the tail until ctx ends. The calls that wait keep the room in memory. They go on while the table does not
// answer, to survive a short outage.
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

// endPollingIfIdle ends the polling if nobody waits.
func (l locked) endPollingIfIdle() {
	if len(l.waits) == 0 && len(l.watches) == 0 && l.endPolling != nil {
		l.endPolling()
		l.endPolling = nil
	}
}
