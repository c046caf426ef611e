package chat

import (
	"context"
	"time"

	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/ident"
	"github.com/parley-chat/parley/internal/room"
	"github.com/parley-chat/parley/internal/roomlog"
	"github.com/parley-chat/parley/internal/table"
)

// UpdateRoom changes the given settings, all or none of them, or closes the room for
// good. Only admins may. If the password changes, or whether the room is public,
// agents that join later see nothing of what was said before. Its agents can still
// read a closed room, and its name is free.
func (s *Service) UpdateRoom(ctx context.Context, req UpdateRequest) (Updated, error) {
	op, err := newUpdate(req)
	if err != nil {
		return Updated{}, err
	}
	c, err := s.enterAdmin(ctx, req.Token)
	if err != nil {
		return Updated{}, s.Outward(err)
	}
	defer c.room.release()
	if op.hash, err = s.passwords.hash(ctx, op.Password); err != nil {
		return Updated{}, s.Outward(err)
	}
	events, err := c.decide(ctx, op.propose, op.blocked)
	if err != nil {
		return Updated{}, s.Outward(err)
	}
	got := Updated{Status: StatusUnchanged}
	if len(events) > 0 {
		got.Status, got.Changes = StatusUpdated, events[0].Changed
		if events[0].ClosesRoom() {
			got.Status = StatusClosed
		}
	}
	got.Room, err = c.room.view(ctx, c.room.log.Known(), c.agent.Seat)
	return got, s.Outward(err)
}

// updateOp is a change of a room's settings, checked as far as possible without the
// room.
type updateOp struct {
	UpdateRequest
	name  ident.Name // the new one; zero: as it is
	hash  string     // of the new password; "": as it is
	taken bool       // another room has the new name
}

func newUpdate(req UpdateRequest) (*updateOp, error) {
	op := &updateOp{UpdateRequest: req}
	name, password, err := splitPassword(req.Room, req.Password)
	if err != nil {
		return nil, err
	}
	op.Password = password
	if req.Room != "" {
		if op.name, err = ident.RoomName(name); err != nil {
			return nil, err
		}
	}
	changes := req.Room != "" || op.Password != "" || req.RemovePassword || req.Description != "" ||
		req.Capacity != 0 || req.Type != "" || req.Public != nil
	switch {
	case req.Close && changes:
		return nil, fault.Refuse(fault.InvalidArgument, "closed goes alone: a closed room has no settings to change. Nothing was changed.")
	case !req.Close && !changes:
		return nil, fault.Refuse(fault.InvalidArgument, "Say what to change: room (a new name), description, password, remove_password, capacity, type, public or closed.")
	case op.Password != "" && req.RemovePassword:
		return nil, fault.Refuse(fault.InvalidArgument, "Give either password or remove_password. Nothing was changed.")
	}
	return op, room.CheckSettings(req.Description, req.Capacity, req.Type)
}

// propose makes the change, if the room as it is then allows it.
func (op *updateOp) propose(h *room.Head, _ room.Agent, _ time.Time) (roomlog.Change, error) {
	if op.Close {
		return roomlog.Change{Events: []room.Event{{Type: room.Changed, Reason: room.ReasonClosed}}}, nil
	}
	next, changed := op.apply(h.Settings)
	switch {
	case op.Capacity > 0 && op.Capacity < len(h.Agents):
		return roomlog.Change{}, fault.Refuse(fault.InvalidArgument, "capacity: %d agents have a seat, so it cannot be lower. Nothing was changed: kick an agent with manage_agent first, or wait until some have left.", len(h.Agents))
	case next.Key != h.Key && op.taken:
		return roomlog.Change{}, fault.Refuse(fault.RoomExists, "Another room has this name, or had it until lately. Nothing was changed: choose another.")
	case len(changed) == 0:
		return roomlog.Change{}, nil
	}
	if next.Password != h.Password || next.Public != h.Public {
		next.OpenFrom = h.AsOf + 1
	}
	return roomlog.Change{Events: []room.Event{{Type: room.Changed, Settings: &next, Changed: changed}}}, nil
}

// apply returns s with the changes, and the names of the settings that differ.
func (op *updateOp) apply(s room.Settings) (next room.Settings, changed []string) {
	next = s
	if op.name.Key != "" {
		next.Name, next.Key = op.name.Shown, op.name.Key
	}
	if op.Description != "" {
		next.Description = op.Description
	}
	if op.hash != "" || op.RemovePassword {
		next.Password = op.hash
	}
	if op.Capacity != 0 {
		next.Capacity = op.Capacity
	}
	if op.Type != "" {
		next.Type = op.Type
	}
	if op.Public != nil {
		next.Public = *op.Public
	}
	for _, x := range []struct {
		setting string
		differs bool
	}{
		{"room", next.Name != s.Name},
		{"description", next.Description != s.Description},
		{"password", next.Password != s.Password},
		{"capacity", next.Capacity != s.Capacity},
		{"type", next.Type != s.Type},
		{"public", next.Public != s.Public},
	} {
		if x.differs {
			changed = append(changed, x.setting)
		}
	}
	return next, changed
}

// blocked notes that the new name leads to another room.
func (op *updateOp) blocked(table.Conflict) { op.taken = true }
