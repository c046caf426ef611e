package chat

import (
	"context"
	"time"

	"github.com/parley-chat/parley/internal/room"
	"github.com/parley-chat/parley/internal/roomlog"
)

// A room gets an acting admin after a silence of its admins when one is needed: somebody
// finds no seat, or calls what only admins may. A call that needs no admin does not look for one.

// succeed makes an agent an acting admin if that is due, perhaps the caller. It is for a
// call that only an admin may make.
func (c *caller) succeed(ctx context.Context) error {
	r := c.room
	if c.agent.Role == room.Admin || c.head.Closed || !c.head.MayLackAdmin(r.svc.now()) {
		return nil
	}
	presence, err := r.signsOfLife(ctx, room.AdminSilent)
	if err != nil {
		return err
	}
	if !c.agent.IsPerson() || c.agent.IsAlone() {
		presence[c.agent.Seat] = room.Presence{AtMs: r.svc.now().UnixMilli()} // it is here, whatever it has announced
	}
	claim := &room.Claim{Presence: presence}
	err = r.log.Append(ctx, &roomlog.Proposal{Propose: func(h *room.Head, now time.Time) (ch roomlog.Change, err error) {
		if e := claim.Succeed(h, now); e != nil && !h.Closed && !h.Expired(now) {
			ch.Events = []room.Event{*e}
		}
		return ch, nil
	}})
	if err != nil {
		return err
	}
	c.head = r.log.Known()
	a, seated := c.head.Owner(c.token)
	if !seated {
		return r.svc.whyNot(ctx, c.head, c.token)
	}
	c.agent = a
	return nil
}
