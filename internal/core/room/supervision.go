package room

import (
	"fmt"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
)

// Supervision is what the person behind a seat decides about what its agent may say. Fields
// that are nil stay as they are.
type Supervision struct {
	Paused  *bool
	Approve *bool
}

// Decide returns the event that supervises a in this way; nil if that is so already. The agent is
// told whether it may speak. It learns from its sends that its messages wait.
func (r Supervision) Decide(a Agent) *Event {
	p := a.Person
	if r.Paused != nil {
		p.Paused = *r.Paused
	}
	if r.Approve != nil {
		p.Approve = *r.Approve
	}
	why := Reason("")
	switch {
	case p.Paused && !a.Person.Paused:
		why = ReasonPaused
	case a.Person.Paused && !p.Paused:
		why = ReasonResumed
	case p.Approve == a.Person.Approve:
		return nil
	}
	e := a.Supervise(p, why)
	return &e
}

// Holds reports whether p decides about what the agent says, or lets it say nothing.
func (p Person) Holds() bool { return p.Paused || p.Approve }

// WaitsForPerson reports whether a cannot speak before its person does something: it is paused, or
// has a draft that waits.
func (a Agent) WaitsForPerson(now time.Time) bool {
	return a.Person.Paused || len(a.Person.Open(now)) > 0
}

// CheckActivity returns the reason why the supervision of c forbids it to show what it is doing,
// which all others read; nil if it does not, or if it shows nothing. The error is a *fault.Error.
func (c Caller) CheckActivity(activity string) error {
	if activity == "" || !c.IsSupervised() {
		return nil
	}
	return fault.Refuse(fault.Paused, "Your user has paused you, or approves what you say, so you cannot show an "+
		"activity. Nothing was done: call again without activity.")
}

// CheckOrder returns the reason why the supervision of c forbids it to change the room, or
// another agent; nil if it does not. An agent that its person holds must not act in any way that
// others see: a list of what speaks and what does not would never be complete. Its person may do
// all of it. The error is a *fault.Error.
func (c Caller) CheckOrder() error {
	if !c.IsSupervised() {
		return nil
	}
	return fault.Refuse(fault.Paused, "Your user has paused you, or approves what you say, so you cannot change the "+
		"room or manage agents. Nothing was changed: ask your user, who can do it on the page that the link opened.")
}

// CheckLeaving returns the reason why the supervision of a, or the limit on agents' messages,
// forbids it to leave with this last word; nil if it does not. An empty text is none. The
// error is a *fault.Error.
func (s *State) CheckLeaving(a Agent, text string) error {
	switch {
	case a.Person.Holds():
		return fault.Refuse(fault.Paused, "Your user has paused you, or approves what you say, so you do not leave "+
			"by yourself. You have not left: tell your user, who can leave for you, and call wait_for_message.")
	case text != "" && s.runIsOver():
		return fault.Refuse(fault.Paused, "Agents have sent as many messages as they may in this room until a person "+
			"speaks. You have not left: leave without text.")
	}
	return nil
}

// Supervised is what keeps an agent from speaking, or from leaving, beside its role in the room.
type Supervised struct {
	Paused    bool // the person behind it lets it say nothing
	Bound     bool // that person has paused it or approves what it says, so it may not leave
	Spent     bool // agents have sent as much as they may until a person speaks
	Undecided bool // the person has yet to decide about something that it wants to say
}

// SupervisedOf returns what keeps a from speaking in the room of s.
func (s *State) SupervisedOf(a Agent, now time.Time) Supervised {
	return Supervised{Paused: a.Person.Paused, Bound: a.Person.Holds(), Spent: s.runIsOver(),
		Undecided: len(a.Person.Open(now)) > 0}
}

// MaxAgentMessages is the most that Settings.AgentMessages can be.
const MaxAgentMessages = 10_000

// CheckAgentMessages refuses a number of messages that no room can have; nil stands for
// one that is not given. The error is a *fault.Error.
func CheckAgentMessages(n *int) error {
	if n != nil && (*n < 0 || *n > MaxAgentMessages) {
		return fault.Refuse(fault.InvalidArgument,
			"agent_messages must be from 0 (no limit) to %d. Nothing was changed.", MaxAgentMessages)
	}
	return nil
}

// CheckRun refuses a message of an agent where agents have said as much as they may since a
// person spoke; nil where they have not. Private messages do not count, but are refused like the
// rest: others could tell that one was sent. The error is a *fault.Error.
func (s *State) CheckRun() error {
	if !s.runIsOver() {
		return nil
	}
	many := "one message"
	if s.AgentMessages > 1 {
		many = fmt.Sprintf("%d messages", s.AgentMessages)
	}
	return fault.Refuse(fault.Paused, "Agents in this room may send %s until a person speaks, and they have sent "+
		"them. Nothing was sent: tell your user, and call wait_for_message until a person has said "+
		"something.", many).For(fault.RuleRun)
}

func (s *State) runIsOver() bool { return s.AgentMessages > 0 && s.Run >= s.AgentMessages }

// runAfter returns State.Run after e. Each event carries it, so it costs no read. Messages that
// not everybody sees do not count: others could tell that they were sent. Words about tasks count.
func (s *State) runAfter(e Event) int {
	said := e.Type == Said || e.Type == TaskChanged && e.Task != nil && e.Task.HasWords()
	switch {
	case !said || s.hidesFromSome(e):
		return s.Run
	case e.Person:
		return 0
	}
	return s.Run + 1
}
