package presence

import (
	"time"

	"github.com/parley-chat/parley/internal/core/room"
)

// How far the table may lag behind a call. Others may think the agent silent that much too early. So CallLag is less
// than room.PresentFor, room.RegainSilent and room.Lease: else an agent that calls all the time would count as silent,
// and lose its seat.
const (
	SendLag = 5 * time.Minute // behind a send that has said something, which the log shows
	CallLag = time.Minute     // behind any other call
)

// cachedPresence is the presence of a seat as the process knows it, and its last write. It reads no clock and no table.
// Its fields are set in this file alone. Each write costs: decideWrite says whether a call is worth one, decideWait
// and decideStandby whether an announcement is.
type cachedPresence struct {
	latest      room.Presence // as of the last call here; before the first it has WakesMs at most
	writtenAt   time.Time     // when the process last wrote the presence; zero: never, or the last write failed
	writtenWait bool          // the last write said that the agent waits
	returnedMs  int64         // when a call ended an absence, and that could not be stored; 0: never
}

// isKnown reports whether a call of the seat has come here.
func (c cachedPresence) isKnown() bool { return c.latest.AtMs != 0 }

// cacheStored adds what the table has, before a call of agent.
func (c *cachedPresence) cacheStored(stored room.Presence, agent *room.Agent) {
	if stored.AtMs <= c.returnedMs {
		stored.BackMs = 0
	}
	c.latest = withStored(c.latest, stored, agent)
}

// cacheLater takes over what the table has, if a later call brought that.
func (c *cachedPresence) cacheLater(stored room.Presence) { c.latest = laterOf(c.latest, stored) }

// cacheToWrite caches presence, which is about to be written. If the write fails, cacheUnwritten follows.
func (c *cachedPresence) cacheToWrite(presence room.Presence, now time.Time) {
	*c = cachedPresence{latest: presence, writtenAt: now, writtenWait: presence.UntilMs != 0}
}

// cacheUnwritten caches that a call could not be stored. before is what was cached before the call. The next call
// writes. If the call announced an absence, the announcement is void, and an older absence goes on. If the call ended
// an absence, the agent is back all the same, although the table still has the absence.
func (c *cachedPresence) cacheUnwritten(before cachedPresence, endsAbsence bool, now time.Time) {
	c.writtenAt, c.returnedMs = time.Time{}, before.returnedMs
	if endsAbsence {
		c.returnedMs = now.UnixMilli()
	} else {
		c.latest.BackMs = before.latest.BackMs
	}
}

// revert undoes a call that another process has overtaken: c is before again, but for what only rises.
func (c *cachedPresence) revert(before cachedPresence) {
	before.latest = merge(before.latest, c.latest)
	*c = before
}

// cacheLookIn caches that a program that wakes the agent looks in.
func (c *cachedPresence) cacheLookIn(now time.Time) { c.latest.WakesMs = now.UnixMilli() }

// cacheWaitEnd caches that the seat has no open wait here any more. No other process learns of that.
func (c *cachedPresence) cacheWaitEnd(now time.Time) {
	c.latest.UntilMs = min(c.latest.UntilMs, now.UnixMilli())
}

// announcing is what becomes of the announcement of a wait, or of a program on standby.
type announcing int

const (
	lasts   announcing = iota // others see it until after the next look at it
	renewed                   // it is written: others do not see it, or soon would not
	yields                    // another wait has its place
)

// step returns what Recorder.update does for the announcement.
func (what announcing) step() nextStep {
	if what == renewed {
		return writeNow
	}
	return cacheOnly
}

// afterCall returns c after call, and whether its presence is to be written now. If not, a write is due at due. stored
// is what the table has; zero: nothing, or the table was not read. open says which waits are open here.
func (c cachedPresence) afterCall(call seatCall, stored room.Presence, open waitsHere, now time.Time) (
	next cachedPresence, write bool, due time.Time) {
	next = c
	next.cacheStored(stored, &call.caller.Agent)
	presence := call.presence(next.latest, now)  // what the call says
	presence = open.addTo(presence, next.latest) // with the wait that goes on here
	if call.Absence.BackIn > 0 && stored.AtMs > c.latest.AtMs && stored.WaitFrom >= call.wakes {
		presence = waitsHere{agent: true}.addTo(presence, stored) // or the wait that goes on in another process
	}
	presence = merge(presence, next.latest) // with what only rises
	if next.decideWrite(presence, now, call.Lag) {
		next.cacheToWrite(presence, now)
		return next, true, now
	}
	next.latest = presence
	return next, false, c.writtenAt.Add(call.Lag)
}

