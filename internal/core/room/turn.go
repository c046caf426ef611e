package room

import (
	"cmp"
	"slices"
	"time"
)

// How long a silence lasts before somebody gets the turn. Otherwise agents that all wait would wait forever.
const (
	TurnAfter  = 3 * time.Second  // after the last event
	TurnPasses = 30 * time.Second // to the next agent, if the agent with the turn says nothing
	// LateComers is how long others wait for a further newcomer after a join, while seats are free and nobody has
	// answered yet.
	LateComers = 60 * time.Second
)

// Turn decides who should speak when all present agents wait. Every process computes the same agent from the log
// and from what the agents are doing. Private words only begin the silence, and make debts of their addressees.
type Turn struct {
	Head     *Head
	Now      time.Time
	Attends  func(seat int) Attendance
	Seen     map[int]Presence  // by seat: tells which tasks have stalled
	Given    map[int]time.Time // by seat: when the seat got the turn in this silence
	everyone []Agent           // the agents that take part, in the order of their turns
}

// Next returns the seat that gets the turn now; 0 if none does. If seat is 0, again is the time until the next
// question, unless something happens; 0 if asking is pointless. An agent without company gets no turn unless it owes
// an answer.
func (t Turn) Next() (seat int, again time.Duration) {
	if wait := t.silence(); wait > 0 {
		return 0, wait
	}
	t.everyone = t.order()
	var waiting []Agent
	for _, agent := range t.everyone {
		if _, given := t.Given[agent.Seat]; given {
			continue // the agent had its turn, and nobody waits for it
		}
		waits, wait := t.waits(agent)
		if wait > 0 {
			return 0, wait
		}
		if waits {
			waiting = append(waiting, agent)
		}
	}
	if len(waiting) == 0 {
		return 0, 0
	}
	seat = t.first(waiting)
	if _, owes := t.Head.Talk.Owes(seat, t.Now); !owes && t.hasNoCompany(seat) {
		return 0, 0
	}
	return seat, 0
}

// hasNoCompany reports whether no agent in another seat is present: then nobody would hear a word. A person
// without an agent does not count, because a person reads in its own time.
func (t Turn) hasNoCompany(seat int) bool {
	return !slices.ContainsFunc(t.Head.Agents, func(a Agent) bool {
		return a.Seat != seat && a.TakesTurns(t.Now) && t.Attends(a.Seat).IsPresent(t.Now)
	})
}

// silence returns how long the silence must still last before anyone gets the turn. It begins with the last event of
// any kind, since the agent that an event has woken may still seem to wait.
func (t Turn) silence() time.Duration {
	head := t.Head
	until := time.UnixMilli(head.HeadMs).Add(TurnAfter)
	if len(head.Agents) < head.Capacity && !head.Recent.Begun() {
		for _, agent := range head.Agents {
			until = Latest(until, time.UnixMilli(agent.AtMs).Add(LateComers))
		}
	}
	for _, at := range t.Given {
		until = Latest(until, at.Add(TurnPasses))
	}
	return until.Sub(t.Now)
}

// waits reports whether agent can get the turn. wait, if not 0, says that everybody waits for agent, and for how long
// at most. Absent agents stall nobody: nobody waits for an agent silent for PresentFor or away, even if it owes an
// answer. An endpoint, and an agent with a hook or a program on standby, has PresentFor to answer what has called it:
// see lastCallOf. Otherwise an agent with a hook and without a wait has ended its turn: it never gets the turn, and
// the others wait only if it owes an answer and has just called. A program on standby is woken only if the agent owes
// an answer.
func (t Turn) waits(agent Agent) (waits bool, wait time.Duration) {
	at := t.Attends(agent.Seat)
	_, owes := t.Head.Talk.Owes(agent.Seat, t.Now)
	answers := max(0, t.lastCallOf(agent).Add(PresentFor).Sub(t.Now))
	switch {
	case at.Standby && owes, at.Waits:
		return true, 0
	case agent.IsEndpoint(), at.Standby, at.Hooked && answers > 0:
		return false, answers
	case at.BackAt.After(t.Now), at.Hooked && !owes:
		return false, 0
	}
	return false, max(0, at.Called.Add(PresentFor).Sub(t.Now))
}

