package room

import (
	"fmt"
	"slices"
)

// advance applies event to s. Published states share the slices of s, so advance replaces slices and never writes into
// them.
func (s *State) advance(event Event) error {
	if event.N != s.AsOf+1 {
		return fmt.Errorf("room: event %d does not follow %d", event.N, s.AsOf)
	}
	s.AsOf, s.HeadMs = event.N, event.AtMs
	if event.ChangesState() {
		s.LastChange = event.N
	}
	s.Messages, s.Run = event.Messages, event.Run
	setIfPresent(&s.Invite, event.Invite)
	if event.Talk != nil {
		s.Talk, s.LastTalk = *event.Talk, event.N
	}
	if event.ExpiresMs != 0 {
		s.ExpiresMs = event.ExpiresMs
	}
	if err := s.applyByType(event); err != nil {
		return err
	}
	if event.ExpiresMs != 0 {
		s.renewParts(event)
	}
	return nil
}

// applyByType applies the part of event that depends on its type.
func (s *State) applyByType(event Event) error {
	// An event of a damaged log may lack a field of its type: fail, do not panic.
	switch event.Type {
	case Said:
		if event.Decides != 0 {
			// A sent draft no longer waits.
			s.change(event.Seat, func(agent *Agent) { agent.Person = agent.Person.WithoutDraft(event.Decides) })
		}
		s.ChangeTasks(event)
	case TaskChanged:
		if event.Task == nil {
			return fmt.Errorf("room: event %d is of no task", event.N)
		}
		s.ChangeTasks(event)
	case Drafted:
		if event.Draft == nil {
			return fmt.Errorf("room: event %d is a draft without a message", event.N)
		}
		s.addDraft(event)
	case Joined:
		return s.join(event)
	case Left:
		s.removeAgent(event)
	case Managed:
		s.manage(event)
	case Changed:
		if event.Changed != nil {
			s.Settings, s.Updated = s.Settings.after(event), event.N
			if event.Changed.Description != nil {
				s.Described = event.N
			}
		}
		s.ChangeTasks(event)
		s.Closed = s.Closed || event.ClosesRoom()
	case Paired:
	case SupervisionSet:
		if event.Behind == nil {
			return fmt.Errorf("room: event %d is of nobody", event.N)
		}
		s.change(event.Seat, func(agent *Agent) { agent.Person = *event.Behind })
	case Hooked:
		if event.Hook == nil {
			return fmt.Errorf("room: event %d is of no hook", event.N)
		}
		s.changeHooks(event)
	case Knocked:
		s.Knocks, s.Knocked = append(recentKnocks(s.Knocks, event.At()), event.knock()), event.N
	case Retired:
		s.Retired = true
		s.Closed = s.Closed || event.ClosesRoom()
	default:
		return fmt.Errorf("%w: event %d is of type %q", ErrNewerVersion, event.N, event.Type)
	}
	return nil
}

// join seats the agent of event or, with Regains, replaces the agent of its seat. The join by an invite carries the
// invite with one use less, so only the Write of the seat spends a use: a call that fails, or only looks, spends
// none.
func (s *State) join(event Event) error {
	if event.Agent == nil {
		return fmt.Errorf("room: event %d is a join without an agent", event.N)
	}
	if event.Settings != nil {
		s.Settings, s.Described = *event.Settings, event.N
	}
	if event.LogKey != "" {
		if err := s.useLogKey(event.LogKey); err != nil {
			return err
		}
	}
	if event.Regains {
		s.change(event.Seat, func(agent *Agent) { *agent = *event.Agent })
		return nil
	}
	s.Agents = slices.Concat(s.Agents, []Agent{*event.Agent})
	s.Agents[len(s.Agents)-1].Written = event.N
	s.NextSeat = event.Agent.Seat + 1
	return nil
}

// removeAgent removes the agent of event.
func (s *State) removeAgent(event Event) {
	if agent, here := s.Seated(event.Seat); here && agent.LeavesPerson() {
		s.Departed = Departure{event.N, event.AtMs}
	}
	s.Agents = slices.DeleteFunc(slices.Clone(s.Agents), func(agent Agent) bool { return agent.Seat == event.Seat })
	if event.Promoted != 0 {
		s.promote(event.Promoted, event.AtMs)
	}
	s.endRun()
	s.LastFreed = Mark{event.N, event.Messages}
	s.Bans = withBan(s.Bans, event.Ban, event.N)
}

// endRun ends the limit on agents' messages that came with an endpoint, once no endpoint is left. The limit bounds the
// cost of calls to endpoints. Without endRun, the limit would hold up the other agents for ever.
func (s *State) endRun() {
	if s.EndpointRun && !slices.ContainsFunc(s.Agents, Agent.IsEndpoint) {
		s.AgentMessages, s.EndpointRun = 0, false
	}
}

// manage applies the decision of an admin about an agent or a name.
func (s *State) manage(event Event) {
	switch event.Action {
	case Promote:
		s.promote(event.Seat, event.AtMs)
		s.Mutes = withoutBan(s.Mutes, event.Ban)
	case Demote:
		s.change(event.Seat, func(agent *Agent) { agent.Role = Member })
	case Mute:
		s.change(event.Seat, func(agent *Agent) { agent.Muted = true })
		s.Mutes = withBan(s.Mutes, event.Ban, event.N)
	case Unmute:
		s.change(event.Seat, func(agent *Agent) { agent.Muted = false })
		s.Mutes = withoutBan(s.Mutes, event.Ban)
	case BanName:
		s.Bans = withBan(s.Bans, event.Ban, event.N)
	case Unban:
		s.Bans = withoutBan(s.Bans, event.Ban)
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
