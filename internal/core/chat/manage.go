package chat

import (
	"context"
	"time"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/table"
)

// ManageAgent applies an order to the agent of a name in the caller's room. Only admins may give orders, and an admin
// cannot kick or ban itself; but in a room of two the other agent may kick a silent admin: see
// room.SeatRequest.RelievedFrom. An action without effect gives StatusNoChange. A kicked agent may join again. A
// banned name may not join, in any spelling, and a name may be banned while no agent has it. A ban of a guest, or of
// an unused name, renews the room's invite: the agent may have come through the invite. A muted name stays muted
// until an admin unmutes it.
func (s *Service) ManageAgent(ctx context.Context, req ManageRequest) (Managed, error) {
	order := room.Order{Action: req.Action, Note: req.Note}
	if err := order.Check(); err != nil {
		return Managed{}, err
	}
	name, err := ident.Nickname("agent_name", req.AgentName)
	if err != nil {
		return Managed{}, err
	}
	order.Name = name

	// The order is complete. The room decides whether the caller may give it.
	c, may, err := s.enterManager(ctx, req.Token, order)
	if err != nil {
		return Managed{}, s.Outward(err)
	}
	defer c.room.release()
	got := Managed{}
	events, err := c.appendDecision(ctx, may,
		func(head *room.Head, by room.Caller, now time.Time) (ch roomlog.Change, err error) {
			event, name, err := order.Decide(head, by.Agent)
			got = Managed{Status: StatusNoChange, Name: name}
			if event == nil {
				return ch, err
			}
			got.Status = statusOf[order.Action]
			event.ByName = by.Name
			ch.Events = []room.Event{*event}
			if event.Type == room.Left {
				ch.Ops = roomlog.Vacate(&head.State, *event, table.Always, now)
			}
			return ch, nil
		}, nil)
	if err != nil {
		return Managed{}, s.Outward(err)
	}

	if req.Clear {
		got.Files, err = c.clearFiles(ctx, order.Name.Key)
		if err == nil {
			got.Tasks, err = c.clearTasks(ctx, order.Name.Key)
		}
		if err != nil {
			return Managed{}, s.Outward(err)
		}
	}

	// After a renewal the old invite admits nobody, so the answer has the new one.
	got.Renewed = len(events) > 0 && events[0].Invite != nil
	if got.Renewed {
		head := c.room.log.Peek()
		got.Room, got.Invite = describeOutside(head), inviteOf(head, s.now())
	}
	return got, nil
}
