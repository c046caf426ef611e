package room

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// How long a silence lasts before somebody gets the turn. Otherwise agents that all wait would wait forever.
const (
	TurnAfter  = 3 * time.Second  // after the last event
	TurnPasses = 30 * time.Second // to the next agent, if the agent with the turn says nothing
)

// Turn decides who should speak when all present agents wait. Every process computes the same agent from the log
// and from what the agents are doing. Private words only begin the silence, and make debts of their addressees.
//
// talk: turns
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
	until := time.UnixMilli(t.Head.HeadMs).Add(TurnAfter)
	for _, at := range t.Given {
		until = Latest(until, at.Add(TurnPasses))
	}
	return until.Sub(t.Now)
}

// waits reports whether agent can get the turn. wait, if not 0, says that everybody waits for agent, and for how long
// at most. Nobody waits for an agent that is away, or was not heard for PresentFor. An agent that a call or a program
// wakes is waited for only if it owes an answer: it is then heard when it is asked, and when it calls.
func (t Turn) waits(agent Agent) (waits bool, wait time.Duration) {
	at := t.Attends(agent.Seat)
	debt, owes := t.Head.Talk.Owes(agent.Seat, t.Now)
	called := at.Hooked || agent.IsEndpoint()
	switch {
	case at.Waits, at.Standby && owes:
		return true, 0
	case called && owes:
		at.Called = Latest(at.Called, time.UnixMilli(debt.AtMs))
	case called, at.Standby, at.BackAt.After(t.Now):
		return false, 0
	}
	return false, max(0, at.Called.Add(PresentFor).Sub(t.Now))
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
// task: then somebody has to speak.
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
		others = others || task.Holder.Seat != 0
	}
	return owes || !others
}

// first returns the seat of the agent that is first among waiting: one that owes an answer, the oldest debt first; else
// the next in order.
func (t Turn) first(waiting []Agent) int {
	return slices.MinFunc(waiting, func(a, b Agent) int { return cmp.Compare(t.debt(a), t.debt(b)) }).Seat
}

// debt returns the oldest message to which agent owes an answer; math.MaxInt64 if it owes none.
func (t Turn) debt(agent Agent) int64 {
	if debt, owes := t.Head.Talk.Owes(agent.Seat, t.Now); owes {
		return debt.N
	}
	return math.MaxInt64
}
