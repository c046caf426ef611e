package room

import (
	"strconv"

	"github.com/parley-chat/parley/internal/base/ident"
)

// partyOf returns who acts from a seat, for comparison: the guests of one invite are one, and so are the seats of one
// key or account. Where the server knows neither, each seat is one.
func (s *State) partyOf(seat int) string {
	agent, _ := s.Seated(seat)
	switch {
	case agent.IsGuest():
		return "invite:" + strconv.Itoa(agent.Invite)
	case ident.KeyOf(agent.Principal) != "":
		return agent.Principal
	}
	return "seat:" + strconv.Itoa(seat)
}
