package room

import (
	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
)

// checkLookalike refuses a newcomer with a name that could be taken for the name of another agent, or of a person. An
// agent that returns under its own name is not refused for a lookalike that joined meanwhile. The error is a
// *fault.Error.
func (s *State) checkLookalike(name ident.Name) error {
	clash := false
	for _, agent := range s.Agents {
		switch {
		case agent.Name == name.Shown:
			return nil
		case agent.Key != name.Key && isLike(name, agent.Name), agent.hasPersonLike(name):
			clash = true
		}
	}
	if clash {
		return fault.Refuse(fault.NameTaken, "This agent_name looks like that of another agent or of a person in "+
			"this room: some letters look alike, such as I and l, or only spaces or punctuation differ. Call "+
			"join_room with an agent_name that nobody can confuse with it.")
	}
	return nil
}

// isConfusable reports whether name, as the name of the person behind agent, could be taken for an agent or another
// person.
func (s *State) isConfusable(name ident.Name, agent Agent) bool {
	whole := ident.SkeletonOf(ident.Actor(agent.Name, true, name.Shown))
	for _, x := range s.Agents {
		if isLike(name, x.Name) || whole.Like(ident.SkeletonOf(x.Name)) ||
			x.Seat != agent.Seat && x.hasPersonLike(name) {
			return true
		}
	}
	return false
}

// hasPersonLike reports whether n could be taken for the person behind a.
func (a Agent) hasPersonLike(n ident.Name) bool {
	p := a.Person.Name
	return p != "" && (isLike(n, p) || isLike(n, ident.Actor(a.Name, true, p)))
}

// isLike reports whether n is the shown name, or looks like it.
func isLike(n ident.Name, shown string) bool {
	other, _ := ident.Nickname("", shown) // an Actor has no key
	return n.Key == other.Key || ident.SkeletonOf(n.Shown).Like(ident.SkeletonOf(shown))
}
