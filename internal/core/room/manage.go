package room

import (
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
func (o Order) Decide(h *Head, by Agent) (e *Event, name string, err error) {
	if o.isSelf(by) {
		return nil, "", fault.Refuse(fault.NotAllowed,
			"agent_name is your own name, or another spelling of it. Nothing was changed: to go, call leave_room.")
	}
	a, here := h.Named(o.Name.Key)
	if here {
		e, name, err = o.decideSeated(h, a)
	} else {
		e, name, err = o.decideAbsent(h)
	}
	if e != nil {
		e.Note = o.Note
	}
	return e, name, err
}

// isSelf reports whether the admin would remove or ban itself.
func (o Order) isSelf(by Agent) bool {
	return o.Action == Kick && o.Name.Key == by.Key ||
		o.Action == BanName && isBannedBy(o.Name, by)
}

// decideSeated is Decide for the seated agent a of the name. A ban of a guest renews the invite: the guest
// could come back by the old invite.
func (o Order) decideSeated(h *Head, a Agent) (*Event, string, error) {
	switch {
	case o.Action == Demote && a.Role == Admin && h.isLastAdmin():
		return nil, "", fault.Refuse(fault.NotAllowed, "You are the last admin of this room, and it needs one. "+
			"Nothing was changed: promote another agent first, or leave with leave_room, which makes the agent "+
			"that has been here longest an admin.")
	case o.Action == Mute && a.Role == Admin:
		return nil, "", fault.Refuse(fault.NotAllowed,
			"An admin cannot be muted. Nothing was changed: demote that agent first.")
	}
	if err := o.checkFull(h); err != nil {
		return nil, "", err
	}
	ban := NewBan(ident.Name{Shown: a.Name, Key: a.Key})
	switch {
	case o.Action == Unban:
		e, name := o.unbanEvent(h, a.Name)
		return e, name, nil
	case o.Action == Kick:
		return h.FreeSeat(a, ReasonKicked), a.Name, nil
	case o.Action == BanName:
		e := h.FreeSeat(a, ReasonBanned)
		e.Ban = &ban
		if a.IsGuest() {
			e.renewInvite(&h.State)
		}
		return e, a.Name, nil
	case o.changesNothing(h, a):
		return nil, a.Name, nil
	}
	e := managedEvent(o.Action, a.Seat, a.Name)
	if o.Action != Demote {
		e.Ban = &ban
	}
	return e, a.Name, nil
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

// changesNothing reports whether the action leaves a as a is.
func (o Order) changesNothing(h *Head, a Agent) bool {
	_, muted := FindBan(h.Mutes, a.Name)
	switch o.Action {
	case Promote:
		return a.Role == Admin
	case Demote:
		return a.Role != Admin
	case Mute:
		return a.Muted && muted
	}
	return !a.Muted && !muted
}

// decideAbsent is Decide for a name without an agent. Such a name can be banned, unbanned and unmuted. A ban
// renews the invite: the agent may have been a guest, and left.
func (o Order) decideAbsent(h *Head) (*Event, string, error) {
	switch ban, muted := FindBan(h.Mutes, o.Name.Shown); {
	case o.Action == Unban:
		e, name := o.unbanEvent(h, o.Name.Shown)
		return e, name, nil
	case o.Action == Unmute && muted:
		return ban.managedEvent(Unmute), ban.Name, nil
	case o.Action == BanName:
		if err := o.checkFull(h); err != nil {
			return nil, "", err
		}
		if _, banned := FindBan(h.Bans, o.Name.Shown); banned {
			return nil, o.Name.Shown, nil
		}
		e := NewBan(o.Name).managedEvent(BanName)
		e.renewInvite(&h.State)
		return e, o.Name.Shown, nil
	}
	return nil, "", fault.Refuse(fault.InvalidArgument, "No agent of this name is in the room: it may have left or "+
		"been removed already. Nothing was changed: room_info tells who is there.")
}

// unbanEvent returns the event that lets the name in again, and the name as the ban spells it; nil and shown if the
// name is not banned.
func (o Order) unbanEvent(h *Head, shown string) (*Event, string) {
	ban, banned := FindBan(h.Bans, o.Name.Shown)
	if !banned {
		return nil, shown
	}
	return ban.managedEvent(Unban), ban.Name
}

// checkFull returns the reason why the room cannot ban or mute another name, or nil.
func (o Order) checkFull(h *Head) error {
	full := func(list []Ban) bool {
		_, there := FindBan(list, o.Name.Shown)
		return !there && len(list) >= core.MaxBans
	}
	switch {
	case o.Action == BanName && full(h.Bans):
		return fault.Refuse(fault.NotAllowed, "This room has %d banned names, the maximum. Nothing was changed: kick "+
			"the agent, unban a name, or give the room a password with update_room.", core.MaxBans)
	case o.Action == Mute && full(h.Mutes):
		return fault.Refuse(fault.NotAllowed, "This room has %d muted names, the maximum. Nothing was changed: kick "+
			"the agent, unmute a name, or make the room a channel with update_room.", core.MaxBans)
	}
	return nil
}

// isLastAdmin reports whether the room has exactly one admin. A room always has an admin, so nobody demotes the
// last.
func (h *Head) isLastAdmin() bool {
	admins := 0
	for _, a := range h.Agents {
		if a.Role == Admin {
			admins++
		}
	}
	return admins == 1
}
