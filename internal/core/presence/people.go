package presence

import (
	"context"
	"slices"
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
func (s Recorder) keepsLease() bool {
	agent, _ := s.attendees.log.Peek().Seated(s.caller.Seat)
	return room.Caller{Agent: agent, Device: s.caller.Device}.KeepsLease()
}

// isOpen reports whether wait, a wait of caller, has neither ended nor been superseded.
func (l locked) isOpen(caller *room.Caller, wait *Wait) bool {
	if caller.IsPerson() {
		return slices.Contains(l.watches[caller.Seat], wait)
	}
	return l.waits[caller.Seat] == wait
}

// addOpenWait returns presence, the presence that a call of caller brings, with the other open wait of the seat. A
// person without an agent may have several waits: the last end counts.
func (l locked) addOpenWait(caller *room.Caller, presence, known room.Presence) room.Presence {
	switch _, open := l.waits[caller.Seat]; {
	case len(l.watches[caller.Seat]) > 0 && caller.IsPersonOnly():
		presence.UntilMs = max(presence.UntilMs, known.UntilMs)
		presence.WaitFrom = max(presence.WaitFrom, known.WaitFrom)
	case open && presence.UntilMs == 0:
		presence.UntilMs, presence.WaitFrom = known.UntilMs, known.WaitFrom
		presence.Standby, presence.ForMe = known.Standby, known.ForMe
	}
	return presence
}

// recordWatch writes that the person behind the seat watches, unless the process did so less than watchEvery ago.
// It returns when to do so again. It logs a failure.
func (s Recorder) recordWatch(ctx context.Context) (again time.Duration) {
	attendees, seat := s.attendees, s.caller.Seat
	now := attendees.now()
	again = s.claimWatch(now)
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

// claimWatch records that the watching of the person is written now. If that was so less than watchEvery ago, it
// changes nothing, and returns until when the last write is enough.
func (s Recorder) claimWatch(now time.Time) (again time.Duration) {
	l := s.attendees.lock()
	defer l.unlock()
	cache := l.cachedSeat(s.caller.Seat)
	if age := now.Sub(cache.watchedAt); age < watchEvery {
		return watchEvery - age
	}
	cache.watchedAt = now
	return 0
}