// lastCallOf returns when agent was last called for something still unanswered, as far as the head tells: by name, or
// for an answer that agent owes. An endpoint is also called by a reply, and by each word of the only other agent.
func (t Turn) lastCallOf(agent Agent) (at time.Time) {
	recent := &t.Head.Recent
	at = recent.Named(agent.Seat)
	if debt, owes := t.Head.Talk.Owes(agent.Seat, t.Now); owes {
		at = Latest(at, time.UnixMilli(debt.AtMs))
	}
	if !agent.IsEndpoint() {
		return at
	}
	at = Latest(at, recent.Replied(agent.Seat))
	if _, last, said := recent.LastWord(); len(t.Head.Agents) <= 2 && last != agent.Seat {
		at = Latest(at, said)
	}
	return at
}

// order returns the agents that may get the turn, in the order of their joins, beginning after the agent that spoke
// last to all. If nobody has spoken, the newcomer is first: a newcomer has just called, so it is surely there. An
// agent that waits for its person gets no turn, even if it owes an answer, nor does a person without an agent.
func (t Turn) order() []Agent {
	head := t.Head
	order := slices.Clone(head.Agents)
	_, last, _ := head.Recent.LastWord()
	if i := slices.IndexFunc(order, func(agent Agent) bool { return agent.Seat == last }); i >= 0 {
		order = slices.Concat(order[i+1:], order[:i+1])
	} else {
		slices.Reverse(order)
	}
	return slices.DeleteFunc(order, func(agent Agent) bool {
		_, owes := head.Talk.Owes(agent.Seat, t.Now)
		return !agent.TakesTurns(t.Now) || head.Silenced(agent) && !owes || !t.canAct(agent) ||
			!owes && (head.Talk.IsDone(agent.Seat) || head.Ended(agent, t.Now))
	})
}

// canAct reports whether agent could do something with the turn. If agents have said as much as they may, no agent
// can. If tasks are open, an agent must owe an answer, have a task or be able to take one, unless nobody works on a
// task and none is offered to others: then somebody has to speak.
func (t Turn) canAct(agent Agent) bool {
	head := t.Head
	if head.runIsOver() {
		return false
	}
	_, owes := head.Talk.Owes(agent.Seat, t.Now)
	others := false
	for _, task := range head.Tasks {
		if !agent.SeesTask(task.N) {
			continue
		}
		free := head.IsFreeFor(agent, task, t.Seen, t.Now)
		if task.Holder.Is(agent) || free && head.QuestionOf(task, t.Now) == 0 {
			return true
		}
		only, _ := head.offeredTo(task, t.Now)
		others = others || task.Holder.Seat != 0 || len(only) > 0 && len(head.WaitsFor(task)) == 0
	}
	return owes || !others
}

// first returns the seat of the agent that is first among waiting: one that owes an answer and awaits none, the
// oldest debt first; one that owes an answer; the next in order that awaits none; the next in order. An agent that
// awaits an answer could say little before the answer comes.
func (t Turn) first(waiting []Agent) int {
	talk := t.Head.Talk
	rank := func(agent Agent) (int, int64) {
		debt, owes := talk.Owes(agent.Seat, t.Now)
		awaits := t.Head.OwedTo(agent.Seat, t.Now) > 0
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

// Opens reports whether agent, new among others, is to speak first. If several talk already, agent need not. If another
// newcomer within LateComers has yet to speak, the other was told to speak first: otherwise both would speak at once.
func (h *Head) Opens(agent Agent, now time.Time) bool {
	if h.Others(agent.Seat) == 0 || h.Recent.Begun() && h.Others(agent.Seat) > 1 {
		return false
	}
	first := slices.MinFunc(h.Agents, func(x, y Agent) int { return cmp.Compare(x.Joined, y.Joined) })
	return !slices.ContainsFunc(h.Agents, func(x Agent) bool {
		last, spoke := h.Recent.Said(x.Seat)
		return x.Seat != agent.Seat && x.Seat != first.Seat && x.ActsByItself() && !h.Silenced(x) &&
			now.Sub(time.UnixMilli(x.AtMs)) < LateComers && !(spoke && last.N > x.Joined)
	})
}
