package chat

import (
	"context"
	"time"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/table"
)

// ManageAgent does something to the agent of a name in the caller's room. Only
// admins may, and some actions not to themselves. An action without effect gives
// StatusNoChange. A kicked agent may join again. A banned name may not, in any
// spelling, and it can be banned while no agent has it. A ban of a guest, or of a name that
// no agent has, renews the invite of the room: it may have given the seat. A muted name stays muted
// until an admin unmutes it.
func (s *Service) ManageAgent(ctx context.Context, req ManageRequest) (Managed, error) {
	if req.Action == room.Readmit {
		return s.readmit(ctx, req)
	}
	order := room.Order{Action: req.Action, Note: req.Note}
	if err := order.Check(); err != nil {
		return Managed{}, err
	}
	name, err := ident.Nickname("agent_name", req.AgentName)
	if err != nil {
		return Managed{}, err
	}
	order.Name = name

	// The order is complete. Only an admin of the room may give it.
	c, err := s.enterAdmin(ctx, req.Token)
	if err != nil {
		return Managed{}, s.Outward(err)
	}
	defer c.room.release()
	got := Managed{}
	events, err := c.decide(ctx, checkAdmin,
		func(h *room.Head, by room.Agent, now time.Time) (ch roomlog.Change, err error) {
			e, name, err := order.Decide(h, by)
			got = Managed{Status: StatusNoChange, Name: name}
			if e == nil {
				return ch, err
			}
			got.Status = statusOf[order.Action]
			e.ByName = by.Name
			ch.Events = []room.Event{*e}
			if e.Type == room.Left {
				ch.Ops = roomlog.Vacate(&h.State, *e, table.Always, now)
			}
			return ch, nil
		}, nil)
	if err != nil {
		return Managed{}, s.Outward(err)
	}

	// After a renewal the old invite admits nobody, so the answer has the new one.
	got.Renewed = len(events) > 0 && events[0].Invite != nil
	if got.Renewed {
		h := c.room.log.Peek()
		got.Room, got.Invite = describeOutside(h), inviteOf(h, s.now())
	}
	return got, nil
}

var statusOf = map[room.Action]ManageStatus{
	room.Promote: StatusPromoted, room.Demote: StatusDemoted, room.Mute: StatusMuted, room.Unmute: StatusUnmuted,
	room.Kick: StatusKicked, room.BanName: StatusBanned, room.Unban: StatusUnbanned,
}
