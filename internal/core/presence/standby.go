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
	attendees, seat := s.attendees, s.caller.Seat
	attendees.mu.Lock()
	attendees.cachedSeat(seat).presence.latest.WakesMs = attendees.now().UnixMilli()
	open := attendees.waits[seat]
	attendees.mu.Unlock()
	if open != nil && !open.Standby && !open.Looks {
		return true
	}
	stored, err := s.readPresence(ctx)
	if err != nil {
		return false // the next look-in announces the program
	}
	attendees.mu.Lock()
	cached, now := &attendees.cachedSeat(seat).presence, attendees.now()
	cached.replaceByStored(stored)
	if what := cached.decideStandby(s.head, s.caller.Agent, now, forMe); what != renewed {
		attendees.mu.Unlock()
		return what == yields
	}
	presence := cached.latest
	presence.AtMs, presence.OwnMs = now.UnixMilli(), max(presence.OwnMs, s.caller.AtMs)
	presence.Used, presence.Standby, presence.ForMe, presence.WakesMs = true, true, forMe, now.UnixMilli()
	presence.UntilMs, presence.WaitFrom = now.Add(room.AnnounceWait).UnixMilli(), s.head.AsOf
	cached.recordWrite(presence, now)
	attendees.mu.Unlock()
	s.writePresence(ctx, presence)
	return false
}
