package chat

import (
	"context"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/password"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
)

// UpdateRoom changes the given settings, all or none, or closes the room for good. Only admins may. After a new
// password, more seats, or a change of public, later joins see nothing of the earlier talk. A new password renews the
// invite. The agents of a closed room can still read, and the name is free.
//
// With Redact, an admin or the author removes the words of one message or task. A repeated call changes nothing, since
// the answer to the first may be lost; but a password and an invite are made anew.
func (s *Service) UpdateRoom(ctx context.Context, req UpdateRequest) (Updated, error) {
	if req.Redact != "" {
		got, err := s.redact(ctx, req)
		return got, s.Outward(err)
	}
	update, password, err := req.update()
	if err != nil {
		return Updated{}, err
	}

	// The request is valid. The room decides whether the caller may.
	c, err := s.enterAdmin(ctx, req.Token)
	if req.Close && fault.CodeOf(err) == fault.RoomClosed {
		return Updated{Status: StatusClosed}, nil
	}
	if err != nil {
		return Updated{}, s.Outward(err)
	}
	defer c.room.release()
	if req.Cursor != "" {
		cursor, ok := c.readCursor(req.Cursor)
		if !ok {
			return Updated{}, fault.Refuse(fault.InvalidArgument,
				"cursor is not one of yours. Nothing was changed: give the one of your last result, or leave it out.")
		}
		update.AsOf = cursor.N
	}

	// The hash is made before the decision: a lost race repeats the decision, but not the hash.
	update.Password, err = s.passwords.Hash(ctx, password)
	if err != nil {
		return Updated{}, s.Outward(err)
	}
	done, err := appendDecision(ctx, c, checkAdmin, func(at place) (ch roomlog.Change, err error) {
		event, err := update.Decide(at.head, len(at.blocked) > 0, at.now) // only a new name can be blocked
		if event != nil {
			ch.Events = []room.Event{*event}
		}
		return ch, err
	})
	if err != nil {
		return Updated{}, s.Outward(err)
	}

	// Without an event nothing has changed.
	got := Updated{Status: StatusUnchanged}
	if len(done.Events) > 0 {
		event := done.Events[0]
		got.Status, got.Changes = StatusUpdated, event.Changed
		if event.ClosesRoom() {
			got.Status = StatusClosed
		} else {
			got.HidesTalk = event.OpenFrom != nil
		}
	}
	got.Invite = inviteOf(c.room.log.Peek(), s.now())
	got.Room, err = c.room.view(ctx, c.room.log.Peek(), c.me)
	return got, s.Outward(err)
}

// update checks a request. In the check, the password stands for its hash.
func (req UpdateRequest) update() (update room.Update, pass string, err error) {
	update = room.Update{
		Description: req.Description, NoDescription: req.NoDescription, RemovePassword: req.RemovePassword,
		Capacity: req.Capacity,
		Type:     req.Type, Public: req.Public, NewInvite: req.NewInvite, AgentMessages: req.AgentMessages,
		Close: req.Close,
	}
	name, pass, err := password.Split(req.Room, req.Password)
	if err != nil {
		return update, "", err
	}
	if req.Room != "" {
		update.Name, err = ident.RoomName(name)
		if err != nil {
			return update, "", err
		}
	}
	update.Password = pass
	if err := room.CheckAgentMessages(req.AgentMessages); err != nil {
		return update, "", err
	}
	return update, pass, update.Check()
}
