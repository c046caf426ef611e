package room

import (
	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
)

// checkLookalike refuses a newcomer with a name that could be taken for the name of another agent, or of a person. An
// agent that returns under its own name is not refused for a lookalike that joined meanwhile. The error is a
// *fault.Error.
func (s *State) checkLookalike(n ident.Name) error {
	clash := false
	for _, a := range s.Agents {
		switch {
		case a.Name == n.Shown:
			return nil
		case a.Key != n.Key && isLike(n, a.Name), a.hasPersonLike(n):
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

// isConfusable reports whether n, as the name of the person behind a, could be taken for an agent or another person.
func (s *State) isConfusable(n ident.Name, a Agent) bool {
	whole := ident.LookOf(ident.Actor(a.Name, true, n.Shown))
	for _, x := range s.Agents {
		if isLike(n, x.Name) || whole.Like(ident.LookOf(x.Name)) || x.Seat != a.Seat && x.hasPersonLike(n) {
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
	return n.Key == other.Key || ident.LookOf(n.Shown).Like(ident.LookOf(shown))
}
