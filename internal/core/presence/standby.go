package presence

import (
	"context"
	"time"

	"github.com/parley-chat/parley/internal/core/room"
)

// undisturbedAfterWait is how long no program is announced for an agent whose wait has just ended: the agent is at
// work on the result of the wait, and has acknowledged nothing yet.
const undisturbedAfterWait = 10 * time.Second

// AnnounceStandby announces that a program is on standby for the caller. The announcement lasts beyond the program's
// next look-in, so a program that only looks in writes once in room.AnnounceAgain, or after a call of the agent
// itself. If the agent itself waits, AnnounceStandby announces nothing and returns true.
func (s Recorder) AnnounceStandby(ctx context.Context, forMe bool) (own bool) {
	r, seat := s.attendees, s.caller.Seat
	r.mu.Lock()
	r.cachedSeat(seat).presence.latest.WakesMs = r.now().UnixMilli()
	open := r.waits[seat]
	r.mu.Unlock()
	if open != nil && !open.Standby && !open.Looks {
		return true
	}
	stored, err := s.readPresence(ctx)
	if err != nil {
		return false // the next look-in announces the program
	}
	r.mu.Lock()
	l, now := &r.cachedSeat(seat).presence, r.now()
	l.replaceByStored(stored)
	d, p := l.decideStandby(s.head, s.caller.Agent, now, forMe), l.latest
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
