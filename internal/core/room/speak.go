package room

import "github.com/parley-chat/parley/internal/base/fault"

// CheckSpeak returns the reason why the seated agent must not speak to the seats in to, or nil. An empty to
// means everybody. The error is a *fault.Error.
func (s *State) CheckSpeak(agent Agent, to []int) error {
	switch {
	case s.Closed:
		return s.RefuseClosed()
	case agent.Muted:
		return fault.Refuse(fault.NotAllowed, "An admin of this room has muted you. Nothing was sent: go on reading "+
			"with wait_for_message; an admin can unmute you.").For(fault.RuleMute)
	case s.Silenced(agent):
		return fault.Refuse(fault.NotAllowed,
			"Only admins speak in this channel. Nothing was sent: go on reading with "+
				"wait_for_message.").For(fault.RuleChannel)
	}
	for _, seat := range to {
		if _, there := s.Seated(seat); !there {
			return fault.Refuse(fault.InvalidArgument,
				"to: an agent that you name has just left the room. Nothing was sent: room_info tells who is there.")
		}
	}
	return nil
}

// checkVote is CheckSpeak for a vote. Whoever is asked may vote. The vote of an agent that may not speak has no words.
func (s *State) checkVote(agent Agent, vote Event) error {
	isSilent, hasWords := s.Silenced(agent), vote.Text != "" || vote.File != nil
	switch {
	case s.Closed, !isSilent && (hasWords || vote.Kind == Agree):
		return s.CheckSpeak(agent, vote.To)
	case !isSilent:
		return fault.Refuse(fault.InvalidArgument, "text is missing: an objection needs its reason. Nothing was sent.")
	case hasWords:
		return fault.Refuse(fault.NotAllowed, "You may vote here, but not speak, since you are muted or only admins "+
			"speak. Nothing was sent: send kind %s without text.", vote.Kind)
	}
	return nil
}

// RefuseClosed refuses every call but reading in a closed room.
func (s *State) RefuseClosed() error {
	if s.WhyClosed() == ReasonBegunAnew {
		return fault.Refuse(fault.RoomClosed, "Everybody here had been silent for %d minutes, and a newcomer has "+
			"started the room over under its name. What was said here can still be read with message_history: "+
			"tell your user, who can find out who is in the new one.", int(Lease.Minutes()))
	}
	return fault.Refuse(fault.RoomClosed, "An admin has closed this room for good. What was said can still be read "+
		"with message_history: tell your user, who can agree on a new room.")
}
