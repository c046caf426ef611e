package room

import (
	"fmt"

	"github.com/parley-chat/parley/internal/base/ident"
)

// groupOf returns whose a seat is, where seats are counted: the seats of one key or account are one group, and so are
// the guests of one invite. A server that knows no keys tells nobody else apart but by the seat.
func (s *State) groupOf(seat int) string {
	agent, _ := s.Seated(seat)
	switch {
	case ident.KeyOf(agent.Principal) != "":
		return agent.Principal
	case agent.IsGuest():
		return fmt.Sprint("invite:", agent.Invite)
	}
	return fmt.Sprint("seat:", seat)
}
