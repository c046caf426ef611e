package room

import (
	"fmt"
	"slices"
)

// advance applies e to s. Published states share the slices of s, so advance replaces slices and never writes into
// them.
func (s *State) advance(e Event) error {
	if e.N != s.AsOf+1 {
		return fmt.Errorf("room: event %d does not follow %d", e.N, s.AsOf)
	}
	s.AsOf, s.HeadMs = e.N, e.AtMs
	if e.ChangesState() {
		s.LastChange = e.N
	}
	s.Messages, s.Run = e.Messages, e.Run
	setIfPresent(&s.Invite, e.Invite)
	if e.Talk != nil {
		s.Talk, s.LastTalk = *e.Talk, e.N
	}
	if e.ExpiresMs != 0 {
		s.ExpiresMs = e.ExpiresMs
	}
	if err := s.applyByType(e); err != nil {
		return err
	}
	if e.ExpiresMs != 0 {
		s.renewParts(e)
	}
	return nil
}

// applyByType applies the part of e that depends on its type.
func (s *State) applyByType(e Event) error {
	// An event of a damaged log may lack a field of its type: fail, do not panic.
	switch e.Type {
	case Said:
		if e.Decides != 0 {
			// A sent draft no longer waits.
			s.change(e.Seat, func(a *Agent) { a.Person = a.Person.WithoutDraft(e.Decides) })
		}
		s.ChangeTasks(e)
	case TaskChanged:
		if e.Task == nil {
			return fmt.Errorf("room: event %d is of no task", e.N)
		}
		s.ChangeTasks(e)
	case Drafted:
		if e.Draft == nil {
			return fmt.Errorf("room: event %d is a draft without a message", e.N)
		}
		s.addDraft(e)
	case Joined:
		return s.join(e)
	case Left:
		s.removeAgent(e)
	case Managed:
		s.manage(e)
	case Changed:
		if e.Changed != nil {
			s.Settings, s.Updated = s.Settings.after(e), e.N
			if e.Changed.Description != nil {
				s.Described = e.N
			}
		}
		s.ChangeTasks(e)
		s.Closed = s.Closed || e.ClosesRoom()
	case Paired:
	case SupervisionSet:
		if e.Behind == nil {
			return fmt.Errorf("room: event %d is of nobody", e.N)
		}
		s.change(e.Seat, func(a *Agent) { a.Person = *e.Behind })
	case Hooked:
		if e.Hook == nil {
			return fmt.Errorf("room: event %d is of no hook", e.N)
		}
		s.changeHooks(e)
	case Knocked:
		s.Knocks, s.Knocked = append(recentKnocks(s.Knocks, e.At()), e.knock()), e.N
	case Retired:
		s.Retired = true
		s.Closed = s.Closed || e.ClosesRoom()
	default:
		return fmt.Errorf("%w: event %d is of type %q", ErrNewerVersion, e.N, e.Type)
	}
	return nil
}

// join seats the agent of e or, with Regains, replaces the agent of its seat. The join by an invite carries the invite
// without the spent use, so the Write of the seat spends the use, never a call that fails or only looks.
func (s *State) join(e Event) error {
	if e.Agent == nil {
		return fmt.Errorf("room: event %d is a join without an agent", e.N)
	}
	if e.Settings != nil {
		s.Settings, s.Described = *e.Settings, e.N
	}
	if e.LogKey != "" {
		if err := s.useLogKey(e.LogKey); err != nil {
			return err
		}
	}
	if e.Regains {
		s.change(e.Seat, func(a *Agent) { *a = *e.Agent })
		return nil
	}
	s.Agents = slices.Concat(s.Agents, []Agent{*e.Agent})
	s.Agents[len(s.Agents)-1].Written = e.N
	s.NextSeat = e.Agent.Seat + 1
	return nil
}

// removeAgent removes the agent of e.
func (s *State) removeAgent(e Event) {
	if a, here := s.Seated(e.Seat); here && a.LeavesPerson() {
		s.Departed = Departure{e.N, e.AtMs}
	}
	s.Agents = slices.DeleteFunc(slices.Clone(s.Agents), func(a Agent) bool { return a.Seat == e.Seat })
	if e.Promoted != 0 {
		s.promote(e.Promoted, e.AtMs)
	}
	s.endRun()
	s.LastFreed = Mark{e.N, e.Messages}
	s.Bans = withBan(s.Bans, e.Ban, e.N)
}

// endRun ends the limit on agents' messages that came with an endpoint, once no endpoint is left. The limit bounds the
// cost of calls to endpoints. Without endRun, the limit would hold up the other agents for ever.
func (s *State) endRun() {
	if s.EndpointRun && !slices.ContainsFunc(s.Agents, Agent.IsEndpoint) {
		s.AgentMessages, s.EndpointRun = 0, false
	}
}

// manage applies the decision of an admin about an agent or a name.
func (s *State) manage(e Event) {
	switch e.Action {
	case Promote:
		s.promote(e.Seat, e.AtMs)
		s.Mutes = withoutBan(s.Mutes, e.Ban)
	case Demote:
		s.change(e.Seat, func(a *Agent) { a.Role = Member })
	case Mute:
		s.change(e.Seat, func(a *Agent) { a.Muted = true })
		s.Mutes = withBan(s.Mutes, e.Ban, e.N)
	case Unmute:
		s.change(e.Seat, func(a *Agent) { a.Muted = false })
		s.Mutes = withoutBan(s.Mutes, e.Ban)
	case BanName:
		s.Bans = withBan(s.Bans, e.Ban, e.N)
	case Unban:
		s.Bans = withoutBan(s.Bans, e.Ban)
	}
}

// promote makes the agent of a seat an admin. Admins are never muted.
func (s *State) promote(seat int, atMs int64) {
	s.change(seat, func(a *Agent) { a.Role, a.RoleMs, a.Muted = Admin, atMs, false })
}

// change replaces the agent of a seat by a changed copy.
func (s *State) change(seat int, how func(*Agent)) {
	s.Agents = slices.Clone(s.Agents)
	for i := range s.Agents {
		if s.Agents[i].Seat == seat {
			how(&s.Agents[i])
			s.Agents[i].Written = s.AsOf
		}
	}
}
