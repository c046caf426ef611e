package presence

import (
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/room"
)

// Wait is a call that waits, from BeginWait to EndWait. Only the call itself changes Due, AnnouncedUntil and PassedTo,
// as it goes on.
type Wait struct {
	Began          time.Time
	Until          time.Time // its end
	Due            time.Time // when to renew the caller's presence first
	AnnouncedUntil time.Time // until when others see the wait; zero: they do not
	PassedTo       int64     // the last event when the wait went on past an answer; 0: none
	Standby        bool      // a program waits for the agent
	Looks          bool      // the call lasts no time, so the agent does not wait
	// closed by a younger wait of the agent, or by too many waits of the person; nil: never
	Superseded chan struct{}
	Yields     bool          // superseded because the agent itself waits; set before Superseded is closed
	Turn       chan NextTurn // receives the turn that the caller may claim: see ClaimTurn
	Task       chan int64    // receives the number of a free task for the caller

	seat int // of the caller when the wait began: a person may watch another seat since, if its agent came back
}

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

// BeginWait registers wait, a wait of caller. An agent has one wait: see Attendees.beginAgentWait. If a person has
// more than MaxWatches, BeginWait ends the oldest.
func (a *Attendees) BeginWait(caller *room.Caller, wait *Wait) {
	wait.seat = caller.Seat
	if !caller.IsPerson() {
		a.beginAgentWait(wait.seat, wait)
		return
	}
	l := a.lock()
	defer l.unlock()
	if l.watches == nil {
		l.watches = map[int][]*Wait{}
	}
	open := append(l.watches[wait.seat], wait)
	if len(open) > core.MaxWatches {
		close(open[0].Superseded)
		open = slices.Delete(open, 0, 1)
	}
	l.watches[wait.seat] = open
}

// EndWait ends wait, a wait of caller.
func (a *Attendees) EndWait(caller *room.Caller, wait *Wait) {
	if !caller.IsPerson() {
		a.endAgentWait(wait.seat, wait)
		return
	}
	l := a.lock()
	defer l.unlock()
	open := slices.DeleteFunc(l.watches[wait.seat], func(other *Wait) bool { return other == wait })
	l.watches[wait.seat] = open
	if len(open) == 0 {
		delete(l.watches, wait.seat)
		if cache := l.seats[wait.seat]; cache != nil && caller.IsPersonOnly() {
			cache.presence.endWait(a.now())
		}
	}
	if _, here := a.log.Peek().Seated(wait.seat); !here {
		delete(l.seats, wait.seat)
	}
	l.endPollingIfIdle()
}

// beginAgentWait registers wait, and ends an older wait of the seat: an answer must arrive once, and one token must
// not keep many instances of a Lambda function busy. A program on standby never ends a wait of its agent:
// beginAgentWait then ends wait instead. A call that only looks in begins no silence.
func (a *Attendees) beginAgentWait(seat int, wait *Wait) {
	l := a.lock()
	defer l.unlock()
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
	if !wait.Looks {
		l.beginSilence()
		l.beginFreeTaskCheck()
	}
}

// endAgentWait ends wait, and the polling with the last wait.
func (a *Attendees) endAgentWait(seat int, wait *Wait) {
	l := a.lock()
	defer l.unlock()
	if l.waits[seat] == wait {
		delete(l.waits, seat)
		if cache := l.seats[seat]; cache != nil {
			cache.presence.endWait(a.now())
			// The agent is away now, so nobody waits for it. A program waits again at once, and others give what the
			// program has been called for its time: see room.Turn.
			if !wait.Standby && cache.presence.latest.BackAt().After(a.now()) {
				l.beginSilence()
			}
		}
		if _, here := a.log.Peek().Seated(seat); !here {
			delete(l.seats, seat)
		}
	}
	if len(l.waits) == 0 {
		l.waits = nil
		l.endSilence()
		l.endFreeTaskCheck()
	}
	l.endPollingIfIdle()
}
