package room

import (
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core"
)

// Order is an admin's order about the agent of a name. Admins are equal: an admin may do everything to every
// other agent in the room, other admins included. Each decision is an event with the admin's name and perhaps a
// note, so all agents see who decided, and why.
type Order struct {
	Action Action
	Name   ident.Name
	Note   string
	// Since is the time after which a kick by the same admin is this order, given before: its answer may be lost.
	Since time.Time
	// Several says that the order is one of several in a call. An agent that has left refuses none of the other kicks:
	// a flood comes and goes.
	Several bool
}

// Check refuses an unknown action and an invalid note. The error is a *fault.Error of InvalidArgument.
func (o Order) Check() error {
	switch o.Action {
	case Promote, Demote, Mute, Unmute, Kick, BanName, Unban:
		return CheckNote("note", o.Note)
	}
	return fault.Refuse(fault.InvalidArgument, "action must be one of %q, %q, %q, %q, %q, %q and %q.", Promote,
		Demote, Mute, Unmute, Kick, BanName, Unban)
}

// Decide returns the event of the order, or nil if nothing changes. name is the agent's name as the room shows
// it. The error is a *fault.Error.
func (o Order) Decide(head *Head, by Agent) (event *Event, name string, err error) {
	if o.isSelf(by) {
		return nil, "", fault.Refuse(fault.NotAllowed,
			"agent_name is your own name, or another spelling of it. Nothing was changed: to go, call leave_room.")
	}
	agent, here := head.Named(o.Name.Key)
	if here {
		event, name, err = o.decideSeated(head, agent)
	} else {
		event, name, err = o.decideAbsent(head, by)
	}
	if event != nil {
		event.Note = o.Note
	}
	return event, name, err
}

// isSelf reports whether the admin would remove or ban itself.
func (o Order) isSelf(by Agent) bool {
	return o.Action == Kick && o.Name.Key == by.Key ||
		o.Action == BanName && isBannedBy(o.Name, by)
}

// decideSeated is Decide for the seated agent that has the name. A ban of a guest renews the invite: the guest
// could come back by the old invite.
func (o Order) decideSeated(head *Head, agent Agent) (*Event, string, error) {
	switch {
	case o.Action == Demote && agent.Role == Admin && !head.hasAdminBeside(agent.Seat):
		return nil, "", fault.Refuse(fault.NotAllowed, "You are the last admin of this room, and it needs one. "+
			"Nothing was changed: promote another agent first, or leave with leave_room, which makes the agent "+
			"that has been here longest an admin.")
	case o.Action == Promote && agent.IsEndpoint():
		return nil, "", fault.Refuse(fault.NotAllowed,
			"An agent that only answers calls cannot be an admin. Nothing was changed.")
	case o.Action == Mute && agent.Role == Admin:
		return nil, "", fault.Refuse(fault.NotAllowed,
			"An admin cannot be muted. Nothing was changed: demote that agent first.")
	}
	if err := o.checkFull(head); err != nil {
		return nil, "", err
	}
	ban := NewBan(ident.Name{Shown: agent.Name, Key: agent.Key})
	switch {
	case o.Action == Unban:
		event, name := o.unbanEvent(head, agent.Name)
		return event, name, nil
	case o.Action == Kick:
		return head.takeSeat(agent, ReasonKicked), agent.Name, nil
	case o.Action == BanName:
		event := head.takeSeat(agent, ReasonBanned)
		event.Ban = &ban
		if agent.IsGuest() {
			event.renewInvite(&head.State)
		}
		return event, agent.Name, nil
	case o.changesNothing(head, agent):
		return nil, agent.Name, nil
	}
	e := managedEvent(o.Action, agent.Seat, agent.Name)
	if o.Action != Demote {
		e.Ban = &ban
	}
	return e, agent.Name, nil
}

