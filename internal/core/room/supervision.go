package room

import (
	"fmt"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core"
)

// Supervision is what the person behind a seat decides about the messages of the agent. Nil fields stay as they
// are.
type Supervision struct {
	Paused      *bool
	Approve     *bool      // all messages, or none
	ApproveSome *Selection // only these messages; in place of Approve
}

// Selection says which messages of an agent the person approves, if not all: those of any set kind. The zero
// value selects none.
type Selection struct {
	Private    bool `json:"private,omitempty"`    // not visible to everybody
	Files      bool `json:"files,omitempty"`      // with a file
	Agreements bool `json:"agreements,omitempty"` // proposals, votes, and withdrawals of proposals
}

// selectable are the kinds of messages in a Selection, by the names that people use.
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

// Names returns the names of the kinds in x; nil for none.
func (x Selection) Names() (names []string) {
	for _, kind := range selectable {
		if *kind.in(&x) {
			names = append(names, kind.name)
		}
	}
	return names
}

// Decide returns the event that applies r to agent, or nil if nothing changes. The event tells the agent
// whether it may speak. The agent learns from its sends that messages wait.
func (r Supervision) Decide(agent Agent) *Event {
	person := agent.Person
	if r.Paused != nil {
		person.Paused = *r.Paused
	}
	if r.Approve != nil {
		person.Approve, person.ApproveSome = *r.Approve, Selection{}
	}
	if r.ApproveSome != nil {
		person.Approve, person.ApproveSome = *r.ApproveSome != Selection{}, *r.ApproveSome
	}
	why := Reason("")
	switch {
	case person.Paused && !agent.Person.Paused:
		why = ReasonPaused
	case agent.Person.Paused && !person.Paused:
		why = ReasonResumed
	case person.Approve == agent.Person.Approve && person.ApproveSome == agent.Person.ApproveSome:
		return nil
	}
	event := agent.Supervise(person, why)
	return &event
}

// Supervises reports whether p has paused the agent, or approves all or some of its messages. A supervised agent may
// act in a visible way only by messages: an activity, a task or the name of a room could have the words that the
// person wants to see first.
func (p Person) Supervises() bool { return p.Paused || p.Approve }

// NeedsApproval reports whether message event of caller becomes a draft for the person behind caller. ProposeMessage
// has completed event for the room of s, so a vote on a private proposal is private although its agent names nobody.
// A message that ends tasks becomes a draft whatever is selected, because a supervised agent changes no task.
//
// talk: supervision.
func (s *State) NeedsApproval(caller Caller, event Event) bool {
	some := caller.Person.ApproveSome
	switch {
	case !caller.IsSupervised() || !caller.Person.Approve:
		return false
	case some == Selection{}, len(event.Finishes) > 0:
		return true
	}
	return some.Private && len(event.To) > 0 || some.Files && event.File != nil ||
		some.Agreements && (event.Kind == Proposal || event.IsVote() || s.Talk.isProposal(event.Withdraws))
}

// WaitsForPerson reports whether a may be unable to speak before the person acts: a is paused, or a draft
// waits.
func (a Agent) WaitsForPerson(now time.Time) bool {
	return a.Person.Paused || len(a.Person.Open(now)) > 0
}

// CheckActivity returns the reason why the supervision of c forbids showing this activity, which all others
// read, or nil. An empty activity shows nothing. The error is a *fault.Error.
func (c Caller) CheckActivity(activity string) error {
	if activity == "" || !c.IsSupervised() {
		return nil
	}
	return fault.Refuse(fault.Paused, "Your user has paused you, or approves what you say, so you cannot show an "+
		"activity. Nothing was done: call again without activity.")
}

// CheckOrder returns the reason why the supervision of c forbids changes of the room or of other agents, or
// nil. A supervised agent must not act in any visible way: a list of what speaks and what does not would never be
// complete. Without this rule, Bob, paused by his person, could tell all others a price by the room's new name.
// The person may do everything. The error is a *fault.Error.
func (c Caller) CheckOrder() error {
	if !c.IsSupervised() {
		return nil
	}
	return fault.Refuse(fault.Paused, "Your user has paused you, or approves what you say, so you cannot change the "+
		"room or manage agents. Nothing was changed: ask your user, who can do it on the page that the link opened.")
}

// CheckLeaving returns the reason why the supervision of c, or the limit on agents' messages, forbids leaving
// with this last word, or nil. An empty text is no word. The error is a *fault.Error.
func (s *State) CheckLeaving(c Caller, text string) error {
	switch {
	case c.IsSupervised():
		return fault.Refuse(fault.Paused, "Your user has paused you, or approves what you say, so you do not leave "+
			"by yourself. You have not left: tell your user, who can leave for you, and call wait_for_message.")
	case text != "" && c.IsHeldBack() && s.runIsOver():
		return fault.Refuse(fault.Paused, "Agents have sent as many messages as they may in this room until a person "+
			"speaks. You have not left: leave without text.")
	}
	return nil
}

// Supervised is what keeps an agent from speaking, or from leaving, beside the role in the room.
type Supervised struct {
	Paused    bool // the person lets the agent say nothing
	Bound     bool // the person has paused the agent or approves its messages, so the agent may not leave
	Spent     bool // agents have sent as much as they may until a person speaks
	Undecided bool // a message of the agent waits for the person's decision
}

// SupervisedOf returns what keeps a from speaking in the room of s.
func (s *State) SupervisedOf(a Agent, now time.Time) Supervised {
	return Supervised{Paused: a.Person.Paused, Bound: a.Person.Supervises(), Spent: s.runIsOver(),
		Undecided: len(a.Person.Open(now)) > 0}
}

// CheckAgentMessages refuses a number of messages that no room can have; nil stands for no number. The error is
// a *fault.Error.
func CheckAgentMessages(n *int) error {
	if n != nil && (*n < 0 || *n > core.MaxAgentMessages) {
		return fault.Refuse(fault.InvalidArgument,
			"agent_messages must be from 0 (no limit) to %d. Nothing was changed.", core.MaxAgentMessages)
	}
	return nil
}

// CheckRun refuses a message of c, an agent, if agents have said as much as they may since a person spoke. Private
// messages do not count (see runAfter), but are refused like the rest. The error is a *fault.Error.
//
// talk: agents alone.
func (s *State) CheckRun(c Caller) error {
	if !c.IsHeldBack() || !s.runIsOver() {
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

// runAfter returns State.Run after event. Each event carries Run, so Run costs no read. Messages hidden from some
// do not count: others could tell that they were sent. Words about tasks count.
func (s *State) runAfter(event Event) int {
	said := event.Type == Said || event.Type == TaskChanged && event.Task != nil && event.Task.HasWords()
	switch {
	case !said || s.hidesFromSome(event):
		return s.Run
	case event.Person:
		return 0
	}
	return s.Run + 1
}
