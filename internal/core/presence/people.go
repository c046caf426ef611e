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

// waitsHere is which waits of a seat are open in this process.
type waitsHere struct {
	agent  bool // a wait of the agent, or of a program in its place
	person bool // waits of a person without an agent
}

// waitsHere returns which waits of the seat of caller are open here.
func (l locked) waitsHere(caller *room.Caller) waitsHere {
	_, agent := l.waits[caller.Seat]
	return waitsHere{agent, len(l.watches[caller.Seat]) > 0 && caller.IsPersonOnly()}
}

// addTo returns presence, which a call brings, with the open wait that known has. A person without an agent may have
// several waits: the last end counts.
func (open waitsHere) addTo(presence, known room.Presence) room.Presence {
	switch {
	case open.person:
		presence.UntilMs = max(presence.UntilMs, known.UntilMs)
		presence.WaitFrom = max(presence.WaitFrom, known.WaitFrom)
	case open.agent && presence.UntilMs == 0:
		presence.UntilMs, presence.WaitFrom = known.UntilMs, known.WaitFrom
		presence.Standby, presence.ForMe = known.Standby, known.ForMe
	}
	return presence
}

// recordWatch records that the person behind the seat watches, if call waits: others see a person with an agent only
// while it waits. It returns when to do so again.
func (s Recorder) recordWatch(ctx context.Context, call Call) (due time.Time) {
	now := s.attendees.now()
	if call.Until.IsZero() {
		return now.Add(s.attendees.RenewEvery())
	}
	return now.Add(s.storeWatch(ctx))
}

// storeWatch writes that the person behind the seat watches, unless the process did so less than watchEvery ago.
// It returns when to do so again. It logs a failure.
func (s Recorder) storeWatch(ctx context.Context) (again time.Duration) {
	attendees, seat := s.attendees, s.caller.Seat
	now := attendees.now()
	again = s.cacheWatch(now)
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
func (s Recorder) cacheWatch(now time.Time) (again time.Duration) {
	l := s.attendees.lock()
	defer l.unlock()
	cache := l.cachedSeat(s.caller.Seat)
	if age := now.Sub(cache.watchedAt); age < watchEvery {
		return watchEvery - age
	}
	cache.watchedAt = now
	return 0
}
