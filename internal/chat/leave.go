package chat

import (
	"context"
	"time"

	"github.com/parley-chat/parley/internal/table"
)

// LeaveRoom gives the seat and the name back. Leaving twice is no error.
func (s *Service) LeaveRoom(ctx context.Context, token string) (LeaveStatus, error) {
	c, err := s.enter(ctx, token)
	switch CodeOf(err) {
	case "":
	case Removed:
		return StatusAlreadyLeft, nil
	default:
		if err = s.outward(err); CodeOf(err) == RoomNotFound {
			return StatusAlreadyLeft, nil
		}
		return "", err
	}
	defer c.room.done()
	gone := false
	p := &proposal{propose: func(f *fold, now time.Time) (change, error) {
		a, here := owner(f, c.token)
		if gone = !here || f.closed || f.dead(now); gone {
			return change{}, nil
		}
		return change{
			events: []event{{Type: left, Seat: a.Seat, Name: a.Name, Reason: ReasonLeft, Promoted: f.successor(a.Seat)}},
			ops:    []table.Op{table.Delete(seenKey(f.id, a.Seat), table.Always)},
		}, nil
	}}
	if err := c.room.append(ctx, p); err != nil {
		return "", s.outward(err)
	}
	if gone {
		return StatusAlreadyLeft, nil
	}
	return StatusLeft, nil
}
