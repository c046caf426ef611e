package presence

import (
	"time"

	"github.com/parley-chat/parley/internal/core/room"
)

// How far the table may lag behind a call. Others think the agent silent for so much longer. So CallFresh is less than
// room.PresentFor and room.RegainSilent, or an agent that calls all the time would count as silent, and its seat could
// be regained; and room.RelievedAfter is no less than CallFresh, or an admin could be kicked whose lease has not ended.
// A send may lag by more, since the log tells of it.
const (
	SendFresh = 5 * time.Minute // behind a send that has said something
	CallFresh = time.Minute     // behind any other call
)

// lease is the presence of a seat as this process knows it, and what this process last wrote of it. Each write costs,
// so a leaseDecision says whether a call is worth one. A lease reads no clock and no table; the room's mutex guards it.
type lease struct {
	presence    room.Presence // as of the last call here; its AtMs is 0 until a call has come
	writtenAt   time.Time     // when this process last wrote it; zero: never, or the last write failed
	writtenWait bool          // what was written says that the agent waits
}

// leaseDecision says whether the presence of a seat is written now, and why: see mustWrite.
type leaseDecision int

const (
	lagsLittle       leaseDecision = iota // what is written lags by less than the call allows
	lagsMuch                              // it lags by as much as the call allows, or more
	waitBegins                            // others do not know that the agent, or the program, waits
	absenceChanges                        // the agent says that it will be away, or that it is back
	standbyChanges                        // a program calls in the place of the agent, or no longer does
	announced                             // others see the wait, or the program, until after the next look at the lease
	wentOn                                // the wait went on past an answer, with which others take it for ended
	announcementEnds                      // others would soon take the wait, or the program, for gone
	superseded                            // a younger wait has the place of the wait
	agentWaits                            // the agent itself waits, so a program on standby is not announced
)

func (d leaseDecision) mustWrite() bool {
	switch d {
	case lagsMuch, waitBegins, absenceChanges, standbyChanges, wentOn, announcementEnds:
		return true
	}
	return false
}

// decideCall decides whether the presence next, which a call brings, is written. What was written before may lag by
// fresh. An absence and a standby are compared with what is known here: each change of them is written, and another
// process may have written one since. Here Bob called last, his lease was written then, and fresh is a minute:
//
//  1. 40 s later Bob calls again: nothing is written for 20 s more.
//  2. 60 s later Bob calls again: his lease is written.
//  3. 40 s later Bob begins to wait: that is written.
//  4. He waited when his lease was written, and waits again 40 s later: nothing is written.
//  5. 40 s later Bob says that he will be back in ten minutes: that is written.
//  6. He is known to be away, and 40 s later he is back: that is written.
//  7. 40 s later a program waits in Bob's place: that is written.
//  8. The last write failed: his lease is written at his next call.
//  9. Bob sends 4 minutes later, and fresh is 5 minutes: nothing is written for a minute more.
func (l lease) decideCall(next room.Presence, now time.Time, fresh time.Duration) leaseDecision {
	switch {
	case next.UntilMs != 0 && !l.writtenWait: // 3
		return waitBegins
	case next.BackMs != l.presence.BackMs: // 5, 6
		return absenceChanges
	case next.Standby != l.presence.Standby: // 7
		return standbyChanges
	case now.Sub(l.writtenAt) >= fresh: // 2, 8
		return lagsMuch
	}
	return lagsLittle // 1, 4, 9
}

// decideWait decides whether the wait w is announced further. The next look at the lease comes after the time again,
// and a write that fails is repeated after rewriteAfter. Here Bob waits from 12:00 for an hour, and his lease is looked
// at every minute:
//
//  1. Others see his wait until 12:05, and it is 12:02: nothing is written.
//  2. Others see his wait until 12:05, and it is 12:04: his wait is announced further.
//  3. His announcement could not be written: his wait is announced.
//  4. Others see his wait until its end: nothing is written.
//  5. Bob began another wait in another process: this one ends.
//  6. A program waits in Bob's place, and Bob begins to wait: the program's wait ends.
//  7. Bob waits, and a program begins to wait in his place: his wait goes on.
//  8. Bob's wait goes on past an answer, with which others take it for ended: that is written.
func (l lease) decideWait(w *Wait, now time.Time, again time.Duration) leaseDecision {
	switch {
	case l.presence.Supersedes(w.Began, w.Standby): // 5, 6
		return superseded
	case w.PassedTo > l.presence.Head: // 8
		return wentOn
	case w.Announced.Equal(w.Until), w.Announced.Sub(now) > again+rewriteAfter: // 1, 4, 7
		return announced
	}
	return announcementEnds // 2, 3
}

