package room

import (
	"cmp"
	"slices"
	"time"
)

// How long a silence lasts before it is broken. Without that, agents that all wait would wait
// forever.
const (
	TurnAfter  = 3 * time.Second  // after the last word
	TurnPasses = 30 * time.Second // to the next agent, if the one that has the turn says nothing
	// LateComers is how long after a join the others are given, while seats are free
	// and nobody has answered yet.
	LateComers = 60 * time.Second
)

// Attendance is what an agent is doing, for the question whose turn it is.
type Attendance struct {
	Waits   bool      // a wait of its own is open
	Standby bool      // a program waits for its messages, and wakes it
	Called  time.Time // its last call
	BackAt  time.Time // its announced return; zero or past: it is not away
	Hooked  bool      // a hook calls it when something comes
}

// IsPresent reports whether the agent may act soon: it is neither silent nor away.
func (at Attendance) IsPresent(now time.Time) bool {
	away := at.BackAt.After(now)
	return at.Waits || at.Standby || at.Hooked || !away && at.Called.Add(PresentFor).After(now)
}

// Attendance returns what agent a is doing, as far as its stored presence p tells. The end of its
// wait may be stored too early by slack.
func (p Presence) Attendance(h *Head, a Agent, now time.Time, slack time.Duration) Attendance {
	called, until := Latest(time.UnixMilli(a.AtMs), p.OwnUntil()), p.WaitsUntil()
	if p.UntilMs != 0 {
		until = until.Add(slack)
	}
	woken, at := h.NewestWakeup(a.Seat)
	open := now.Before(until) && (p.Standby || p.ForMe || woken <= p.Head)
	if !open {
		called = Earliest(called, now)
		if woken > p.Head && !p.ForMe { // that ended its wait
			called = Earliest(called, Latest(time.UnixMilli(a.AtMs), p.At(), at))
		}
	}
	return Attendance{Waits: open && !p.Standby, Standby: open && p.Standby, Called: called, BackAt: p.BackAt(),
		Hooked: a.HookedUntil(p).After(now)}
}

// Turn decides who should speak where all who are present wait. Every process computes the same
// agent from the log and from what the agents are doing. Private words decide nothing, except by
// the debts of their addressees.
type Turn struct {
	Head     *Head
	Now      time.Time
	Attends  func(seat int) Attendance
	Seen     map[int]Presence  // by seat: what tells which tasks have stalled
	Given    map[int]time.Time // by seat: when it was given the turn in this silence
	everyone []Agent           // who takes part, in the order of their turns
}

// Next returns the seat that gets the turn now; 0 if none does. Then again is how long to wait
// before asking again, unless something happens; 0 if that is pointless. An agent that is alone
// gets no turn unless it owes an answer.
func (t Turn) Next() (seat int, again time.Duration) {
	if wait := t.silence(); wait > 0 {
		return 0, wait
	}
	t.everyone = t.order()
	var waiting []Agent
	for _, a := range t.everyone {
		if _, given := t.Given[a.Seat]; given {
			continue // it had its turn, and is not waited for
		}
		waits, wait := t.waits(a)
		if wait > 0 {
			return 0, wait
		}
		if waits {
			waiting = append(waiting, a)
		}
	}
	if len(waiting) == 0 {
		return 0, 0
	}
	seat = t.first(waiting)
	if _, owes := t.Head.Talk.Owes(seat, t.Now); !owes && t.isAlone(seat) {
		return 0, 0
	}
	return seat, 0
}

// isAlone reports whether no agent but that of a seat is present: then none would hear it. A
// person without an agent does not count, because a person reads in its own time.
func (t Turn) isAlone(seat int) bool {
	return !slices.ContainsFunc(t.Head.Agents, func(a Agent) bool {
		return a.Seat != seat && a.TakesTurns(t.Now) && t.Attends(a.Seat).IsPresent(t.Now)
	})
}

// silence returns how long the silence must last before anyone gets the turn. Joins, leaves and
// messages of kind Status do not end a silence.
func (t Turn) silence() time.Duration {
	h := t.Head
	n, _, said := h.Recent.LastWord()
	joined := time.Time{}
	for _, a := range h.Agents {
		joined = Latest(joined, time.UnixMilli(a.AtMs))
	}
	until := Latest(said, joined).Add(TurnAfter)
	if n > 0 {
		until = said.Add(TurnAfter)
	}
	if len(h.Agents) < h.Capacity && !h.Recent.Begun() {
		until = Latest(until, joined.Add(LateComers))
	}
	for _, at := range t.Given {
		until = Latest(until, at.Add(TurnPasses))
	}
	return until.Sub(t.Now)
}