// decideWrite decides whether presence, which a call brings, is written. The table may lag by lag. Each change
// of an absence or a standby is written, so the cached ones were written. The cached wait may have ended since, which
// is not written: see writtenWait. Here Bob called last, his lease was written then, and lag is a minute:
//
//  1. 40 s later Bob calls again: nothing is written for 20 s more.
//  2. 60 s later Bob calls again: his lease is written.
//  3. 40 s later Bob begins to wait: that is written.
//  4. Bob waited when his lease was written, and waits again 40 s later: nothing is written.
//  5. 40 s later Bob says that he will be back in ten minutes: that is written.
//  6. Bob was away, and 40 s later he is back: that is written.
//  7. 40 s later a program waits in Bob's place: that is written.
//  8. The last write failed: Bob's lease is written at his next call.
//  9. Bob sends 4 minutes later, and lag is 5 minutes: nothing is written for a minute more.
func (c cachedPresence) decideWrite(presence room.Presence, now time.Time, lag time.Duration) (write bool) {
	return presence.UntilMs != 0 && !c.writtenWait || // 3
		presence.BackMs != c.latest.BackMs || // 5, 6
		presence.Standby != c.latest.Standby || // 7
		now.Sub(c.writtenAt) >= lag // 2, 8
}

// decideWait decides whether wait is announced further. The next check comes after the time again, and a failed write
// is repeated after rewriteAfter. Here Bob waits from 12:00 for an hour, and his lease is looked at every minute:
//
//  1. Others see Bob's wait until 12:05, and it is 12:02: nothing is written.
//  2. Others see Bob's wait until 12:05, and it is 12:04: the wait is announced further.
//  3. The announcement could not be written: the wait is announced.
//  4. Others see Bob's wait until its end: nothing is written.
//  5. Bob began another wait in another process: this wait ends.
//  6. A program waits in Bob's place, and Bob begins to wait: the program's wait ends.
//  7. Bob waits, and a program begins to wait in Bob's place: Bob's wait goes on.
//  8. Bob's wait goes on past an answer, so others take the wait for ended: that is written.
func (c cachedPresence) decideWait(wait *Wait, now time.Time, again time.Duration) announcing {
	switch {
	case c.latest.Supersedes(wait.Began, wait.Standby): // 5, 6
		return yields
	case wait.passedTo > c.latest.WaitFrom: // 8
		return renewed
	case wait.announcedUntil.Equal(wait.Until), wait.announcedUntil.Sub(now) > again+rewriteAfter: // 1, 4, 7
		return lasts
	}
	return renewed // 2, 3
}

// decideStandby decides whether a program that only looks in for agent is announced. An announcement lasts for
// room.AnnounceWait (290 s), and is repeated after room.AnnounceAgain (260 s):
//
//  1. The program looks in for the first time: the program is announced.
//  2. The program was announced 100 s ago: nothing is written.
//  3. The program was announced 265 s ago: the program is announced again.
//  4. The program was announced 100 s ago and now wakes Bob only for messages meant for Bob: that is announced.
//  5. Bob called after the announcement: the program is announced again.
//  6. Bob waits: the program is not announced.
//  7. A message ended Bob's wait 5 s ago, and Bob reads it now: the program is not announced.
//  8. A message ended Bob's wait 15 s ago: the program is announced.
func (c cachedPresence) decideStandby(head *room.Head, agent room.Agent, now time.Time, forMe bool) announcing {
	presence := c.latest
	if !presence.Standby && presence.UntilMs != 0 {
		when, woken := presence.WokenAt(head, agent.Seat)
		works := woken && !when.After(presence.WaitsUntil().Add(CallLag)) &&
			now.Sub(when) < undisturbedAfterWait
		if works || presence.Attendance(head, agent, now, CallLag).Waits { // 6, 7
			return yields
		}
	}
	if !presence.Standby || presence.ForMe != forMe || // 1, 4, 5, 8
		presence.WaitsUntil().Sub(now) <= room.AnnounceWait-room.AnnounceAgain { // 3
		return renewed
	}
	return lasts // 2
}

// mustRead reports whether call needs the presence from the table. A call that would write replaces the whole item, in
// which another process may have stored a younger wait or an absence. A call that speaks of an absence must know the
// stored one: else Bob, who told another process that he is away, is not back by his word here.
func (c cachedPresence) mustRead(call seatCall, toWrite, singleProcess bool) bool {
	if singleProcess {
		return c.writtenAt.IsZero()
	}
	return toWrite || call.Returns || call.Absence.Given
}
