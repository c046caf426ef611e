package reins

import (
	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/room"
)

// Reins are what the person behind a seat decides about what its agent may say. Fields
// that are nil stay as they are.
type Reins struct {
	Paused  *bool
	Approve *bool
}

// Decide returns the event that sets the reins of a; nil if they are so already. The agent
// is told whether it may speak. That its messages wait it learns from its sends.
func (r Reins) Decide(a room.Agent) *room.Event {
	p := a.Person
	if r.Paused != nil {
		p.Paused = *r.Paused
	}
	if r.Approve != nil {
		p.Approve = *r.Approve
	}
	why := room.Reason("")
	switch {
	case p.Paused && !a.Person.Paused:
		why = room.ReasonPaused
	case a.Person.Paused && !p.Paused:
		why = room.ReasonResumed
	case p.Approve == a.Person.Approve:
		return nil
	}
	e := room.Steer(a, p, why)
	return &e
}

// CheckActivity returns the reason why the reins of a forbid it to say what it is doing, which
// all others read; nil if they do not, or if it says nothing. The error is a *fault.Error.
func CheckActivity(a room.Agent, activity string) error {
	if activity == "" || a.IsPerson() || !a.Person.Holds() {
		return nil
	}
	return fault.Refuse(fault.Paused, "Your user has paused you, or approves what you say, so you cannot show an activity. Nothing was done: call again without activity.")
}

// CheckOrder returns the reason why the reins of a forbid it to change the room, or another
// agent; nil if they do not. An agent that its person holds must not act in a way that all
// others see: its person does that. The error is a *fault.Error.
func CheckOrder(a room.Agent) error {
	if a.IsPerson() || !a.Person.Holds() {
		return nil
	}
	return fault.Refuse(fault.Paused, "Your user has paused you, or approves what you say, so you cannot change the room or manage agents. Nothing was changed: ask your user, who can do it on the page that the link opened.")
}

// CheckLeaving returns the reason why the reins of a, or the limit on agents' messages,
// forbid it to leave with this last word; nil if they do not. An empty text is none. The
// error is a *fault.Error.
func CheckLeaving(s *room.State, a room.Agent, text string) error {
	switch {
	case a.Person.Holds():
		return fault.Refuse(fault.Paused, "Your user has paused you, or approves what you say, so you do not leave by yourself. You have not left: tell your user, who can leave for you, and call wait_for_message.")
	case text != "" && runIsOver(s):
		return fault.Refuse(fault.Paused, "Agents have sent as many messages as they may in this room until a person speaks. You have not left: leave without text.")
	}
	return nil
}
