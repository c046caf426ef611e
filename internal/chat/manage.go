package chat

import (
	"context"
	"time"
)

// ManageAgent does something to the agent of a name in the caller's room. Only
// admins may, to everybody but, for some actions, themselves. What is so already
// is StatusNoChange. A kicked agent may join again; a banned name, in whatever
// spelling, may not, and needs no agent that has it. Muting holds for the name,
// too, until an admin takes it back.
func (s *Service) ManageAgent(ctx context.Context, req ManageRequest) (Managed, error) {
	m, err := newRuling(req)
	if err != nil {
		return Managed{}, err
	}
	c, err := s.enterAdmin(ctx, req.Token)
	if err != nil {
		return Managed{}, s.outward(err)
	}
	defer c.room.done()
	if _, err := c.decide(ctx, m.propose, nil); err != nil {
		return Managed{}, s.outward(err)
	}
	return m.got, nil
}

// ruling is what an admin wants to do to an agent, checked as far as it can be
// without the room.
type ruling struct {
	action Action
	name   name
	note   string
	got    Managed // the answer, on the fold that was proposed to last
}

func newRuling(req ManageRequest) (*ruling, error) {
	switch req.Action {
	case Promote, Demote, Mute, Unmute, Kick, BanName, Unban:
	default:
		return nil, refuse(InvalidArgument, "action must be one of %q, %q, %q, %q, %q, %q and %q.", Promote, Demote, Mute, Unmute, Kick, BanName, Unban)
	}
	n, err := nickname("agent_name", req.AgentName)
	if err != nil {
		return nil, err
	}
	return &ruling{action: req.Action, name: n, note: req.Note}, checkNote(req.Note)
}

// propose does it, if the room as it is then allows.
func (m *ruling) propose(f *fold, by agent, now time.Time) (change, error) {
	if m.itself(by) {
		return change{}, refuse(NotAllowed, "agent_name is your own name, or another spelling of it. Nothing was changed: to go, call leave_room.")
	}
	x, here := f.named(m.name.key)
	if !here {
		return m.absent(f)
	}
	if err := m.mayNot(f, x); err != nil {
		return change{}, err
	}
	m.got.Name = x.Name
	switch {
	case m.action == Unban:
		return m.unban(f)
	case m.action == Kick, m.action == BanName:
		return m.remove(f, x, now)
	case m.isSo(f, x):
		return m.nothing()
	}
	return m.rule(x)
}

// isSo reports whether x is what the action would make of it.
func (m *ruling) isSo(f *fold, x agent) bool {
	_, muted := keptBy(f.mutes, x.Key)
	switch m.action {
	case Promote:
		return x.Role == Admin
	case Demote:
		return x.Role != Admin
	case Mute:
		return x.Muted && muted
	}
	return !x.Muted && !muted
}

// mayNot says why it must not be done to x.
func (m *ruling) mayNot(f *fold, x agent) error {
	switch {
	case m.action == Demote && x.Role == Admin && lastAdmin(f):
		return refuse(NotAllowed, "You are the last admin of this room, and it cannot be without one. Nothing was changed: promote another agent first, or leave with leave_room, which makes the agent that is here longest an admin.")
	case m.action == Mute && x.Role == Admin:
		return refuse(NotAllowed, "An admin cannot be muted. Nothing was changed: demote that agent first.")
	}
	return m.roomLeft(f)
}

// itself reports whether by would take its own seat, or keep itself out.
func (m *ruling) itself(by agent) bool {
	return m.action == Kick && m.name.key == by.Key || m.action == BanName && banKey(m.name.key) == banKey(by.Key)
}

// roomLeft says why the room can keep no further name out, or silent.
func (m *ruling) roomLeft(f *fold) error {
	full := func(list []ban) bool {
		_, there := keptBy(list, m.name.key)
		return !there && len(list) >= maxBans
	}
	switch {
	case m.action == BanName && full(f.bans):
		return refuse(NotAllowed, "This room keeps %d names out, and cannot keep out more. Nothing was changed: kick the agent, unban a name, or give the room a password with update_room.", maxBans)
	case m.action == Mute && full(f.mutes):
		return refuse(NotAllowed, "This room keeps %d names silent, and cannot keep more so. Nothing was changed: kick the agent, unmute a name, or make the room a channel with update_room.", maxBans)
	}
	return nil
}

func lastAdmin(f *fold) bool {
	admins := 0
	for _, a := range f.agents {
		if a.Role == Admin {
			admins++
		}
	}
	return admins == 1
}

// absent is propose for a name that no agent has: it can be kept out, or be let
// in and speak again.
func (m *ruling) absent(f *fold) (change, error) {
	m.got.Name = m.name.shown
	switch b, muted := keptBy(f.mutes, m.name.key); {
	case m.action == Unban:
		return m.unban(f)
	case m.action == Unmute && muted:
		m.got.Name = b.Name
		return m.done(event{Type: ruled, Name: b.Name, Action: Unmute, Ban: &b})
	case m.action == BanName:
		if err := m.roomLeft(f); err != nil {
			return change{}, err
		}
		if _, banned := keptBy(f.bans, m.name.key); banned {
			return m.nothing()
		}
		b = newBan(m.name)
		return m.done(event{Type: ruled, Name: b.Name, Action: BanName, Ban: &b})
	}
	return change{}, refuse(InvalidArgument, "No agent of this name is in the room: it may have left or been removed already. Nothing was changed: room_info tells who is there.")
}

// unban lets the name in again.
func (m *ruling) unban(f *fold) (change, error) {
	b, banned := keptBy(f.bans, m.name.key)
	if !banned {
		return m.nothing()
	}
	m.got.Name = b.Name
	return m.done(event{Type: ruled, Name: b.Name, Action: Unban, Ban: &b})
}

// rule makes of x what the action says.
func (m *ruling) rule(x agent) (change, error) {
	e := event{Type: ruled, Seat: x.Seat, Name: x.Name, Action: m.action}
	if m.action != Demote {
		b := newBan(name{shown: x.Name, key: x.Key})
		e.Ban = &b
	}
	return m.done(e)
}

// remove takes the seat of x, and keeps its name out if that is the action.
func (m *ruling) remove(f *fold, x agent, now time.Time) (change, error) {
	e := event{Type: left, Seat: x.Seat, Name: x.Name, Reason: ReasonKicked}
	if m.action == BanName {
		b := newBan(name{shown: x.Name, key: x.Key})
		e.Reason, e.Ban = ReasonBanned, &b
	}
	ch, err := m.done(e)
	ch.ops = vacate(f.id, e, now)
	return ch, err
}

func (m *ruling) nothing() (change, error) {
	m.got.Status = StatusNoChange
	return change{}, nil
}

// done is the change that e makes.
func (m *ruling) done(e event) (change, error) {
	m.got.Status = m.status()
	e.Note = m.note
	return change{events: []event{e}}, nil
}

// status is the answer when the action was done.
func (m *ruling) status() ManageStatus {
	switch m.action {
	case Promote:
		return StatusPromoted
	case Demote:
		return StatusDemoted
	case Mute:
		return StatusMuted
	case Unmute:
		return StatusUnmuted
	case Kick:
		return StatusKicked
	case BanName:
		return StatusBanned
	}
	return StatusUnbanned
}
