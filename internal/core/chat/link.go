package chat

import (
	"context"
	"errors"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
)

// redeem turns t, made by the caller, into a token of the person behind the seat of a claim. opened is false if t was
// such a token before. The error is one of a log, or a *fault.Error.
func (s *Service) redeem(ctx context.Context, claim string, t ident.Token) (opened bool, err error) {
	c, ok := ident.ParseLinkCode(claim)
	if !ok {
		return false, fault.Refuse(fault.TokenInvalid,
			"claim is mistyped: it is what follows # in the link, unchanged.")
	}
	if c.Room != t.Room || c.Seat != t.Seat {
		return false, fault.Refuse(fault.InvalidArgument, "agent_token must be made of the room and the seat of "+
			"claim, and a secret of your own. Nothing was changed.")
	}

	// The token names the seat of the claim. The newest state of the room decides the rest.
	l, holder := s.store.Acquire(c.Room), room.HolderOf(t)
	defer l.Release()
	s.space.readIfDue()
	var refused *fault.Error
	p := &roomlog.Proposal{Propose: func(h *room.Head, now time.Time) (ch roomlog.Change, err error) {
		a, here := h.Seated(c.Seat)
		switch {
		case h.Closed:
			return ch, h.RefuseClosed()
		case h.Expired(now):
			return ch, roomlog.ErrNotFound
		case !here:
			return ch, room.RefuseUnknownLink()
		}
		if err := h.Invite.CheckSeat(ident.PrincipalOf(ctx), a); err != nil {
			return ch, err
		}

		// A refusal may have an event, which is stored. So the refusal is returned after the append.
		var e *room.Event
		e, refused = h.OpenLink(a, c, holder.Hash, now)
		if e == nil {
			return ch, nil
		}
		if err := s.reserveSpace(0, a.IsGuest()); err != nil {
			if refused != nil { // the refusal stands without its event
				err = nil
			}
			return ch, err
		}
		ch.Events = []room.Event{*e}
		return ch, nil
	}}
	if err := l.Append(ctx, p); err != nil {
		return false, err
	}
	if refused != nil {
		return false, refused
	}
	return len(p.Events) > 0, nil
}

// AgentBehind returns the agent of the seat to which the link of a claim leads. If the room knows no such link on a
// current head, ok is false.
func (s *Service) AgentBehind(ctx context.Context, c ident.LinkCode) (a room.Agent, ok bool, err error) {
	l := s.store.Acquire(c.Room)
	defer l.Release()
	began := s.store.Clock().Now()
	current := func(ctx context.Context) (*room.Head, error) { return l.Refresh(ctx, began) }
	for _, read := range []func(context.Context) (*room.Head, error){l.Cached, current} {
		h, err := read(ctx)
		if errors.Is(err, roomlog.ErrNotFound) {
			return a, false, nil
		}
		if err != nil {
			return a, false, err
		}
		if a, here := h.Seated(c.Seat); here && h.KnowsLink(a, c) {
			return a, true, nil
		}
	}
	return a, false, nil
}
