package room

import (
	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/ident"
)

// checkLook refuses a newcomer whose name could be taken for that of another agent. An agent that
// returns under its own name is not refused for a lookalike that joined meanwhile. The error is a
// *fault.Error.
func (s *State) checkLook(n ident.Name) error {
	look := ident.LookOf(n.Shown)
	clash := false
	for _, a := range s.Agents {
		switch {
		case a.Name == n.Shown:
			return nil
		case a.Key != n.Key && ident.LookOf(a.Name).Like(look):
			clash = true
		}
	}
	if clash {
		return fault.Refuse(fault.NameTaken, "This agent_name looks like that of another agent in this room: some "+
			"letters are drawn alike, such as I and l, or are of another script, or only spaces and signs differ. "+
			"Call join_room with an agent_name that nobody takes for another.")
	}
	return nil
}
