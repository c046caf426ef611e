package presence

import (
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/room"
)

// Wait is a call that waits, from BeginWait to EndWait.
type Wait struct {
	Began          time.Time
	Until          time.Time     // its end
	Due            time.Time     // when to renew the caller's presence first
	AnnouncedUntil time.Time     // until when others see the wait; zero: they do not
	PassedTo       int64         // the last event when the wait went on past an answer; 0: none
	Standby        bool          // a program waits for the agent
	Looks          bool          // the call lasts no time, so the agent does not wait
	Superseded     chan struct{} // closed by a younger wait of the agent, or by too many waits of the person; nil: never
	Yields         bool          // superseded because the agent itself waits; set before Superseded is closed
	Turn           chan int64    // receives the last word whose silence gives the caller the turn: see ClaimTurn
	Task           chan int64    // receives the number of a free task for the caller
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
func (r *Attendees) BeginWait(caller *room.Caller, wait *Wait) {
	if !caller.IsPerson() {
		r.beginAgentWait(caller.Seat, wait)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.watches == nil {
		r.watches = map[int][]*Wait{}
	}
	open := append(r.watches[caller.Seat], wait)
	if len(open) > core.MaxWatches {
		close(open[0].Superseded)
		open = slices.Delete(open, 0, 1)
	}
	r.watches[caller.Seat] = open
}

// EndWait ends wait, a wait of caller.
func (r *Attendees) EndWait(caller *room.Caller, wait *Wait) {
	if !caller.IsPerson() {
		r.endAgentWait(caller.Seat, wait)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	open := slices.DeleteFunc(r.watches[caller.Seat], func(other *Wait) bool { return other == wait })
	r.watches[caller.Seat] = open
	if len(open) == 0 {
		delete(r.watches, caller.Seat)
		if m := r.seats[caller.Seat]; m != nil && caller.IsPersonOnly() {
			m.presence.endWait(r.now())
		}
	}
	if _, here := r.log.Peek().Seated(caller.Seat); !here {
		delete(r.seats, caller.Seat)
	}
	r.endPollingIfIdle()
}

// beginAgentWait registers wait, and ends an older wait of the seat: an answer must arrive once, and one token must
// not keep many instances of a Lambda function busy. A program on standby never ends a wait of its agent:
// beginAgentWait then ends wait instead. A call that only looks in begins no silence.
func (r *Attendees) beginAgentWait(seat int, wait *Wait) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.waits == nil {
		r.waits = map[int]*Wait{}
	}
	if older := r.waits[seat]; older != nil {
		if wait.Standby && !older.Standby {
			wait.Yields = true
			close(wait.Superseded)
			return
		}
		older.Yields = older.Standby && !wait.Standby
		close(older.Superseded)
	}
	r.waits[seat] = wait
	if !wait.Looks {
		r.beginSilence()
		r.beginFreeTaskCheck()
	}
}

// endAgentWait ends wait, and the polling with the last wait.
func (r *Attendees) endAgentWait(seat int, wait *Wait) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.waits[seat] == wait {
		delete(r.waits, seat)
		if m := r.seats[seat]; m != nil {
			m.presence.endWait(r.now())
			if m.presence.latest.BackAt().After(r.now()) {
				r.beginSilence() // the agent is away now, so nobody waits for it
			}
		}
		if _, here := r.log.Peek().Seated(seat); !here {
			delete(r.seats, seat)
		}
	}
	if len(r.waits) == 0 {
		r.waits = nil
		r.endSilence()
		r.endFreeTaskCheck()
	}
	r.endPollingIfIdle()
}
