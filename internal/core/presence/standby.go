package presence

import (
	"context"
	"time"

	"github.com/parley-chat/parley/internal/core/room"
)

// undisturbedAfterWait is how long no program is announced for an agent whose wait has just ended: the agent is at work
// on the result.
const undisturbedAfterWait = 10 * time.Second

// AnnounceStandby announces that a program is on standby for the caller: once in room.AnnounceAgain, and after a call
// of the agent itself. If the agent itself waits, it announces nothing and returns true.
func (r Recorder) AnnounceStandby(ctx context.Context, forMe bool) (own bool) {
	if r.cacheLookIn() {
		return true
	}
	what := lasts
	_, err := r.update(ctx, false, func(stored room.Presence, isRead bool) (presence room.Presence, _ nextStep) {
		if !isRead {
			return presence, readFirst
		}
		presence, what = r.announceProgram(stored, forMe)
		return presence, what.step()
	})
	return err == nil && what == yields // after an error the next look-in announces the program
}

// cacheLookIn caches that a program looks in, and reports whether the agent's own wait is open here.
func (r Recorder) cacheLookIn() (own bool) {
	l, cache := r.lockCache()
	defer l.unlock()
	cache.presence.cacheLookIn(l.a.now())
	open := l.waits[r.caller.Seat]
	return open != nil && !open.Standby && !open.Looks()
}

// announceProgram caches that a program is on standby, if cachedPresence.decideStandby says so, and returns the
// presence to write.
func (r Recorder) announceProgram(stored room.Presence, forMe bool) (presence room.Presence, what announcing) {
	l, cache := r.lockCache()
	defer l.unlock()
	cached, now := &cache.presence, l.a.now()
	cached.cacheLater(stored)
	what = cached.decideStandby(r.head, r.caller.Agent, now, forMe)
	if what != renewed {
		return presence, what
	}
	presence = cached.latest
	presence.AtMs, presence.OwnMs = now.UnixMilli(), max(presence.OwnMs, r.caller.AtMs)
	presence.Used, presence.Standby, presence.ForMe, presence.WakesMs = true, true, forMe, now.UnixMilli()
	presence.UntilMs, presence.WaitFrom = now.Add(room.AnnounceWait).UnixMilli(), r.head.AsOf
	cached.cacheToWrite(presence, now)
	return presence, renewed
}
