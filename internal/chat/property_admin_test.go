package chat_test

import (
	"slices"
	"strings"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/room"
)

// adminBarred says how a call that only admins may make is refused.
func (m *machine) adminBarred(s *modelSeat) []fault.Code {
	codes := m.barred(s)
	switch {
	case codes != nil:
	case s.room.closed:
		codes = []fault.Code{fault.RoomClosed}
	case !s.admin:
		codes = []fault.Code{fault.NotAllowed}
	}
	return codes
}

func (m *machine) update() {
	s := m.agent()
	yes, no := true, false
	req := chat.UpdateRequest{Token: s.token}
	switch pick(m, "change", "name", "about", "password", "no password", "capacity", "type", "public", "close", "two") {
	case "name":
		req.Room = pick(m, "new name", "plans", "talk", "den", "PLANS", "News")
	case "about":
		req.Description = pick(m, "about", "all about it", "something else")
	case "password":
		if req.Password = pick(m, "password", "pw", "px"); !m.passwords {
			m.Skip("no passwords in this run")
		}
	case "no password":
		req.RemovePassword = true
	case "capacity":
		req.Capacity = pick(m, "capacity", 2, 3, 4)
	case "type":
		req.Type = pick(m, "type", room.Group, room.Channel)
	case "public":
		req.Public = pick(m, "public", &yes, &no)
	case "close":
		req.Close = pick(m, "really", true, false, false)
		req.RemovePassword = !req.Close
	case "two":
		req.Room, req.Capacity = pick(m, "new name", "talk", "News"), pick(m, "capacity", 2, 4)
	}
	got, err := m.service().UpdateRoom(m.ctx, req)
	codes := m.adminBarred(s)
	r := s.room
	if other := m.holder(req.Room); codes == nil {
		switch {
		case req.Capacity > 0 && req.Capacity < len(r.seats):
			codes = []fault.Code{fault.InvalidArgument}
		case req.Room != "" && strings.ToLower(req.Room) != r.key && other != nil:
			codes = []fault.Code{fault.RoomExists}
		}
	}
	if m.refused("update", err, codes...) {
		return
	}
	m.updated(s, req, got)
}

// updated checks the answer to a change that was allowed, and makes it.
func (m *machine) updated(s *modelSeat, req chat.UpdateRequest, got chat.Updated) {
	r, want, head := s.room, chat.Updated{Status: chat.StatusUnchanged}, s.room.head()
	change := func(what string, differs bool, make func()) {
		if differs {
			make()
			want.Status, want.Changes = chat.StatusUpdated, append(want.Changes, what)
		}
	}
	change("room", req.Room != "" && req.Room != r.name, func() {
		delete(m.names, r.key)
		r.name, r.key = req.Room, strings.ToLower(req.Room)
		m.names[r.key] = r
	})
	change("description", req.Description != "" && req.Description != r.about, func() { r.about = req.Description })
	// A new password cannot be told from the old one, which is not kept.
	change("password", req.Password != "" || req.RemovePassword && r.password != "", func() { r.password, r.openFrom = req.Password, head+1 })
	change("capacity", req.Capacity != 0 && req.Capacity != r.capacity, func() { r.capacity = req.Capacity })
	change("type", req.Type != "" && req.Type != r.kind, func() { r.kind = req.Type })
	change("public", req.Public != nil && *req.Public != r.public, func() { r.public, r.openFrom = *req.Public, head+1 })
	e := modelEvent{by: s, Message: chat.Message{Type: chat.Changed, Changes: want.Changes}}
	if req.Close {
		r.closed, want.Status, e.Reason = true, chat.StatusClosed, room.ReasonClosed
		delete(m.names, r.key)
	}
	if want.Status != chat.StatusUnchanged {
		r.append(m.now(), e)
	}
	s.touch(m.now())
	m.same("update", []any{got.Status, got.Changes}, []any{want.Status, want.Changes})
	m.checkRoom("update", got.Room, r, s)
}

func (m *machine) manage() {
	s := m.agent()
	req := chat.ManageRequest{
		Token: s.token, AgentName: m.name("whom"), Note: pick(m, "note", "", "", "be quiet"),
		Action: pick(m, "action", room.Promote, room.Demote, room.Mute, room.Unmute, room.Kick, room.BanName, room.Unban),
	}
	got, err := m.service().ManageAgent(m.ctx, req)
	if codes := m.adminBarred(s); codes != nil {
		m.refused("manage", err, codes...)
		return
	}
	var want chat.Managed
	var code fault.Code
	switch x := s.room.named(req.AgentName); {
	case req.Action == room.Kick && x == s, req.Action == room.BanName && reduced(req.AgentName) == reduced(s.name):
		code = fault.NotAllowed
	case x != nil:
		want, code = m.rule(s, x, req)
	default:
		want, code = m.ruleAbsent(s, req)
	}
	if m.refused(string(req.Action), err, code) {
		return
	}
	s.touch(m.now())
	m.same(string(req.Action), got, want)
}