// decideStandby decides whether a program that only looks in for agent a is announced. An announcement lasts for
// room.AnnounceWait (290 s), and is repeated after room.AnnounceAgain (260 s):
//
//  1. The program looks in for the first time: it is announced.
//  2. It was announced 100 s ago: nothing is written.
//  3. It was announced 265 s ago: it is announced again.
//  4. It was announced 100 s ago, and now wakes Bob only for what is meant for him: that is announced.
//  5. Bob called after the announcement: the program is announced again.
//  6. Bob waits: the program is not announced.
//  7. Bob's wait was ended 5 s ago by a message, which he reads now: the program is not announced.
//  8. Bob's wait was ended 15 s ago by a message: the program is announced.
func (l lease) decideStandby(h *room.Head, a room.Agent, now time.Time, forMe bool) leaseDecision {
	p := l.presence
	if !p.Standby && p.UntilMs != 0 {
		woken, when := h.NewestWakeup(a.Seat)
		works := woken > p.Head && !when.After(p.WaitsUntil().Add(CallFresh)) && now.Sub(when) < undisturbedAfterWait
		if works || p.Attendance(h, a, now, CallFresh).Waits { // 6, 7
			return agentWaits
		}
	}
	switch {
	case !p.Standby: // 1, 5, 8
		return standbyChanges
	case p.ForMe != forMe, p.WaitsUntil().Sub(now) <= room.AnnounceWait-room.AnnounceAgain: // 3, 4
		return announcementEnds
	}
	return announced // 2
}

// mustRead reports whether a call needs what the table has of the lease. An absence may have been announced to another
// process, or ended there. That matters to a call that ends an absence, and to one that writes what it knows of one.
func (l lease) mustRead(c Call, now time.Time, singleProcess bool) bool {
	switch {
	case l.writtenAt.IsZero():
		return true
	case singleProcess, c.Absence.Given:
		return false
	}
	return c.Returns || now.Sub(l.writtenAt) >= c.Fresh
}

// recordStored records what the table has of the lease; zero: it has nothing, or was not read. The agent may have
// called another process since its last call here.
func (l *lease) recordStored(stored room.Presence, a *room.Agent) {
	p := &l.presence
	switch known := p.AtMs != 0; {
	case stored.AtMs != 0 && known:
		p.AtMs, p.OwnMs, p.BackMs = max(p.AtMs, stored.AtMs), max(p.OwnMs, stored.OwnMs), stored.BackMs
		*p = p.Younger(stored)
	case stored.AtMs != 0:
		*p = stored.Younger(*p)
	case !known: // of the agent nothing is known but its join
		*p = room.Presence{AtMs: a.AtMs, Read: a.Joined}.Younger(*p)
	}
}

// replaceByStored replaces the presence by what the table has, if that comes from a later call.
func (l *lease) replaceByStored(stored room.Presence) {
	p := &l.presence
	if stored.AtMs > p.AtMs || stored.AtMs == p.AtMs && stored.Standby != p.Standby {
		stored.Read = max(stored.Read, p.Read)
		*p = stored.Younger(*p)
	}
}

// recordWrite records that p is about to be written. If the write fails, recordFailure follows.
func (l *lease) recordWrite(p room.Presence, now time.Time) {
	l.presence, l.writtenAt, l.writtenWait = p, now, p.UntilMs != 0
}

func (l *lease) recordFailure() { l.writtenAt = time.Time{} }

// endWait records that no wait of the seat is open here any more. Only this process knows.
func (l *lease) endWait(now time.Time) { l.presence.UntilMs = min(l.presence.UntilMs, now.UnixMilli()) }
