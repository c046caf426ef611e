package room

import "time"

// Four rules ask whether an agent is there. Each has a column in the table, since each counts other signs:
//
//	seen      State: what others see the agent do
//	turn      Attendance.IsPresent: may the agent act soon, so that turns and partly answered requests wait for it?
//	heir      Liveness.isPresent: may the agent become admin at once?
//	partner   IsGone: may the agent of a pair come back? In the table it may for five minutes.
//
// In the cases it is 12:00. If Bob waits, others see his wait until 12:04.
//
//	                                                     seen     turn  heir  partner
//	1. Bob waits since 11:50                             waiting  yes   yes   yes
//	2. Bob waited from 11:50 until 10 s ago              waiting  yes   yes   yes
//	3. Bob waits since 11:50, and was woken 20 s ago     silent   yes   yes   yes
//	4. Bob called at 11:00, and a program waits for him  standby  yes   yes   yes
//	5. Bob called at 11:00, and has a hook               standby  yes   no    yes
//	6. Bob called at 11:59, and will be back at 12:30    away     no    yes   yes
//	7. Bob called at 11:59                               busy     yes   yes   yes
//	8. Bob called at 11:57                               silent   no    no    yes
//	9. Bob called at 11:54                               silent   no    no    no
//
// A fifth, presence.Attendees.HasCompany, asks without a read whether anybody is there who would not be seen as away.

// PresentFor is how long after its last call an agent without a wait counts as present.
const PresentFor = 2 * time.Minute

// BetweenWaits is how long after its wait an agent still counts as waiting, since clients call wait again and again.
// Otherwise an agent that reads a message after a long wait would count as silent until its next call.
const BetweenWaits = 15 * time.Second

// AgentState is what others see an agent do.
type AgentState string

// The states of an agent.
const (
	AgentWaiting AgentState = "waiting" // a wait is open: the agent will read at once
	AgentStandby AgentState = "standby" // a program or a hook wakes the agent
	AgentAway    AgentState = "away"    // until a time that the agent has announced
	AgentBusy    AgentState = "busy"    // its last call was within PresentFor, and no wait is open
	AgentSilent  AgentState = "silent"  // its last call is older
)

// State returns what others see agent do, whose presence is p.
//
// talk: states
func (p Presence) State(head *Head, agent Agent, now time.Time) AgentState {
	at, woken := p.WokenAt(head, agent.Seat)
	waits, mayWait := now.Before(p.WaitsUntil()), now.Before(p.WaitsUntil().Add(BetweenWaits))
	switch {
	case p.Standby && mayWait, !waits && agent.HookedUntil(p).After(now): // 4, 5
		return AgentStandby
	case (waits || mayWait && !now.Before(p.BackAt())) &&
		(!woken || p.ForMe || agent.IsPersonOnly() || now.Sub(at) < BetweenWaits): // 1, 2
		return AgentWaiting
	case now.Before(p.BackAt()): // 6
		return AgentAway
	case now.Sub(p.At()) < PresentFor: // 7
		return AgentBusy
	}
	return AgentSilent // 3, 8, 9
}

// WokenAt returns when an event last came that ends a wait of the seat. woken is false if the wait of p began after
// that event, or went on past it. If only messages meant for the agent end the wait, the wait may still be open.
func (p Presence) WokenAt(head *Head, seat int) (at time.Time, woken bool) {
	n, at := head.NewestWakeup(seat)
	return at, n > p.WaitFrom
}

// Attendance is what an agent is doing, as far as turns depend on it.
type Attendance struct {
	Waits   bool      // the agent's own wait is open
	Standby bool      // a program waits for the agent's messages, and wakes the agent
	Called  time.Time // the agent's last call
	BackAt  time.Time // the announced return; zero or past: not away
	Hooked  bool      // a hook is called when something comes
}

// IsPresent reports whether the agent may act soon: neither silent nor away.
func (at Attendance) IsPresent(now time.Time) bool {
	away := at.BackAt.After(now)
	return at.Waits || at.Standby || at.Hooked || !away && at.Called.Add(PresentFor).After(now)
}

// Attendance returns what agent is doing, as far as the stored presence p tells. The stored end of the wait may
// be too early by slack.
func (p Presence) Attendance(head *Head, agent Agent, now time.Time, slack time.Duration) Attendance {
	called, until := Latest(time.UnixMilli(agent.AtMs), p.OwnUntil()), p.WaitsUntil()
	if p.UntilMs != 0 {
		until = until.Add(slack)
	}
	at, woken := p.WokenAt(head, agent.Seat)
	woken = woken && !p.ForMe
	open := now.Before(until) && (p.Standby || !woken)
	if !open {
		called = Earliest(called, now)
		if woken {
			called = Earliest(called, Latest(time.UnixMilli(agent.AtMs), p.At(), at))
		}
	}
	return Attendance{Waits: open && !p.Standby, Standby: open && p.Standby, Called: called, BackAt: p.BackAt(),
		Hooked: agent.HookedUntil(p).After(now)}
}

// isPresent reports whether agent was heard within PresentFor, waits, or has a waiting program on standby.
func (l Liveness) isPresent(head *Head, agent Agent, now time.Time) bool {
	heard, _ := l.LastHeard(head, agent)
	return Latest(heard.Add(PresentFor), l.Presence[agent.Seat].WaitsUntil()).After(now)
}

// IsGone reports whether agent, whose presence is p, has neither called nor waited within the time long, and no hook
// would wake it.
func (p Presence) IsGone(agent Agent, now time.Time, long time.Duration) bool {
	return now.Sub(Latest(p.At(), p.WaitsUntil())) >= long && !agent.HookedUntil(p).After(now)
}