// rule does something to an agent that is there, if s may.
func (m *machine) rule(s, x *modelSeat, req chat.ManageRequest) (chat.Managed, fault.Code) {
	r := s.room
	admins := len(slices.DeleteFunc(slices.Clone(r.seats), func(x *modelSeat) bool { return !x.admin }))
	_, muted := keeps(r.mutes, x.name)
	switch req.Action {
	case room.Demote:
		if x.admin && admins == 1 {
			return chat.Managed{}, fault.NotAllowed
		}
	case room.Mute:
		if x.admin {
			return chat.Managed{}, fault.NotAllowed
		}
	case room.Kick, room.BanName:
		return m.expel(s, x, req), ""
	case room.Unban:
		return m.ruleAbsent(s, req)
	}
	so := map[room.Action]bool{
		room.Promote: x.admin, room.Demote: !x.admin, room.Mute: x.muted && muted, room.Unmute: !x.muted && !muted,
	}[req.Action]
	if so {
		return chat.Managed{Status: chat.StatusNoChange, Name: x.name}, ""
	}
	return m.makes(s, x, req), ""
}

// makes makes of x what was decided.
func (m *machine) makes(s, x *modelSeat, req chat.ManageRequest) chat.Managed {
	r, now := s.room, m.now()
	_, muted := keeps(r.mutes, x.name)
	status := chat.StatusDemoted
	switch req.Action {
	case room.Promote:
		x.admin, x.muted, x.admitted, status = true, false, now, chat.StatusPromoted
	case room.Demote:
		x.admin = false
	case room.Mute:
		if x.muted, status = true, chat.StatusMuted; !muted {
			r.mutes = append(r.mutes, modelName{x.name, reduced(x.name)})
		}
	case room.Unmute:
		x.muted, status = false, chat.StatusUnmuted
	}
	if req.Action == room.Promote || req.Action == room.Unmute {
		r.mutes = slices.DeleteFunc(r.mutes, func(b modelName) bool { return b.reduced == reduced(x.name) })
	}
	r.append(now, modelEvent{seat: x, by: s, Message: chat.Message{Type: chat.RoleChanged, Agent: x.name, Action: req.Action, Note: req.Note}})
	return chat.Managed{Status: status, Name: x.name}
}

// expel takes the seat of x, for now or for good.
func (m *machine) expel(s, x *modelSeat, req chat.ManageRequest) chat.Managed {
	r, why, status := s.room, room.ReasonKicked, chat.StatusKicked
	if req.Action == room.BanName {
		why, status = room.ReasonBanned, chat.StatusBanned
		if _, banned := keeps(r.bans, x.name); !banned {
			r.bans = append(r.bans, modelName{x.name, reduced(x.name)})
		}
	}
	r.remove(m.now(), x, s, why, req.Note)
	return chat.Managed{Status: status, Name: x.name}
}

// ruleAbsent does something to a name that nobody has.
func (m *machine) ruleAbsent(s *modelSeat, req chat.ManageRequest) (chat.Managed, fault.Code) {
	r := s.room
	banned, isBanned := keeps(r.bans, req.AgentName)
	muted, isMuted := keeps(r.mutes, req.AgentName)
	got := chat.Managed{Status: chat.StatusNoChange, Name: req.AgentName}
	if x := r.named(req.AgentName); x != nil { // and is let in once more
		got.Name = x.name
	}
	switch {
	case req.Action == room.Unban && isBanned:
		got = chat.Managed{Status: chat.StatusUnbanned, Name: banned.name}
		r.bans = slices.DeleteFunc(r.bans, func(b modelName) bool { return b == banned })
	case req.Action == room.Unban, req.Action == room.BanName && isBanned:
		return got, ""
	case req.Action == room.BanName:
		got.Status = chat.StatusBanned
		r.bans = append(r.bans, modelName{req.AgentName, reduced(req.AgentName)})
	case req.Action == room.Unmute && isMuted:
		got = chat.Managed{Status: chat.StatusUnmuted, Name: muted.name}
		r.mutes = slices.DeleteFunc(r.mutes, func(b modelName) bool { return b == muted })
	default:
		return got, fault.InvalidArgument
	}
	r.append(m.now(), modelEvent{by: s, Message: chat.Message{Type: chat.RoleChanged, Agent: got.Name, Action: req.Action, Note: req.Note}})
	return got, ""
}
