package presence

import (
	"context"
	"time"

	"github.com/parley-chat/parley/internal/core/room"
)

// The person behind an agent reads and waits beside the agent. Waits of the person keep the room polled. They take
// no turn, and do not show that the agent is present. Calls and waits of a person without an agent are the presence
// of the seat.

const (
	// watchEvery is how often a person's watching is written: a page waits in turns of 25 s, and each write costs a
	// unit.
	watchEvery = time.Minute
	// watchShown is how long others see that a person watches after each such write.
	watchShown = watchEvery + 30*time.Second
)

// keepsLease reports whether the call shows that the seat is now in use: see room.Caller.KeepsLease.
func (r Recorder) keepsLease() bool {
	agent, _ := r.attendees.log.Peek().Seated(r.caller.Seat)
	return room.Caller{Agent: agent, Device: r.caller.Device}.KeepsLease()
}

// recordWatch records that the person behind the seat watches, if call waits: others see a person with an agent only
// while it waits. It returns when to do so again.
func (r Recorder) recordWatch(ctx context.Context, call Call) (due time.Time) {
	now := r.attendees.now()
	if call.Until.IsZero() {
		return now.Add(r.attendees.renewEvery())
	}
	return now.Add(r.storeWatch(ctx))
}

// storeWatch writes that the person behind the seat watches, unless the process did so less than watchEvery ago.
// It returns when to do so again. It logs a failure.
func (r Recorder) storeWatch(ctx context.Context) (again time.Duration) {
	attendees, seat := r.attendees, r.caller.Seat
	now := attendees.now()
	again = r.cacheWatch(now)
	if again > 0 {
		return again
	}
	bounded, cancel := attendees.withTableTimeout(ctx)
	defer cancel()
	err := attendees.log.Items().SetPerson(bounded, seat, now.Add(watchShown))
	if err == nil {
		return watchEvery
	}
	l := attendees.lock()
	l.cachedSeat(seat).watchedAt = time.Time{}
	l.unlock()
	if ctx.Err() == nil {
		attendees.o.Logger.WarnContext(ctx, "that a person watches was not written", "error", err)
	}
	return rewriteAfter
}

// cacheWatch caches that the watching of the person is written now. If that was so less than watchEvery ago, it
// changes nothing, and returns until when the last write is enough.
func (r Recorder) cacheWatch(now time.Time) (again time.Duration) {
	l := r.attendees.lock()
	defer l.unlock()
	cache := l.cachedSeat(r.caller.Seat)
	if age := now.Sub(cache.watchedAt); age < watchEvery {
		return watchEvery - age
	}
	cache.watchedAt = now
	return 0
}
