package presence

import (
	"context"
	"time"

	"github.com/parley-chat/parley/internal/core/room"
)

// undisturbedAfterWait is how long an agent whose wait has just ended is left alone: it is at work on
// what came, and nobody has told yet that it was read.
const undisturbedAfterWait = 10 * time.Second

// AnnounceStandby announces that a program is on standby for the caller, for longer than until its next
// look. So a program that only looks in writes that once in room.AnnounceAgain, or after a call
// of the agent itself. It returns true, and announces nothing, if the agent itself waits.
func (s SeatPresence) AnnounceStandby(ctx context.Context, forMe bool) (own bool) {
	r, seat := s.room, s.caller.Seat
	r.mu.Lock()
	r.cachedSeat(seat).presence.WakesMs = r.now().UnixMilli()
	open := r.waits[seat]
	r.mu.Unlock()
	if open != nil && !open.Standby && !open.Looks {
		return true
	}
	stored, err := s.readPresence(ctx)
	if err != nil {
		return false // the next look announces it
	}
	r.mu.Lock()
	l, now := &r.cachedSeat(seat).lease, r.now()
	l.replaceByStored(stored)
	d, p := l.decideStandby(s.head, s.caller.Agent, now, forMe), l.presence
	if !d.mustWrite() {
		r.mu.Unlock()
		return d == agentWaits
	}
	p.AtMs, p.OwnMs = now.UnixMilli(), max(p.OwnMs, s.caller.AtMs)
	p.Used, p.Standby, p.ForMe, p.WakesMs = true, true, forMe, now.UnixMilli()
	p.UntilMs, p.Head = now.Add(room.AnnounceWait).UnixMilli(), s.head.AsOf
	l.recordWrite(p, now)
	r.mu.Unlock()
	s.writePresence(ctx, p)
	return false
}
