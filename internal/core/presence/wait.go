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
	if !caller.IsPerson() {
		a.beginAgentWait(caller.Seat, wait)
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.watches == nil {
		a.watches = map[int][]*Wait{}
	}
	open := append(a.watches[caller.Seat], wait)
	if len(open) > core.MaxWatches {
		close(open[0].Superseded)
		open = slices.Delete(open, 0, 1)
	}
	a.watches[caller.Seat] = open
}

// EndWait ends wait, a wait of caller.
func (a *Attendees) EndWait(caller *room.Caller, wait *Wait) {
	if !caller.IsPerson() {
		a.endAgentWait(caller.Seat, wait)
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	open := slices.DeleteFunc(a.watches[caller.Seat], func(other *Wait) bool { return other == wait })
	a.watches[caller.Seat] = open
	if len(open) == 0 {
		delete(a.watches, caller.Seat)
		if cache := a.seats[caller.Seat]; cache != nil && caller.IsPersonOnly() {
			cache.presence.endWait(a.now())
		}
	}
	if _, here := a.log.Peek().Seated(caller.Seat); !here {
		delete(a.seats, caller.Seat)
	}
	a.endPollingIfIdle()
}

// beginAgentWait registers wait, and ends an older wait of the seat: an answer must arrive once, and one token must
// not keep many instances of a Lambda function busy. A program on standby never ends a wait of its agent:
// beginAgentWait then ends wait instead. A call that only looks in begins no silence.
func (a *Attendees) beginAgentWait(seat int, wait *Wait) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.waits == nil {
		a.waits = map[int]*Wait{}
	}
	if older := a.waits[seat]; older != nil {
		if wait.Standby && !older.Standby {
			wait.Yields = true
			close(wait.Superseded)
			return
		}
		older.Yields = older.Standby && !wait.Standby
		close(older.Superseded)
	}
	a.waits[seat] = wait
	if !wait.Looks {
		a.beginSilence()
		a.beginFreeTaskCheck()
	}
}

// endAgentWait ends wait, and the polling with the last wait.
func (a *Attendees) endAgentWait(seat int, wait *Wait) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.waits[seat] == wait {
		delete(a.waits, seat)
		if cache := a.seats[seat]; cache != nil {
			cache.presence.endWait(a.now())
			// The agent is away now, so nobody waits for it. A program waits again at once, and others give what the
			// program has been called for its time: see room.Turn.
			if !wait.Standby && cache.presence.latest.BackAt().After(a.now()) {
				a.beginSilence()
			}
		}
		if _, here := a.log.Peek().Seated(seat); !here {
			delete(a.seats, seat)
		}
	}
	if len(a.waits) == 0 {
		a.waits = nil
		a.endSilence()
		a.endFreeTaskCheck()
	}
	a.endPollingIfIdle()
}
