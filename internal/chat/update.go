package chat

import (
	"context"
	"time"

	"github.com/parley-chat/parley/internal/table"
)

// UpdateRoom changes the settings that are given, all or none of them, or closes
// the room for good. Only admins may. A new password or its removal, and making
// the room public or not, draw a line: who comes later sees nothing that was said
// before. A closed room is still read by its agents, and its name is free.
func (s *Service) UpdateRoom(ctx context.Context, req UpdateRequest) (Updated, error) {
	u, err := newUpdate(req)
	if err != nil {
		return Updated{}, err
	}
	c, err := s.enterAdmin(ctx, req.Token)
	if err != nil {
		return Updated{}, s.outward(err)
	}
	defer c.room.done()
	if u.hash, err = s.hashPassword(ctx, u.Password); err != nil {
		return Updated{}, s.outward(err)
	}
	events, err := c.decide(ctx, u.propose, u.blocked)
	if err != nil {
		return Updated{}, s.outward(err)
	}
	got := Updated{Status: StatusUnchanged}
	if len(events) > 0 {
		got.Status, got.Changes = StatusUpdated, events[0].Changed
		if events[0].closes() {
			got.Status = StatusClosed
		}
	}
	got.Room, err = c.room.view(ctx, c.room.known(), c.agent.Seat)
	return got, s.outward(err)
}

// update is a change of a room's settings, checked as far as it can be without
// the room.
type update struct {
	UpdateRequest
	room  name   // the new name; none: as it is
	hash  string // of the new password; "": as it is
	taken bool   // another room has the new name
}

func newUpdate(req UpdateRequest) (*update, error) {
	u := &update{UpdateRequest: req}
	room, password, err := splitPassword(req.Room, req.Password)
	if err != nil {
		return nil, err
	}
	u.Password = password
	if req.Room != "" {
		if u.room, err = roomName(room); err != nil {
			return nil, err
		}
	}
	changes := req.Room != "" || u.Password != "" || req.RemovePassword || req.Description != "" ||
		req.Capacity != 0 || req.Type != "" || req.Public != nil
	switch {
	case req.Close && changes:
		return nil, refuse(InvalidArgument, "closed goes alone: a closed room has no settings to change. Nothing was changed.")
	case !req.Close && !changes:
		return nil, refuse(InvalidArgument, "Say what to change: room (a new name), description, password, remove_password, capacity, type, public or closed.")
	case u.Password != "" && req.RemovePassword:
		return nil, refuse(InvalidArgument, "Give either password or remove_password. Nothing was changed.")
	}
	return u, checkSettings(req.Description, req.Capacity, req.Type)
}

// propose makes the change, if the room as it is then allows.
func (u *update) propose(f *fold, _ agent, _ time.Time) (change, error) {
	if u.Close {
		return change{events: []event{{Type: set, Reason: ReasonClosed}}}, nil
	}
	next, changed := u.of(f.settings)
	switch {
	case u.Capacity > 0 && u.Capacity < len(f.agents):
		return change{}, refuse(InvalidArgument, "capacity: %d agents have a seat, so it cannot be lower. Nothing was changed: kick an agent with manage_agent first, or wait until some have left.", len(f.agents))
	case next.Key != f.Key && u.taken:
		return change{}, refuse(RoomExists, "Another room has this name, or had it until lately. Nothing was changed: choose another.")
	case len(changed) == 0:
		return change{}, nil
	}
	if next.Password != f.Password || next.Public != f.Public {
		next.OpenFrom = f.asOf + 1
	}
	return change{events: []event{{Type: set, Settings: &next, Changed: changed}}}, nil
}

// of returns s with the changes, and the names of the settings that differ.
func (u *update) of(s settings) (next settings, changed []string) {
	next = s
	if u.room.key != "" {
		next.Name, next.Key = u.room.shown, u.room.key
	}
	if u.Description != "" {
		next.Description = u.Description
	}
	if u.hash != "" || u.RemovePassword {
		next.Password = u.hash
	}
	if u.Capacity != 0 {
		next.Capacity = u.Capacity
	}
	if u.Type != "" {
		next.Type = u.Type
	}
	if u.Public != nil {
		next.Public = *u.Public
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
func (u *update) blocked(table.Conflict) { u.taken = true }
