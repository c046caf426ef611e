package chat

import (
	"context"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
)

// An admin may do everything to every agent in the room, other admins included.

// enterUnheld accepts a token on the current head, unless the agent's person holds the agent: see
// room.Caller.CheckOrder.
func (s *Service) enterUnheld(ctx context.Context, token string) (managing, error) {
	c, err := s.enterCurrent(ctx, token)
	if err != nil {
		return managing{}, err
	}
	if err := c.me.CheckOrder(); err != nil {
		c.room.release()
		return managing{}, err
	}
	return managing{c}, nil
}

// permission returns why the caller by may not decide something about the room, or nil.
type permission func(h *room.Head, by room.Caller, now time.Time) error

// enterAdmin accepts the token of an admin on the current head.
func (s *Service) enterAdmin(ctx context.Context, token string) (managing, error) {
	c, err := s.enterUnheld(ctx, token)
	if err != nil {
		return managing{}, err
	}
	err = c.succeed(ctx)
	if err == nil {
		err = checkAdmin(c.head, c.me, s.now())
	}
	if err != nil {
		c.room.release()
		return managing{}, err
	}
	return c, nil
}

// checkAdmin returns why caller may not decide anything about the room; nil if caller may.
func checkAdmin(head *room.Head, caller room.Caller, now time.Time) error {
	if err := checkLive(head, now); err != nil {
		return err
	}
	if caller.Role != room.Admin {
		return refuseNotAdmin()
	}
	return nil
}

func refuseNotAdmin() error {
	return fault.Refuse(fault.NotAllowed, "Only admins of this room may do that, and you are not one. Nothing "+
		"was changed: room_info tells who is; ask one of them with send_message.")
}

// appendDecision appends the decision of c's caller; no event if nothing had to change. may checks the caller's right;
// propose checks every other rule.
func appendDecision[T any](ctx context.Context, c managing, may permission, propose rule[T]) (roomlog.Answered[T],
	error) {
	done, err := appendBy(ctx, c.session, c.room.svc.now(), func(at place) (ch roomlog.Answered[T], err error) {
		by := at.caller
		if err := by.CheckOrder(); err != nil { // the person may hold the agent by now
			return ch, err
		}
		if err := may(at.head, by, at.now); err != nil {
			return ch, err
		}
		ch, err = propose(at)
		for i := range ch.Events {
			by.SignDecision(&ch.Events[i])
		}
		return ch, err
	})
	if err != nil {
		return done, err
	}
	c.room.svc.auditDecisions(ctx, c.token.Room, done.Events)
	if c.moveOn() { // the decision may have changed the caller's role
		c.recorder().RecordCall(ctx)
	}
	return done, nil
}

// succeed makes the caller an admin if the admins are silent: see room.Liveness.Succeed. Only calls that need an admin
// run succeed, so other calls cost nothing.
func (c managing) succeed(ctx context.Context) error {
	live := c.room
	if c.me.Role == room.Admin || c.head.Closed || !c.head.MayLackAdmin(live.svc.now()) {
		return nil
	}
	presence, err := live.readPresence(ctx, room.AdminSilent)
	if err != nil {
		return err
	}
	reading(c).addCall(presence)
	heard := room.Liveness{Presence: presence}
	_, err = roomlog.Append(ctx, live.log, live.svc.now(), func(at roomlog.Place) (ch roomlog.Change, _ error) {
		event := heard.Succeed(at.Head, c.me.Seat, at.Now)
		if event != nil && checkLive(at.Head, at.Now) == nil {
			ch.Events = []room.Event{*event}
		}
		return ch, nil
	})
	if err != nil {
		return err
	}
	if !c.moveOn() {
		return c.refuseToken(ctx, c.head)
	}
	return nil
}
