package presence

import (
	"context"
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/room"
)

// Wait is a call that waits, from BeginWait to EndWait. Only the call itself changes announcedUntil and passedTo, by
// Renew and PassOver.
type Wait struct {
	Began   time.Time
	Until   time.Time // its end
	Standby bool      // a program waits for the agent
	Due     time.Time // when to renew the caller's presence first

	// closed by a younger wait of the agent, or by too many waits of the person; nil: never
	Superseded chan struct{}
	Yields     bool          // superseded because the agent itself waits; set before Superseded is closed
	Turn       chan NextTurn // receives the turn that the caller may claim: see ClaimTurn
	Task       chan int64    // receives the number of a free task for the caller

	caller         *room.Caller // as the wait began: a person may watch another seat since, if its agent came back
	announcedUntil time.Time    // until when others see the wait; zero: they do not
	passedTo       int64        // the last event when the wait went on past an answer; 0: none
}

// Looks reports whether the call lasts no time, so the agent does not wait.
func (w *Wait) Looks() bool { return !w.Began.Before(w.Until) }

// isSuperseded reports whether a younger wait has ended w. A call that does not wait has a nil w, which is never
// superseded.
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

// rank returns the time at which w counts as begun among the waits of its seat. The wait with the latest rank gets
// the turn, so a program on standby comes after its agent.
func (w *Wait) rank() time.Time {
	if w.Standby {
		return time.Time{}
	}
	return w.Began
}

// BeginWait begins a wait of the caller until a time, and records what call says about its agent, with the wait. A call
// that only looks in neither waits nor returns. For the older waits that end see Attendees.openWait.
func (s Recorder) BeginWait(ctx context.Context, until time.Time, call Call) *Wait {
	wait := &Wait{Began: s.attendees.now(), Until: until, Standby: call.Standby, Superseded: make(chan struct{}),
		Turn: make(chan NextTurn, 1), Task: make(chan int64, 1), caller: s.caller}
	s.attendees.openWait(wait)
	if wait.Looks() {
		call.Returns = false
	} else {
		call.Began, call.Until = wait.Began, room.Announced(wait.Began, until)
	}
	due, written := s.Record(ctx, call)
	wait.Due = due
	if written {
		wait.announcedUntil = call.Until
	}
	return wait
}

// openWait opens wait. An agent has one wait: see openAgentWait. If a person has more than MaxWatches, openWait ends
// the oldest.
func (a *Attendees) openWait(wait *Wait) {
	l := a.lock()
	defer l.unlock()
	seat := wait.caller.Seat
	if !wait.caller.IsPerson() {
		l.openAgentWait(seat, wait)
		return
	}
	if l.watches == nil {
		l.watches = map[int][]*Wait{}
	}
	open := append(l.watches[seat], wait)
	if len(open) > core.MaxWatches {
		close(open[0].Superseded)
		open = slices.Delete(open, 0, 1)
	}
	l.watches[seat] = open
}

// EndWait ends wait, and the polling with the last wait.
func (a *Attendees) EndWait(wait *Wait) {
	l := a.lock()
	defer l.unlock()
	seat := wait.caller.Seat
	if !wait.caller.IsPerson() {
		l.endAgentWait(seat, wait)
	} else {
		open := slices.DeleteFunc(l.watches[seat], func(other *Wait) bool { return other == wait })
		l.watches[seat] = open
		if len(open) == 0 {
			delete(l.watches, seat)
			if cache := l.seats[seat]; cache != nil && wait.caller.IsPersonOnly() {
				cache.presence.cacheWaitEnd(a.now())
			}
		}
		l.forgetIfFree(seat)
	}
	l.endPollingIfIdle()
}

// forgetIfFree drops the cache of a seat that nobody has any more.
func (l locked) forgetIfFree(seat int) {
	if _, here := l.a.log.Peek().Seated(seat); !here {
		delete(l.seats, seat)
	}
}

// openAgentWait opens wait, and ends an older wait of the seat: an answer must arrive once, and one token must not keep
// many instances of a Lambda function busy. A program on standby never ends a wait of its agent: openAgentWait then
// ends wait instead. A call that only looks in begins no silence.
func (l locked) openAgentWait(seat int, wait *Wait) {
	if l.waits == nil {
		l.waits = map[int]*Wait{}
	}
	if older := l.waits[seat]; older != nil {
		if wait.Standby && !older.Standby {
			wait.Yields = true
			close(wait.Superseded)
			return
		}
		older.Yields = older.Standby && !wait.Standby
		close(older.Superseded)
	}
	l.waits[seat] = wait
	if !wait.Looks() {
		l.beginSilence()
		l.beginFreeTaskCheck()
	}
}

// endAgentWait ends wait, unless another has taken its place.
func (l locked) endAgentWait(seat int, wait *Wait) {
	now := l.a.now()
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
