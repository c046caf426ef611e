package chat_test

import (
	"context"
	"fmt"
	"slices"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/room"
)

// order is what an agent wants to be done to the agent of a name.
type order struct {
	who    ticket
	action room.Action
	name   string
}

func (o order) String() string { return fmt.Sprintf("%v orders %s %s", o.who, o.action, o.name) }

// ordered is what comes of an order: a change, or why there is none.
type ordered struct {
	status chat.ManageStatus
	code   fault.Code
}

// given is the room after o, and what its giver is told.
func (o order) given(s oneRoom) (oneRoom, ordered, bool) {
	by, here := s.sitting(o.who)
	x, there := s.named(o.name)
	switch {
	case !here:
		return s, ordered{}, false
	case !by.admin:
		return s, ordered{code: fault.NotAllowed}, true
	case !there:
		return s, ordered{code: fault.InvalidArgument}, true
	}
	switch o.action {
	case room.Kick:
		return o.kick(s, by, x)
	case room.Promote:
		return o.promote(s, by, x)
	}
	return o.mute(s, by, x)
}

func (o order) kick(s oneRoom, by, x sitting) (oneRoom, ordered, bool) {
	if x == by {
		return s, ordered{code: fault.NotAllowed}, true
	}
	s, ok := s.rise(x, room.ReasonKicked, by)
	return s, ordered{status: chat.StatusKicked}, ok
}

func (o order) promote(s oneRoom, by, x sitting) (oneRoom, ordered, bool) {
	if x.admin {
		return s, ordered{status: chat.StatusNoChange}, true
	}
	x.admin, x.muted = true, false
	s.mutes = slices.DeleteFunc(slices.Clone(s.mutes), func(name string) bool { return name == x.name })
	s, ok := s.become(x).add(o.event(by, x))
	return s, ordered{status: chat.StatusPromoted}, ok
}

func (o order) mute(s oneRoom, by, x sitting) (oneRoom, ordered, bool) {
	named := slices.Contains(s.mutes, x.name)
	switch {
	case x.admin:
		return s, ordered{code: fault.NotAllowed}, true
	case x.muted && named:
		return s, ordered{status: chat.StatusNoChange}, true
	case !named:
		s.mutes = append(slices.Clip(s.mutes), x.name)
	}
	x.muted = true
	s, ok := s.become(x).add(o.event(by, x))
	return s, ordered{status: chat.StatusMuted}, ok
}

func (o order) event(by, x sitting) happening {
	return happening{kind: chat.RoleChanged, seat: x.seat, name: x.name, action: o.action, by: by}
}

// ruleAct is an order that was answered.
type ruleAct struct {
	order
	got ordered
}

func (a ruleAct) on(s oneRoom) (oneRoom, bool) {
	next, r, ok := a.given(s)
	return next, ok && r == a.got
}

func (a ruleAct) String() string { return fmt.Sprintf("%v: %s%s", a.order, a.got.status, a.got.code) }

// obeyAct is what an order does.
type obeyAct struct{ order }

func (a obeyAct) on(s oneRoom) (oneRoom, bool) {
	next, _, ok := a.given(s)
	return next, ok && next.count > s.count
}

// rule gives an order, which a member is refused.
func (g *talker) rule() (err error) {
	o := order{who: g.who, action: room.Kick, name: nameOf(g.rng.IntN(6))}
	if g.one(2) {
		o.action = []room.Action{room.Promote, room.Mute}[g.rng.IntN(2)]
	}
	var got chat.Managed
	s, err := g.during(func(ctx context.Context, service *chat.Service) error {
		got, err = service.ManageAgent(ctx, chat.ManageRequest{Token: g.token, AgentName: o.name, Action: o.action})
		return err
	})
	switch code := fault.CodeOf(err); {
	case err == nil, code == fault.NotAllowed, code == fault.InvalidArgument:
		g.note(s, ruleAct{o, ordered{got.Status, code}})
	case noAnswer(err):
		g.noteLost(s, obeyAct{o})
	default:
		return g.failed(s, err)
	}
	return nil
}
