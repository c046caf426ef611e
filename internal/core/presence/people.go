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
	a, _ := s.attendees.log.Peek().Seated(s.caller.Seat)
	return room.Caller{Agent: a, Device: s.caller.Device}.KeepsLease()
}

// isOpen reports whether the caller's wait w has neither ended nor been superseded. Attendees.mu is held.
func (s Recorder) isOpen(w *Wait) bool {
	if s.caller.IsPerson() {
		return slices.Contains(s.attendees.watches[s.caller.Seat], w)
	}
	return s.attendees.waits[s.caller.Seat] == w
}

// addOpenWait returns p, the presence that a call brings, with the other open wait of the seat. A person without an
// agent may have several waits: the last end counts. Attendees.mu is held.
func (s Recorder) addOpenWait(p, known room.Presence) room.Presence {
	r, seat := s.attendees, s.caller.Seat
	switch _, open := r.waits[seat]; {
	case len(r.watches[seat]) > 0 && s.caller.IsPersonOnly():
		p.UntilMs, p.Head = max(p.UntilMs, known.UntilMs), max(p.Head, known.Head)
	case open && p.UntilMs == 0:
		p.UntilMs, p.Head, p.Standby, p.ForMe = known.UntilMs, known.Head, known.Standby, known.ForMe
	}
	return p
}

// recordWatch writes that the person behind the seat watches, unless the process did so less than watchEvery ago.
// It returns when to do so again. It logs a failure.
func (s Recorder) recordWatch(ctx context.Context) (again time.Duration) {
	r, seat := s.attendees, s.caller.Seat
	now := r.now()
	r.mu.Lock()
	m := r.cachedSeat(seat)
	if age := now.Sub(m.watchedAt); age < watchEvery {
		r.mu.Unlock()
		return watchEvery - age
	}
	m.watchedAt = now
	r.mu.Unlock()
	bounded, cancel := r.withTableTimeout(ctx)
	defer cancel()
	err := r.log.Seats().SetPerson(bounded, seat, now.Add(watchShown))
	if err == nil {
		return watchEvery
	}
	r.mu.Lock()
	r.cachedSeat(seat).watchedAt = time.Time{}
	r.mu.Unlock()
	if ctx.Err() == nil {
		r.o.Logger.WarnContext(ctx, "that a person watches was not written", "error", err)
	}
	return rewriteAfter
}
