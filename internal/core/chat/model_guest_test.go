package chat_test

import (
	"slices"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

// inviteModel is the invite of a room.
type inviteModel struct {
	number, uses int
	until        time.Time
}

// byInvite is what a guest comes by. The zero value is none.
type byInvite struct {
	room   string
	number int
}

// visit returns all ways in which the join of a guest may end. It is never of another room
// than that of the invite, and begins none.
func (c joinCall) visit(m model) ([]joinOutcome, error) {
	r, _ := m.room(c.by.room)
	gives := r.invite.uses > 0 && m.now.Before(r.invite.until)
	old, taken := r.seatedAs(c.agent)
	_, banned := listed(r.bans, c.agent)
	switch {
	case r.closed, r.retired, m.startsOver(r):
		return refusedJoin(fault.RoomClosed, 0), nil
	case c.room != "" && !strings.EqualFold(c.room, r.name):
		return refusedJoin(fault.NotAllowed, 0), nil
	case r.invite.number != c.by.number:
		return refusedJoin(fault.NotAllowed, 0), nil
	case !gives && !(taken && old.guest), banned:
		return refusedJoin(fault.NotAllowed, 0), nil
	case r.seatedAlike(c.agent):
		return refusedJoin(fault.NameTaken, 0), nil
	}
	return c.seat(m, r)
}

// replaced returns r with an invite in the place of its own: as many seats, until the same time.
func (r roomModel) replaced() (roomModel, *room.Changes) {
	r.invite.number++
	return r, &room.Changes{Invite: "renewed"}
}

// spends reports whether the caller spends a use of its invite in the place of old, the zero
// value if that is a free seat: not under the name of a guest.
func (c joinCall) spends(old agentModel) bool {
	return c.by.number != 0 && !(old.guest && strings.EqualFold(old.name, c.agent))
}

// sameInvite compares the invite of a result with that of the room.
func (m model) sameInvite(r roomModel, got chat.Invite) error {
	if !m.sequential {
		return nil
	}
	want := r.invite
	if r.closed || want.uses < 1 || !m.now.Before(want.until) {
		want = inviteModel{}
	}
	code, _ := ident.ParseInvite(got.Code)
	have := inviteModel{code.Number, got.Uses, got.Until}
	if want.number != 0 && code.Room != r.id || have.number != want.number || have.uses != want.uses ||
		!have.until.Equal(want.until) {
		return &wrong{"the invite", got, want}
	}
	return nil
}

// invited notes an invite that a result has shown.
func (m *machine) invited(room string, got chat.Invite) {
	code, ok := ident.ParseInvite(got.Code)
	if v := (byInvite{room, code.Number}); ok && !slices.Contains(m.invites, v) {
		m.invites = append(m.invites, v)
	}
}

// arrive joins by an invite, mostly without the name of the room, which may have changed.
func (m *machine) arrive() {
	if len(m.invites) == 0 {
		m.Skip("no room has an invite")
	}
	c := joinCall{by: pick(m, "invite", m.invites[max(0, len(m.invites)-3):]...), agent: m.name("as"), join: true}
	m.model.now = m.clock.Now()
	r, _ := m.model.room(c.by.room)
	if old, taken := r.seatedAs(c.agent); taken && m.model.presenceUnclear(old) {
		m.Skip("not every service knows since when the agent of that name is silent")
	}
	c.room = pick(m, "room", "", "", "", "plans", "talk")
	ctx := ident.WithPrincipal(m.ctx, ident.Principal{ID: ident.Local, Room: c.by.room, Invite: c.by.number})
	req := chat.JoinRequest{Room: c.room, AgentName: c.agent, Password: pick(m, "password", "", "px"),
		Stay: pick(m, "speaks A2A", false, true)}
	got, err := m.service().JoinRoom(ctx, req)
	if req.Stay && err == nil {
		m.stays[ownerOf(got.Token)] = c.by
	}
	m.joined(c, got, err)
	if code := fault.CodeOf(err); code == fault.RoomFull || code == fault.NameTaken {
		c.room = r.name
		m.knocked(c)
	}
}
