package presence

import (
	"context"
	"time"

	"github.com/parley-chat/parley/internal/core/room"
)

// The person behind an agent reads and waits beside the agent. Waits of the person keep the room polled, take no turn,
// and do not show that the agent is present. Those of a person without an agent are the presence of the seat.

const (
	// watchEvery is how often a person's watching is written: a page waits in turns of 25 s, and each write costs.
	watchEvery = time.Minute
	// watchShown is how long others see that a person watches after each such write.
	watchShown = watchEvery + 30*time.Second
)

// keepsLease reports whether the call shows that the seat is now in use: see room.Caller.KeepsLease.
func (r Recorder) keepsLease() bool {
	agent, _ := r.attendees.log.Peek().Seated(r.caller.Seat)
	return room.Caller{Agent: agent, Device: r.caller.Device}.KeepsLease()
}

// recordWatch records that the person behind the seat watches, if call waits: others see the person only while it
// waits. It returns when to do so again.
func (r Recorder) recordWatch(ctx context.Context, call Call) (due time.Time) {
	now := r.attendees.now()
	if call.Until.IsZero() {
		return now.Add(r.attendees.renewEvery())
	}
	return now.Add(r.storeWatch(ctx))
}

// storeWatch writes once in watchEvery that the person behind the seat watches. It returns when to do so again.
func (r Recorder) storeWatch(ctx context.Context) (again time.Duration) {
	now := r.attendees.now()
	if again := r.cacheWatch(now); again > 0 {
		return again
	}
	bounded, cancel := r.attendees.withTableTimeout(ctx)
	defer cancel()
	err := r.attendees.log.Items().SetPerson(bounded, r.caller.Seat, now.Add(watchShown))
	if err == nil {
		return watchEvery
	}
	l, cache := r.lockCache()
	cache.watchedAt = time.Time{}
	l.unlock()
	if ctx.Err() == nil {
		r.attendees.o.Logger.WarnContext(ctx, "that a person watches was not written", "error", err)
	}
	return rewriteAfter
}

// cacheWatch caches that the watching is written now or, if the last write is enough, returns for how long.
func (r Recorder) cacheWatch(now time.Time) (again time.Duration) {
	l, cache := r.lockCache()
	defer l.unlock()
	if age := now.Sub(cache.watchedAt); age < watchEvery {
		return watchEvery - age
	}
	cache.watchedAt = now
	return 0
}
