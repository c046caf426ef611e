package room

import (
	"fmt"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
)

// Supervision is what the person behind a seat decides about what its agent may say. Fields
// that are nil stay as they are.
type Supervision struct {
	Paused      *bool
	Approve     *bool      // all messages, or none
	ApproveSome *Selection // only these; in place of Approve
}

// Selection says which messages of an agent its person approves, if not all: those of any kind that is set. The zero
// value selects none.
type Selection struct {
	Private    bool `json:"private,omitempty"`    // that not everybody sees
	Files      bool `json:"files,omitempty"`      // with a file
	Agreements bool `json:"agreements,omitempty"` // proposals, votes, and what takes a proposal back
}

// selectable are the kinds of messages in a Selection, by the names that a person gives.
var selectable = []struct {
	name string
	in   func(*Selection) *bool
}{
	{"private", func(x *Selection) *bool { return &x.Private }},
	{"files", func(x *Selection) *bool { return &x.Files }},
	{"agreements", func(x *Selection) *bool { return &x.Agreements }},
}

// SelectionOf returns the selection of these names. The error is a *fault.Error.
func SelectionOf(names []string) (x Selection, err error) {
	for i, name := range names {
		known := false
		for _, kind := range selectable {
			if strings.EqualFold(kind.name, name) {
				*kind.in(&x), known = true, true
			}
		}
		if !known {
			return Selection{}, fault.Refuse(fault.InvalidArgument, "approve_some: number %d is none of private, "+
				"files and agreements. Nothing was changed.", i+1)
		}
	}
	return x, nil
}

// Names returns the names of what x selects; nil for nothing.
func (x Selection) Names() (names []string) {
	for _, kind := range selectable {
		if *kind.in(&x) {
			names = append(names, kind.name)
		}
	}
	return names
}

// Decide returns the event that supervises a in this way; nil if that is so already. The agent is
// told whether it may speak. It learns from its sends that its messages wait.
func (r Supervision) Decide(a Agent) *Event {
	p := a.Person
	if r.Paused != nil {
		p.Paused = *r.Paused
	}
	if r.Approve != nil {
		p.Approve, p.ApproveSome = *r.Approve, Selection{}
	}
	if r.ApproveSome != nil {
		p.Approve, p.ApproveSome = *r.ApproveSome != Selection{}, *r.ApproveSome
	}
	why := Reason("")
	switch {
	case p.Paused && !a.Person.Paused:
		why = ReasonPaused
	case a.Person.Paused && !p.Paused:
		why = ReasonResumed
	case p.Approve == a.Person.Approve && p.ApproveSome == a.Person.ApproveSome:
		return nil
	}
	e := a.Supervise(p, why)
	return &e
}

// Holds reports whether p decides about what the agent says, if only about some of it, or lets it say nothing. An agent
// that is held must not act in any way that others see but by messages: an activity, a task or the name of a room could
// have the words that its person wants to see first.
func (p Person) Holds() bool { return p.Paused || p.Approve }

// NeedsApproval reports whether message e of c, which Compose has completed for the room of s, becomes a draft, about
// which the person behind c decides. It looks at the complete message, so that a vote on a private proposal is private
// although its agent names nobody. A message that ends tasks becomes a draft whatever is selected, because an agent
// that is held changes no task.
func (s *State) NeedsApproval(c Caller, e Event) bool {
	some := c.Person.ApproveSome
	switch {
	case c.IsPerson() || !c.Person.Approve:
		return false
	case some == Selection{}, len(e.Finishes) > 0:
		return true
	}
	return some.Private && len(e.To) > 0 || some.Files && e.File != nil ||
		some.Agreements && (e.Kind == Proposal || e.IsVote() || s.Talk.isProposal(e.Withdraws))
}

// WaitsForPerson reports whether a may be unable to speak before its person does something: it is paused, or
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
