package chat

import (
	"context"
	"errors"
	"time"

	"github.com/parley-chat/parley/internal/audit"
	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/ident"
	"github.com/parley-chat/parley/internal/link"
	"github.com/parley-chat/parley/internal/room"
	"github.com/parley-chat/parley/internal/roomlog"
)

// SteerRequest is what only the person behind an agent asks for.
type SteerRequest struct {
	// Token is the person's. With Claim its caller has made it: the room and the seat of the
	// claim, and a secret.
	Token   string
	Claim   string // of a link: Token becomes one of the person, unless the link was used
	NewLink bool   // a link for a further device
}

// Steered is the result of Steer.
type Steered struct {
	Watch string // the claim of a link for a further device; "" if there is none
}

// Steer does what only the person behind an agent may: it opens the link of a seat, or
// asks for one for a further device. To repeat a call changes nothing.
func Steer(ctx context.Context, s *Service, req SteerRequest) (Steered, error) {
	t, err := parseToken(req.Token)
	if err != nil {
		return Steered{}, err
	}
	if err := ident.AskerOf(ctx).CheckToken(t); err != nil {
		return Steered{}, err
	}
	if !t.Person {
		return Steered{}, fault.Refuse(fault.NotAllowed, "Only the person behind an agent does this, with a token of its own. Nothing was changed: give your user the link to watch that join_room gave you, if it gave one.")
	}
	if req.Claim != "" {
		opened, err := link.Redeem(ctx, s.store, req.Claim, t)
		if err != nil {
			return Steered{}, s.Outward(err)
		}
		if opened {
			audit.Log(ctx, s.audit, "link_opened", audit.Room(t.Room), audit.Seat(t.Seat))
		}
	}
	c, err := s.enterNow(ctx, req.Token)
	if err != nil {
		return Steered{}, s.Outward(err)
	}
	defer c.room.release()
	if req.NewLink {
		err = steer(ctx, c, link.AddLink)
	}
	return Steered{Watch: watchOf(c)}, s.Outward(err)
}

// watchOf returns the claim of the link that can be opened for the caller's seat, as the
// caller may see it.
func watchOf(c *caller) string {
	h := c.room.log.Known()
	a, _ := h.Owner(c.token)
	return link.Shown(&h.State, a)
}

// steer appends what the person behind the caller's seat decides; how returns nil if
// nothing changes.
func steer(ctx context.Context, c *caller, how func(room.Agent) *room.Event) error {
	err := c.room.log.Append(ctx, &roomlog.Proposal{Propose: func(h *room.Head, now time.Time) (ch roomlog.Change, err error) {
		a, here := h.Owner(c.token)
		if !here {
			return ch, errUnseated
		}
		if err := checkLive(h, now); err != nil {
			return ch, err
		}
		if e := how(a); e != nil {
			ch.Events = []room.Event{*e}
		}
		return ch, nil
	}})
	if errors.Is(err, errUnseated) {
		return c.room.svc.whyNot(ctx, c.room.log.Known(), c.token)
	}
	return err
}
