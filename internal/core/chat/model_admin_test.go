package chat_test

import (
	"fmt"
	"strings"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

// admitAdmin is admit for a call that only admins may make. want is the code that
// must refuse it.
func (m model) admitAdmin(who agentID, code fault.Code) (r roomModel, a agentModel, refused bool, err error) {
	r, a, refused, err = m.admit(who, code)
	if err != nil || refused {
		return r, a, refused, err
	}
	switch {
	case a.person.holds():
		return r, a, true, expectEqual("the code", code, fault.Paused)
	case r.closed:
		return r, a, true, expectEqual("the code", code, fault.RoomClosed)
	case !a.admin:
		return r, a, true, expectEqual("the code", code, fault.NotAllowed)
	}
	return r, a, false, nil
}

// manageCall is an admin's decision on an agent or a name.
type manageCall struct {
	who    agentID
	action room.Action
	name   string
	note   string
}

func (c manageCall) String() string { return fmt.Sprintf("%v: %s %s", c.who, c.action, c.name) }

// managed is how a decision of an admin ends.
type managed struct {
	status chat.ManageStatus
	name   string
	code   fault.Code
}

// decide returns the model after the decision of an admin, and the answer.
func (c manageCall) decide(m model, r roomModel, by agentModel) (model, managed, error) {
	if c.action == room.Kick && strings.EqualFold(c.name, by.name) ||
		c.action == room.BanName && reduced(c.name) == reduced(by.name) {
		return m, managed{code: fault.NotAllowed}, nil
	}
	x, here := r.seatedAs(c.name)
	switch {
	case !here:
		return c.decideOnName(m, r, c.name)
	case c.action == room.Unban:
		return c.decideOnName(m, r, x.name)
	case c.action == room.Kick, c.action == room.BanName:
		return c.expel(m, r, x)
	}
	return c.changeRole(m, r, x)
}

// expel takes the seat of x, and bans its name if that is the action.
func (c manageCall) expel(m model, r roomModel, x agentModel) (model, managed, error) {
	reason, status := room.ReasonKicked, chat.StatusKicked
	if c.action == room.BanName {
		reason, status = room.ReasonBanned, chat.StatusBanned
		r.bans = withName(r.bans, x.name)
	}
	r, err := m.remove(r, x, c.who.seat, reason, c.note)
	return m.with(r), managed{status: status, name: x.name}, err
}

// changeRole promotes, demotes, mutes or unmutes x. Admins are never muted, and the last one
// stays an admin.
func (c manageCall) changeRole(m model, r roomModel, x agentModel) (model, managed, error) {
	admins := 0
	for _, a := range r.seated() {
		if a.admin {
			admins++
		}
	}
	_, muted := listed(r.mutes, x.name)
	var done, forbidden bool
	var status chat.ManageStatus
	next := x
	switch c.action {
	case room.Promote:
		done, forbidden, status = x.admin, x.endpoint, chat.StatusPromoted
		next.admin, next.muted, next.promoted = true, false, m.now
		r.mutes = withoutName(r.mutes, x.name)
	case room.Demote:
		done, forbidden, status = !x.admin, x.admin && admins == 1, chat.StatusDemoted
		next.admin = false
	case room.Mute:
		done, forbidden, status = x.muted && muted, x.admin, chat.StatusMuted
		next.muted = true
		r.mutes = withName(r.mutes, x.name)
	case room.Unmute:
		done, status = !x.muted && !muted, chat.StatusUnmuted
		next.muted = false
		r.mutes = withoutName(r.mutes, x.name)
	}
	switch {
	case forbidden:
		return m, managed{code: fault.NotAllowed}, nil
	case done:
		return m, managed{status: chat.StatusNoChange, name: x.name}, nil
	}
	r, err := m.append(r.with(next), c.event(x.seat, x.name))
	return m.with(r), managed{status: status, name: x.name}, err
}

func (c manageCall) event(seat int, name string) eventModel {
	return eventModel{seat: seat, by: c.who.seat,
		Message: chat.Message{Type: chat.EventRole, Agent: name, Action: c.action, Note: c.note}}
}

// decideOnName bans, unbans or unmutes a name that no agent has. shown is the name
// if it is on no list.
func (c manageCall) decideOnName(m model, r roomModel, shown string) (model, managed, error) {
	banned, isBanned := listed(r.bans, c.name)
	muted, isMuted := listed(r.mutes, c.name)
	got, e := managed{status: chat.StatusNoChange, name: shown}, c.event(0, shown)
	switch {
	case c.action == room.Unban && isBanned:
		got = managed{status: chat.StatusUnbanned, name: banned}
		r.bans = withoutName(r.bans, banned)
	case c.action == room.Unban, c.action == room.BanName && isBanned:
		return m, got, nil
	case c.action == room.BanName:
		got.status = chat.StatusBanned
		r.bans = withName(r.bans, c.name)
		r, e.Changes = r.replaced()
	case c.action == room.Unmute && isMuted:
		got = managed{status: chat.StatusUnmuted, name: muted}
		r.mutes = withoutName(r.mutes, muted)
	case c.action == room.Unmute, c.action == room.Mute && isMuted, c.action == room.Kick && c.repeats(m, r):
		return m, got, nil
	default:
		return m, managed{code: fault.InvalidArgument}, nil
	}
	e.Agent = got.name
	r, err := m.append(r, e)
	return m.with(r), got, err
}

// repeats reports whether a kick of somebody who is not here was given before, and is not forgotten.
func (c manageCall) repeats(m model, r roomModel) bool {
	for i := len(r.log) - 1; i >= 0; i-- {
		if e := r.log[i]; e.Type == chat.EventLeft && strings.EqualFold(e.Agent, c.name) {
			return e.Reason == room.ReasonKicked && e.by == c.who.seat && e.at.After(m.now.Add(-room.RepeatWindow))
		}
	}
	return false
}

// manageOp is a decision that was answered.
type manageOp struct {
	manageCall
	got  chat.Managed
	code fault.Code
}

func (o manageOp) on(m model) (model, error) {
	r, by, refused, err := m.admitAdmin(o.who, o.code)
	if err != nil || refused {
		return m, err
	}
	next, want, err := o.decide(m, r, by)
	if err != nil {
		return m, err
	}
	if got := (managed{o.got.Status, strings.Join(o.got.Names, ", "), o.code}); got != want {
		return m, &wrong{string(o.action), got, want}
	}
	if want.code != "" {
		return m, nil
	}
	number := r.invite.number
	r, _ = next.room(r.id)
	if o.got.Renewed != (r.invite.number != number) {
		return m, &wrong{"that the invite was renewed", o.got.Renewed, r.invite.number != number}
	}
	if o.got.Renewed {
		if err := next.sameInvite(r, o.got.Invite); err != nil {
			return m, err
		}
	}
	by, _ = r.agent(by.seat)
	return next.withAgent(r.id, by.call(m.now)), nil
}

func (o manageOp) String() string { return fmt.Sprintf("%v: %s%s", o.manageCall, o.got.Status, o.code) }
