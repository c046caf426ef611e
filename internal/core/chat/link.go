package chat

import (
	"context"
	"errors"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
)

// redeem turns token, made by the caller, into a token of the person behind the seat of a claim. opened is false if
// token was such a token before. The error comes from roomlog, or is a *fault.Error.
func (s *Service) redeem(ctx context.Context, claim string, token ident.Token) (opened bool, err error) {
	c, ok := ident.ParseLinkCode(claim)
	if !ok {
		return false, fault.Refuse(fault.TokenInvalid,
			"claim is mistyped: it is what follows # in the link, unchanged.")
	}
	if c.Room != token.Room || c.Seat != token.Seat {
		return false, fault.Refuse(fault.InvalidArgument, "agent_token must be made of the room and the seat of "+
			"claim, and a secret of your own. Nothing was changed.")
	}

	// The token names the seat of the claim. The newest state of the room decides the rest.
	l, holder := s.store.Acquire(c.Room), room.HashToken(token)
	defer l.Release()
	s.space.readIfDue()
	opens := func(at roomlog.Place) (ch roomlog.Answered[*fault.Error], err error) {
		head, now := at.Head, at.Now
		agent, here := head.Seated(c.Seat)
		switch {
		case head.Closed:
			return ch, head.RefuseClosed()
		case head.Expired(now):
			return ch, roomlog.ErrNotFound
		case !here:
			return ch, room.RefuseUnknownLink()
		}
		if err := head.Invite.CheckSeat(ident.PrincipalOf(ctx), agent); err != nil {
			return ch, err
		}

		// A refusal may have an event, which is stored. So the refusal is the answer of a successful append.
		event, refused := head.OpenLink(agent, c, holder.Hash, now)
		ch.Answer = refused
		if event == nil {
			return ch, nil
		}
		if err := s.reserveSpace(0, agent.IsGuest()); err != nil {
			if refused != nil { // the refusal stands without its event
				err = nil
			}
			return ch, err
		}
		ch.Events = []room.Event{*event}
		return ch, nil
	}
	done, err := roomlog.Append(ctx, l, s.now(), opens)
	if err == nil && done.Answer != nil {
		err = done.Answer
	}
	return err == nil && len(done.Events) > 0, err
}

// AgentBehind returns the agent of the seat to which the link of a claim leads. If the room knows no such link on a
// current head, ok is false.
func (s *Service) AgentBehind(ctx context.Context, c ident.LinkCode) (agent room.Agent, ok bool, err error) {
	l := s.store.Acquire(c.Room)
	defer l.Release()
	began := s.store.Clock().Now()
	current := func(ctx context.Context) (*room.Head, error) { return l.Refresh(ctx, began) }
	for _, read := range []func(context.Context) (*room.Head, error){l.Cached, current} {
		head, err := read(ctx)
		if errors.Is(err, roomlog.ErrNotFound) {
			return agent, false, nil
		}
		if err != nil {
			return agent, false, err
		}
		if a, here := head.Seated(c.Seat); here && head.KnowsLink(a, c) {
			return a, true, nil
		}
	}
	return agent, false, nil
}
