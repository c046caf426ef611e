package chat

import (
	"context"
	"time"

	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/room"
	"github.com/parley-chat/parley/internal/roomlog"
	"github.com/parley-chat/parley/internal/table"
)

// LeaveRoom gives the seat and the name back. To leave twice is not an error.
func (s *Service) LeaveRoom(ctx context.Context, token string) (LeaveStatus, error) {
	c, err := s.enter(ctx, token)
	switch fault.CodeOf(err) {
	case "":
	case fault.Removed:
		return StatusAlreadyLeft, nil
	default:
		if err = s.Outward(err); fault.CodeOf(err) == fault.RoomNotFound {
			return StatusAlreadyLeft, nil
		}
		return "", err
	}
	defer c.room.release()
	gone := false
	p := &roomlog.Proposal{Propose: func(h *room.Head, now time.Time) (roomlog.Change, error) {
		a, here := h.Owner(c.token)
		if gone = !here || h.Closed || h.Expired(now); gone {
			return roomlog.Change{}, nil
		}
		return roomlog.Change{
			Events: []room.Event{*room.FreeSeat(&h.State, a, room.ReasonLeft)},
			Ops:    []table.Op{table.Delete(roomlog.PresenceKey(h.ID, a.Seat), table.Always)},
		}, nil
	}}
	if err := c.room.log.Append(ctx, p); err != nil {
		return "", s.Outward(err)
	}
	if gone {
		return StatusAlreadyLeft, nil
	}
	return StatusLeft, nil
}