// waits reports whether a can be given the turn. wait, if not 0, says that everybody waits for a,
// and for how long at most. Absent agents stall nobody: an agent that is silent for PresentFor or
// away is not waited for, even if it owes an answer. An agent that something wakes (a hook, a program on standby, or
// as an endpoint) is waited for PresentFor since it was called: see lastCallOf. Else one with a hook that does not
// wait itself has ended its turn: it is never given this one, and is waited for only if it owes an answer and has just
// called. A program on standby is woken only if its agent owes one.
func (t Turn) waits(a Agent) (waits bool, wait time.Duration) {
	at := t.Attends(a.Seat)
	_, owes := t.Head.Talk.Owes(a.Seat, t.Now)
	answers := max(0, t.lastCallOf(a).Add(PresentFor).Sub(t.Now))
	switch {
	case at.Standby && owes, at.Waits:
		return true, 0
	case a.IsEndpoint(), at.Standby, at.Hooked && answers > 0:
		return false, answers
	case at.BackAt.After(t.Now), at.Hooked && !owes:
		return false, 0
	}
	return false, max(0, at.Called.Add(PresentFor).Sub(t.Now))
}

// lastCallOf returns when a was last called for something that it has not answered, as far as that is known without the
// log: by its name, or for what it owes an answer to. A reply calls an endpoint, too, and so does each word of the only
// other agent.
func (t Turn) lastCallOf(a Agent) (at time.Time) {
	recent := &t.Head.Recent
	at = recent.Named(a.Seat)
	if debt, owes := t.Head.Talk.Owes(a.Seat, t.Now); owes {
		at = Latest(at, time.UnixMilli(debt.AtMs))
	}
	if !a.IsEndpoint() {
		return at
	}
	at = Latest(at, recent.Replied(a.Seat))
	if _, last, said := recent.LastWord(); len(t.Head.Agents) <= 2 && last != a.Seat {
		at = Latest(at, said)
	}
	return at
}

// order returns the agents that may be given the turn, round the room from the last agent that
// spoke to all. If nobody has spoken, the newcomer is first: it has just called, so it is surely
// there. Nobody waits for an agent that waits for its person, even if it owes an answer, nor for
// a person without an agent.
func (t Turn) order() []Agent {
	h := t.Head
	order := slices.Clone(h.Agents)
	_, last, _ := h.Recent.LastWord()
	if i := slices.IndexFunc(order, func(a Agent) bool { return a.Seat == last }); i >= 0 {
		order = slices.Concat(order[i+1:], order[:i+1])
	} else {
		slices.Reverse(order)
	}
	return slices.DeleteFunc(order, func(a Agent) bool {
		_, owes := h.Talk.Owes(a.Seat, t.Now)
		return !a.TakesTurns(t.Now) || h.Silenced(a) || !t.canAct(a) ||
			!owes && (h.Talk.IsDone(a.Seat) || h.Ended(a, t.Now))
	})
}

// canAct reports whether a could do something with the turn. Where agents have said as much as they may, none can.
// Where tasks are open, only one that owes an answer, has a task or may take one can, unless nobody works on any and
// none is offered to others: then somebody has to speak.
func (t Turn) canAct(a Agent) bool {
	h := t.Head
	if h.runIsOver() {
		return false
	}
	_, owes := h.Talk.Owes(a.Seat, t.Now)
	others := false
	for _, x := range h.Tasks {
		if !a.SeesTask(x.N) {
			continue
		}
		if x.Holder.Is(a) || h.Free(a, x, t.Seen, t.Now) || h.Yields(x, a, t.Seen, t.Now) {
			return true
		}
		only, _ := h.offeredTo(x, t.Now)
		others = others || x.Holder.Seat != 0 || len(only) > 0 && len(h.WaitsFor(x)) == 0
	}
	return owes || !others
}

// first returns which of the agents that wait is first: one that owes an answer and
// awaits none, the oldest debt first; one that owes at all; the next in order that awaits
// none; the next in order. One that awaits an answer could say little before it comes.
func (t Turn) first(waiting []Agent) int {
	talk := t.Head.Talk
	rank := func(a Agent) (int, int64) {
		debt, owes := talk.Owes(a.Seat, t.Now)
		awaits := t.Head.OwedTo(a.Seat, t.Now) > 0
		switch {
		case owes && !awaits:
			return 0, debt.N
		case owes:
			return 1, debt.N
		case !awaits:
			return 2, 0
		}
		return 3, 0
	}
	return slices.MinFunc(waiting, func(a, b Agent) int {
		ra, na := rank(a)
		rb, nb := rank(b)
		return cmp.Or(ra-rb, cmp.Compare(na, nb))
	}).Seat
}

// Opens reports whether a, which has just joined others, is to speak first. Where several talk already it need not. If
// another has joined the others within LateComers and has yet to speak, that one was told to: two would cross.
func (h *Head) Opens(a Agent, now time.Time) bool {
	if h.Others(a.Seat) == 0 || h.Recent.Begun() && h.Others(a.Seat) > 1 {
		return false
	}
	first := slices.MinFunc(h.Agents, func(x, y Agent) int { return cmp.Compare(x.Joined, y.Joined) })
	return !slices.ContainsFunc(h.Agents, func(x Agent) bool {
		u, spoke := h.Recent.Said(x.Seat)
		return x.Seat != a.Seat && x.Seat != first.Seat && x.ActsByItself() && !h.Silenced(x) &&
			now.Sub(time.UnixMilli(x.AtMs)) < LateComers && !(spoke && u.N > x.Joined)
	})
}