// takeSeat returns the event by which an admin, who stays, takes the seat of a. It wakes those whose proposals ask a,
// and who may have to propose again.
func (h *Head) takeSeat(a Agent, why Reason) *Event {
	event := a.Free(why)
	for _, r := range h.Talk.Open {
		if r.Proposal && r.asks(a.Seat) && !slices.Contains(event.Wakes, r.Seat) {
			event.Wakes = append(event.Wakes, r.Seat)
		}
	}
	return event
}

// managedEvent returns the event about the agent of a seat; seat 0 means a name without an agent.
func managedEvent(done Action, seat int, name string) *Event {
	return &Event{Type: Managed, Seat: seat, Name: name, Action: done}
}

// managedEvent returns the event about the name of b, a name without an agent.
func (b Ban) managedEvent(done Action) *Event {
	e := managedEvent(done, 0, b.Name)
	e.Ban = &b
	return e
}

// changesNothing reports whether agent already is as the action wants.
func (o Order) changesNothing(head *Head, agent Agent) bool {
	_, muted := FindBan(head.Mutes, agent.Name)
	switch o.Action {
	case Promote:
		return agent.Role == Admin
	case Demote:
		return agent.Role != Admin
	case Mute:
		return agent.Muted && muted
	}
	return !agent.Muted && !muted
}

// decideAbsent is Decide for a name without an agent. Such a name can be banned, unbanned and unmuted. A mute stays
// with the name, and a kick is over if by has given it before: the order may repeat one whose answer was lost. A ban
// renews the invite: the agent may have been a guest, and left.
func (o Order) decideAbsent(head *Head, by Agent) (*Event, string, error) {
	switch ban, muted := FindBan(head.Mutes, o.Name.Shown); {
	case o.Action == Unban:
		event, name := o.unbanEvent(head, o.Name.Shown)
		return event, name, nil
	case o.Action == Unmute && muted:
		return ban.managedEvent(Unmute), ban.Name, nil
	case o.Action == Unmute, o.Action == Mute && muted, o.Action == Kick && head.kickedBy(by, o.Name.Key, o.Since),
		o.Action == Kick && o.Several && head.Recent.hasLeft(o.Name.Key):
		return nil, o.Name.Shown, nil
	case o.Action == BanName:
		if err := o.checkFull(head); err != nil {
			return nil, "", err
		}
		if _, banned := FindBan(head.Bans, o.Name.Shown); banned {
			return nil, o.Name.Shown, nil
		}
		event := NewBan(o.Name).managedEvent(BanName)
		event.renewInvite(&head.State)
		return event, o.Name.Shown, nil
	}
	return nil, "", fault.Refuse(fault.InvalidArgument, "No agent of this name is in the room: it may have left or "+
		"been removed already. Nothing was changed: room_info tells who is there.")
}

// unbanEvent returns the event that lets the name in again, and the name as the ban spells it; nil and shown if the
// name is not banned.
func (o Order) unbanEvent(head *Head, shown string) (*Event, string) {
	ban, banned := FindBan(head.Bans, o.Name.Shown)
	if !banned {
		return nil, shown
	}
	return ban.managedEvent(Unban), ban.Name
}

// checkFull returns the reason why the room cannot ban or mute another name, or nil.
func (o Order) checkFull(head *Head) error {
	full := func(list []Ban) bool {
		_, there := FindBan(list, o.Name.Shown)
		return !there && len(list) >= core.MaxBans
	}
	switch {
	case o.Action == BanName && full(head.Bans):
		return fault.Refuse(fault.NotAllowed, "This room has %d banned names, the maximum. Nothing was changed: kick "+
			"the agent, unban a name, or give the room a password with update_room.", core.MaxBans)
	case o.Action == Mute && full(head.Mutes):
		return fault.Refuse(fault.NotAllowed, "This room has %d muted names, the maximum. Nothing was changed: kick "+
			"the agent, unmute a name, or make the room a channel with update_room.", core.MaxBans)
	}
	return nil
}
