package presence

import (
	"context"
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/room"
)

// Wait is a call that waits, from BeginWait to EndWait. Only the call itself sets ToldOfTask, announcedUntil and
// passedTo, so no lock guards them.
type Wait struct {
	Began   time.Time
	Until   time.Time // its end
	Standby bool      // a program waits for the agent
	Due     time.Time // when to renew the caller's presence first

	// closed by a younger wait of the agent, or by too many waits of the person; nil: never
	Superseded chan struct{}
	Yields     bool          // of a program, superseded because the agent itself waits: see supersede
	Turn       chan NextTurn // receives the turn that the caller may claim: see ClaimTurn
	Task       chan int64    // receives the number of a free task for the caller
	ToldOfTask bool          // the answer of the call tells of that task

	caller         *room.Caller // as the wait began: a person may watch another seat since, if its agent came back
	announcedUntil time.Time    // until when others see the wait; zero: they do not
	passedTo       int64        // the last event when the wait went on past an answer; 0: none
	notice         *taskNotice  // by Attendees.mu: what was sent to Task; nil: nothing
}

// Looks reports whether the call lasts no time, so the agent does not wait.
func (w *Wait) Looks() bool { return !w.Began.Before(w.Until) }

// isSuperseded reports whether a younger wait has ended w. w is nil for a call that does not wait.
func (w *Wait) isSuperseded() bool {
	if w == nil {
		return false
	}
	select {
	case <-w.Superseded:
		return true
	default:
		return false
	}
}

// supersede ends w because another wait goes on, of the agent itself if byAgent. Each wait is superseded once.
func (w *Wait) supersede(byAgent bool) {
	w.Yields = w.Standby && byAgent
	close(w.Superseded)
}

// rank returns when w counts as begun. The wait of a seat with the latest rank gets the turn, so a program on standby
// comes after its agent.
func (w *Wait) rank() time.Time {
	if w.Standby {
		return time.Time{}
	}
	return w.Began
}

// waitsHere is which waits of a seat are open in this process.
type waitsHere struct {
	agent  bool // a wait of the agent, or of a program in its place
	person bool // waits of a person without an agent
}

// waitsHere returns which waits of the seat of caller are open here. A call of the agent that only looks in is none: it
// has ended the wait before it.
func (l locked) waitsHere(caller *room.Caller) waitsHere {
	wait := l.waits[caller.Seat]
	return waitsHere{wait != nil && !wait.Looks(), len(l.watches[caller.Seat]) > 0 && caller.IsPersonOnly()}
}

// addTo adds the open wait that known has to presence, which a call brings. A person may have several waits: the last
// end counts.
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

// BeginWait begins a wait of the caller until a time, and records what call says about its agent, with the wait. A call
// that only looks in neither waits nor returns, nor does a program whose agent waits. The error is that of Record.
func (r Recorder) BeginWait(ctx context.Context, until time.Time, call Call) (*Wait, error) {
	wait := &Wait{Began: r.attendees.now(), Until: until, Standby: call.Standby, Superseded: make(chan struct{}),
		Turn: make(chan NextTurn, 1), Task: make(chan int64, 1), caller: r.caller}
	r.attendees.openWait(wait)
	if wait.Looks() || wait.isSuperseded() {
		call.Returns = false
	} else {
		call.Began, call.Until = wait.Began, room.Announced(wait.Began, until)
	}
	due, written, err := r.Record(ctx, call)
	wait.Due = due
	if written {
		wait.announcedUntil = call.Until
	}
	return wait, err
}

// openWait opens wait.
func (a *Attendees) openWait(wait *Wait) {
	l := a.lock()
	defer l.unlock()
	if wait.caller.EndsOlderWaits() {
		l.openAgentWait(wait.caller.Seat, wait)
	} else {
		l.openWatch(wait.caller.Seat, wait)
	}
}

// openWatch opens wait, of a person. If the person has more than MaxWatches, the oldest ends.
func (l locked) openWatch(seat int, wait *Wait) {
	if l.watches == nil {
		l.watches = map[int][]*Wait{}
	}
	open := append(l.watches[seat], wait)
	if len(open) > core.MaxWatches {
		open[0].supersede(false)
		open = slices.Delete(open, 0, 1)
	}
	l.watches[seat] = open
}

// openAgentWait opens wait, and ends an older wait of the seat: an answer must arrive once, and one token must not keep
// many instances of a Lambda function busy. But wait itself ends if it is of a program whose agent waits. A call that
// only looks in begins no silence.
func (l locked) openAgentWait(seat int, wait *Wait) {
	if l.waits == nil {
		l.waits = map[int]*Wait{}
	}
	if older := l.waits[seat]; older != nil {
		if wait.Standby && !older.Standby {
			wait.supersede(true)
			return
		}
		older.supersede(!wait.Standby)
	}
	l.waits[seat] = wait
	if !wait.Looks() {
		l.beginSilence()
		l.beginFreeTaskCheck()
	}
}

