package presence

import (
	"context"
	"time"

	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
)

// ownReads is how long an agent whose wait has just ended is left alone: it is at work on
// what came, and nobody has told yet that it was read.
const ownReads = 10 * time.Second

// Ahead announces that a program is on standby for the caller, for longer than until its next
// look. So a program that only looks in writes that once in room.AnnounceAgain, or after a call
// of the agent itself. It returns true, and announces nothing, if the agent itself waits.
func (at Attendance) Ahead(ctx context.Context, forMe bool) (own bool) {
	r, seat := at.room, at.caller.Seat
	r.mu.Lock()
	r.cached(seat).presence.WakesMs = r.now().UnixMilli()
	open := r.waits[seat]
	r.mu.Unlock()
	if open != nil && !open.Standby && !open.Looks {
		return true
	}
	stored, err := at.read(ctx)
	if err != nil {
		return false // the next look announces it
	}
	r.mu.Lock()
	m, now := r.cached(seat), r.now()
	p := m.presence
	if stored.AtMs > p.AtMs || stored.AtMs == p.AtMs && stored.Standby != p.Standby { // another process knows better
		stored.Read = max(stored.Read, p.Read)
		p = stored.Younger(p)
		m.presence = p
	}
	if at.waitsItself(p, now) {
		r.mu.Unlock()
		return true
	}
	if p.Standby && p.ForMe == forMe && p.WaitsUntil().Sub(now) > room.AnnounceWait-room.AnnounceAgain {
		r.mu.Unlock()
		return false
	}
	p.AtMs, p.OwnMs = now.UnixMilli(), max(p.OwnMs, at.caller.AtMs)
	p.Used, p.Standby, p.ForMe, p.WakesMs = true, true, forMe, now.UnixMilli()
	p.UntilMs, p.Head = now.Add(room.AnnounceWait).UnixMilli(), at.head.AsOf
	m.presence, m.presenceAt, m.waitWritten = p, now, true
	r.mu.Unlock()
	at.write(ctx, roomlog.PutPresence(r.log.Peek().ID, at.caller.Agent, p))
	return false
}

// waitsItself reports whether the agent of p waits, or has just been given what it waited
// for.
func (at Attendance) waitsItself(p room.Presence, now time.Time) bool {
	if p.Standby || p.UntilMs == 0 {
		return false
	}
	woken, when := at.head.NewestWakeup(at.caller.Seat)
	given := woken > p.Head && !when.After(p.WaitsUntil().Add(CallFresh)) && now.Sub(when) < ownReads
	return given || p.Attendance(at.head, at.caller.Agent, now, CallFresh).Waits
}
