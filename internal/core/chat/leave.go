package chat

import (
	"context"
	"errors"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/presence"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/table"
)

// LeaveRoom gives up the seat and the name, with an optional last word, and returns the caller's unread messages. A
// second call is no error. A held agent cannot leave; its person can. See room.State.CheckLeaving.
func (s *Service) LeaveRoom(ctx context.Context, req LeaveRequest) (Left, error) {
	if req.Text != "" {
		if err := room.CheckText(req.Text); err != nil {
			return Left{}, err
		}
	}
	c, err := s.enterCurrent(ctx, req.Token)
	switch fault.CodeOf(err) {
	case "":
	case fault.Removed:
		return Left{Status: StatusAlreadyLeft}, nil
	default:
		err = s.Outward(err)
		if fault.CodeOf(err) == fault.RoomNotFound {
			return Left{Status: StatusAlreadyLeft}, nil
		}
		return Left{}, err
	}
	defer c.room.release()
	if err := c.checkLastWord(ctx, req.Text); err != nil {
		return Left{}, s.Outward(err)
	}
	if req.Text != "" {
		if err := c.checkSpace(len(req.Text)); err != nil {
			return Left{}, err
		}
	}
	got, err := c.leave(ctx, req.Text)
	return got, s.Outward(err)
}

// leave gives up the caller's seat, with the last word in the same Write: an agent neither leaves without the word nor
// stays after the word.
func (c *session) leave(ctx context.Context, text string) (got Left, err error) {
	got.Messages, got.HasMore, err = c.lastUnread(ctx)
	if err != nil {
		return Left{}, err
	}
	heard := c.livenessOfHeirs(ctx)
	leaves := ofCaller(c, func(at place) (ch roomlog.Change, err error) {
		head, caller, now := at.head, at.caller, at.now
		if checkLive(head, now) != nil { // nobody has a seat in such a room
			return ch, errUnseated
		}
		if !caller.IsPerson() {
			if err := head.CheckLeaving(caller.Agent, text); err != nil {
				return ch, err
			}
		}
		if text != "" {
			event, err := head.ProposeMessage(caller, room.Message(text, "", nil), now)
			if err != nil {
				return ch, err
			}
			ch.Events = append(ch.Events, event)
		}
		left := *head.FreeSeat(caller.Agent, room.ReasonLeft)
		left.Promoted, left.Person = heard.Heir(head, caller.Seat, now), caller.IsPerson()
		ch.Events = append(ch.Events, left)
		if caller.Person.HasOpened() { // the person's devices are told why the seat is gone
			ch.Ops = roomlog.Vacate(&head.State, left, table.Always, now)
		} else {
			ch.Ops = []table.Op{table.Delete(roomlog.PresenceKey(head.ID, caller.Seat), table.Always)}
		}
		return ch, nil
	})
	done, err := roomlog.Append(ctx, c.room.log, c.room.svc.now(), leaves)
	switch {
	case errors.Is(err, errUnseated):
		got.Status = StatusAlreadyLeft
		return got, nil
	case err != nil:
		return Left{}, err
	}
	got.Status, got.NewAdmin = StatusLeft, done.Events[len(done.Events)-1].NewAdmin
	if head := c.room.log.Peek(); !head.Deserted() {
		got.Until = head.Expires()
	}
	return got, nil
}

// livenessOfHeirs returns who is present. It reads the presence only if another agent becomes admin as the caller
// leaves: a present agent comes first.
func (c *session) livenessOfHeirs(ctx context.Context) (heard room.Liveness) {
	if c.head.Successor(c.me.Seat) == 0 {
		return heard
	}
	var err error
	heard.Presence, _, err = c.room.agents.ReadPresence(ctx, table.Eventual)
	if err != nil && ctx.Err() == nil {
		c.room.svc.log.WarnContext(ctx, "presence not read", "error", err) // messages also tell who is present
	}
	return heard
}

// lastUnread returns the caller's unread messages. Nothing is recorded: the seat is given up.
func (c *session) lastUnread(ctx context.Context) ([]Message, bool, error) {
	offer, err := c.reader().AcknowledgeAndOffer(ctx, presence.QueryAtLast())
	if err != nil {
		return nil, false, err
	}
	in := newInbox(c, position{Offer: offer}, listening{})
	err = in.collect(ctx)
	if errors.Is(err, table.ErrUnavailable) {
		err = nil // the caller leaves without its unread messages
	}
	return in.batch.Messages, in.end == full, err
}