// renewEvery is how often an open wait renews its presence.
func (a *Attendees) renewEvery() time.Duration {
	if a.o.SingleProcess {
		return room.AnnounceAgain
	}
	return time.Minute // by then Renew sees a younger wait of the seat in another process
}

// Renew announces wait of the caller further if that is due, or ends wait if a younger wait of the seat is open in
// another process. It returns how long until the next renewal; 0: never.
func (r Recorder) Renew(ctx context.Context, wait *Wait) (again time.Duration) {
	if !r.keepsLease() {
		return r.storeWatch(ctx)
	}
	announced, what := wait.announcedUntil, lasts
	_, err := r.update(ctx, false, func(stored room.Presence, isRead bool) (presence room.Presence, _ nextStep) {
		if !isRead && !r.attendees.o.SingleProcess { // a write could replace the announcement of a younger wait
			return presence, readFirst
		}
		wait.announcedUntil = announced // decided again, as if the attempt before had not been
		presence, what = r.announceFurther(wait, stored)
		return presence, what.step()
	})
	switch {
	case err != nil:
		wait.announcedUntil = time.Time{}
		return rewriteAfter
	case what == yields:
		return 0
	}
	return r.attendees.renewEvery()
}

// PassOver lets wait go on past event answer, unless it does, and tells others: they would think that the answer woke
// the caller, and count its time to speak. to is the last event that the call knows.
func (r Recorder) PassOver(ctx context.Context, wait *Wait, answer, to int64) {
	if wait.passedTo < answer {
		wait.passedTo = to
		r.Renew(ctx, wait)
	}
}

// announceFurther does what cachedPresence.decideWait says: it caches that wait is announced further, and returns the
// presence to write, or it ends wait. stored is what the table has; zero: nothing, or it was not read.
func (r Recorder) announceFurther(wait *Wait, stored room.Presence) (presence room.Presence, what announcing) {
	l := r.attendees.lock()
	defer l.unlock()
	if !l.isOpen(r.caller, wait) { // the younger wait is open here
		return presence, yields
	}
	cached, now := &l.cachedSeat(r.caller.Seat).presence, l.a.now()
	cached.cacheStored(stored, &r.caller.Agent)
	what = cached.decideWait(wait, now, l.a.renewEvery())
	switch what {
	case yields:
		delete(l.waits, r.caller.Seat)
		wait.supersede(cached.latest.Supersedes(wait.Began, false))
	case renewed:
		wait.announcedUntil = room.Announced(now, wait.Until)
		presence = cached.latest
		presence.UntilMs, presence.WaitFrom = wait.announcedUntil.UnixMilli(), max(presence.WaitFrom, wait.passedTo)
		presence = l.waitsHere(r.caller).addTo(presence, cached.latest)
		cached.cacheToWrite(presence, now)
	}
	return presence, what
}

// isOpen reports whether wait, a wait of caller, has neither ended nor been superseded.
func (l locked) isOpen(caller *room.Caller, wait *Wait) bool {
	if caller.EndsOlderWaits() {
		return l.waits[caller.Seat] == wait
	}
	return slices.Contains(l.watches[caller.Seat], wait)
}

// EndWait ends wait, and the polling with the last wait.
func (a *Attendees) EndWait(wait *Wait) {
	l := a.lock()
	defer l.unlock()
	if wait.caller.EndsOlderWaits() {
		l.endAgentWait(wait.caller.Seat, wait)
	} else {
		l.endWatch(wait.caller.Seat, wait)
	}
	l.endPollingIfIdle()
}

// endWatch ends wait, of a person.
func (l locked) endWatch(seat int, wait *Wait) {
	l.watches[seat] = slices.DeleteFunc(l.watches[seat], func(other *Wait) bool { return other == wait })
	if len(l.watches[seat]) == 0 {
		delete(l.watches, seat)
		if cache := l.seats[seat]; cache != nil && wait.caller.KeepsLease() {
			cache.presence.cacheWaitEnd(l.a.now())
		}
	}
	l.forgetIfFree(seat)
}

// endAgentWait ends wait, unless another has taken its place.
func (l locked) endAgentWait(seat int, wait *Wait) {
	now := l.a.now()
	l.endNotice(wait)
	if l.waits[seat] == wait {
		delete(l.waits, seat)
		if cache := l.seats[seat]; cache != nil {
			cache.presence.cacheWaitEnd(now)
			// The agent is away now, so nobody waits for it. A program waits again at once, and others give what the
			// program has been called for its time: see room.Turn.
			if !wait.Standby && cache.presence.latest.BackAt().After(now) {
				l.beginSilence()
			}
		}
		l.forgetIfFree(seat)
	}
	if len(l.waits) == 0 {
		l.waits = nil
		l.endSilence()
		l.endFreeTaskCheck()
	}
}

// forgetIfFree drops the cache of a seat that nobody has any more.
func (l locked) forgetIfFree(seat int) {
	if _, here := l.a.log.Peek().Seated(seat); !here {
		delete(l.seats, seat)
	}
}
