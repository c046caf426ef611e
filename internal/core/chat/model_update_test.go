package chat_test

import (
	"fmt"
	"strings"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

// updateOp is a change of a room's settings, or its end.
type updateOp struct {
	who    agentID
	cursor cursorArg
	req    chat.UpdateRequest
	got    chat.Updated
	code   fault.Code
}

func (o updateOp) on(m model) (model, error) {
	if r, a, refused, err := m.admit(o.who, o.code); o.req.Close && r.closed && !a.person.holds() {
		if err != nil || refused {
			return m, err
		}
		return m, sameText("a second end", []any{o.got.Status, o.code}, []any{chat.StatusClosed, fault.Code("")})
	}
	r, a, refused, err := m.admitAdmin(o.who, o.code)
	if err != nil || refused {
		return m, err
	}
	next, status, changes := o.change(m, r)
	_, taken := m.holder(o.req.Room)
	want := fault.Code("")
	switch {
	case o.cursor.given && (o.cursor.n == 0 || r.updated > o.cursor.n && status != chat.StatusUnchanged):
		want = fault.InvalidArgument
	case o.req.Capacity > 0 && o.req.Capacity < len(r.seated()):
		want = fault.InvalidArgument
	case o.req.Room != "" && !strings.EqualFold(o.req.Room, r.name) && taken:
		want = fault.RoomExists
	}
	if o.code != want || want != "" {
		return m, expectEqual("the code", o.code, want)
	}
	if status != chat.StatusUnchanged {
		e := eventModel{by: a.seat, Message: chat.Message{Type: chat.EventRoom, Changes: changes}}
		if o.req.Close {
			e.Reason = room.ReasonClosed
		} else {
			next.updated = r.head() + 1
		}
		next, err = m.append(next, e)
		if err != nil {
			return m, err
		}
	}
	m = m.with(next.with(a.call(m.now)))
	if err := sameText("update", []any{o.got.Status, changed(o.got.Changes), o.got.HidesTalk},
		[]any{status, changed(changes), next.openFrom > r.openFrom}); err != nil {
		return m, err
	}
	if err := m.sameInvite(next, o.got.Invite); err != nil {
		return m, err
	}
	return viewOp{"update", o.who, &o.got.Room, nil, -1}.on(m)
}

// change returns r with the new settings, and which of them differ. A new password
// always differs, since the old one is not stored.
func (o updateOp) change(m model, r roomModel) (roomModel, chat.UpdateStatus, *room.Changes) {
	req, old, from, changes := o.req, r, r.head()+1, room.Changes{}
	if req.Close {
		r.closed, r.named = true, false
		return r, chat.StatusClosed, nil
	}
	if req.Room != "" && req.Room != old.name {
		r.name, r.key, changes.Room = req.Room, strings.ToLower(req.Room), &req.Room
	}
	if req.Description != "" && req.Description != old.about {
		r.about, changes.Description = req.Description, &req.Description
	}
	if req.Password != "" || req.RemovePassword && old.password != "" {
		r.password, r.openFrom, changes.Password = req.Password, from, "set"
		if req.Password == "" {
			changes.Password = "removed"
		}
	}
	if req.Capacity != 0 && req.Capacity != old.capacity {
		if req.Capacity > old.capacity {
			r.openFrom = from
		}
		r.capacity, changes.Capacity = req.Capacity, &req.Capacity
	}
	if req.Type != "" && req.Type != old.kind {
		r.kind, changes.Type = req.Type, &req.Type
	}
	if req.Public != nil && *req.Public != old.public {
		r.public, r.openFrom, changes.Public = *req.Public, from, req.Public
	}
	if req.Password != "" {
		r.invite.number++
		changes.Invite = "renewed"
	}
	if req.NewInvite {
		r.invite, changes.Invite = inviteModel{old.invite.number + 1, r.capacity - len(r.seated()), m.now.Add(7 * day)},
			"renewed"
	}
	if req.AgentMessages != nil && *req.AgentMessages != old.agentMessages {
		r.agentMessages, r.endpointRun, changes.AgentMessages = *req.AgentMessages, false, req.AgentMessages
	}
	if changes == (room.Changes{}) {
		return r, chat.StatusUnchanged, nil
	}
	return r, chat.StatusUpdated, &changes
}

// changed describes changes.
func changed(c *room.Changes) string {
	if c == nil {
		return "nothing"
	}
	text := "password " + c.Password + ", invite " + c.Invite
	if c.Room != nil {
		text += ", room " + *c.Room
	}
	if c.Description != nil {
		text += ", description " + *c.Description
	}
	if c.Capacity != nil {
		text += fmt.Sprint(", capacity ", *c.Capacity)
	}
	if c.Type != nil {
		text += ", type " + string(*c.Type)
	}
	if c.Public != nil {
		text += fmt.Sprint(", public ", *c.Public)
	}
	if c.AgentMessages != nil {
		text += fmt.Sprint(", agent messages ", *c.AgentMessages)
	}
	return text
}

func (o updateOp) String() string {
	return fmt.Sprintf("%v updates to %+v: %s%s", o.who, o.req, o.got.Status, o.code)
}
