package room_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/room"
)

// newInviting is newRoom for a room of three seats with invite 2, which gives two seats.
func newInviting(t *testing.T) *timeline {
	l := newRoom(t, "Ann")
	l.set(func(s *room.Settings) {
		s.Capacity = 3
		s.Invite = room.Invite{Number: 2, Uses: 2, UntilMs: l.now.Add(time.Hour).UnixMilli()}
	})
	return l
}

// talk: invites.
func TestDecide_guestWithAnInvite_isSeatedIfThatGivesASeat(t *testing.T) {
	used := func(s *room.Settings) { s.Invite.Uses = 0 }
	full := func(s *room.Settings) { s.Capacity = 1 }
	for what, c := range map[string]struct {
		name   string
		number int
		set    func(*room.Settings)
		after  time.Duration
		code   fault.Code // "": a seat
		says   string
	}{
		"free seat":             {name: "Eve", number: 2},
		"renewed":               {name: "Eve", number: 1, code: fault.NotAllowed, says: "renewed"},
		"renewed, taken name":   {name: "Ann", number: 1, code: fault.NotAllowed, says: "renewed"},
		"used up":               {name: "Eve", number: 2, set: used, code: fault.NotAllowed, says: "Every seat"},
		"used up, guest's name": {name: "Gil", number: 2, set: used},
		"expired, guest's name": {name: "Gil", number: 2, after: time.Hour},
		"renewed, guest's name": {name: "Gil", number: 1, code: fault.NotAllowed, says: "renewed"},
		"used up, taken name":   {name: "Ann", number: 2, set: used, code: fault.NotAllowed, says: "no more seats"},
		// tells nothing of the names here
		"used up, looks taken": {name: "\u0410nn", number: 2, set: used, code: fault.NotAllowed,
			says: "Every seat"},
		"looks taken":        {name: "\u0410nn", number: 2, code: fault.NameTaken},
		"at its last moment": {name: "Eve", number: 2, after: time.Hour - time.Second},
		"expired": {name: "Eve", number: 2, after: time.Hour, code: fault.NotAllowed,
			says: "at 2026-03-01T13:00:01Z"},
		"full of the silent": {name: "Eve", number: 2, set: full, after: time.Hour / 2, code: fault.RoomFull},
	} {
		l := newInviting(t)
		if c.name == "Gil" { // has been silent
			e := l.join("Gil")
			l.leave(e.Seat)
			e.Agent.Invite, e.Agent.AtMs = 2, l.now.Add(-time.Hour).UnixMilli()
			l.apply(e)
		}
		now := l.now.Add(c.after - time.Second) // the invite was made a second ago
		if c.set != nil {
			l.set(c.set)
		}
		request := room.SeatRequest{Name: nameOf(t, c.name), Invite: c.number,
			Liveness: room.Liveness{Presence: map[int]room.Presence{}}}
		got, err := request.Decide(l.head, now)
		if fault.CodeOf(err) != c.code || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", what, err)
		}
		if spends := got.Invite != nil && got.Invite.Uses == l.head.Invite.Uses-1; err == nil &&
			spends != (c.name != "Gil") {
			t.Errorf("%s: it leaves %+v", what, got.Invite)
		}
		if err == nil && got.Eviction == nil && got.Since != l.head.VisibleFrom() {
			t.Errorf("%s: it sees from %+v on, as nobody else does", what, got.Since)
		}
	}
}

func TestApply_joinThatUsesTheInvite_changesIt(t *testing.T) {
	l := newInviting(t)
	e := l.join("Bob")
	l.leave(e.Seat)
	left, err := l.head.Invite.Admit(2, room.Agent{}, l.now)
	if err != nil {
		t.Fatal(err)
	}
	e.Invite = left
	l.apply(e)
	if l.head.Invite.Uses != 1 || l.head.Invite.Number != 2 {
		t.Errorf("got %+v", l.head.Invite)
	}
}

func TestUpdate_newInvite_takesThePlaceOfTheOld(t *testing.T) {
	l := newInviting(t)
	for _, c := range []struct {
		update room.Update
		uses   int
	}{
		{room.Update{NewInvite: true}, 2},
		{room.Update{NewInvite: true, Capacity: 5, Description: "more of us"}, 4},
		{room.Update{NewInvite: true, Capacity: 2}, 1},
		{room.Update{NewInvite: true, Capacity: 1}, 0}, // full
	} {
		before := l.head.Invite
		e, err := c.update.Decide(l.head, false, l.now)
		if err != nil || e.Changed.Invite != "renewed" {
			t.Fatalf("%+v, %v", e, err)
		}
		l.apply(*e)
		want := room.Invite{Number: before.Number + 1, Uses: c.uses,
			UntilMs: l.now.Add(room.InviteLife - time.Second).UnixMilli()}
		if l.head.Invite != want {
			t.Errorf("got %+v, want %+v", l.head.Invite, want)
		}
	}
	l.set(func(s *room.Settings) { s.Invite.Number = ident.MaxInvite })
	_, err := room.Update{NewInvite: true}.Decide(l.head, false, l.now)
	if refused := (*fault.Error)(nil); !errors.As(err, &refused) || refused.Code != fault.InvalidArgument {
		t.Errorf("after the last one: %v", err)
	}
}

// newInviting's invite is the second: a ban and a password replace it, seats and end as before.
func TestInvite_thatMayNotAdmitAnyMore_isReplaced(t *testing.T) {
	ban := func(l *timeline, name string) *room.Event {
		e, _, err := room.Order{Action: room.BanName, Name: nameOf(t, name)}.Decide(l.head, l.agent(ann).Agent)
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	for what, c := range map[string]struct {
		number int // of the invite before
		event  func(l *timeline) *room.Event
		want   room.Invite // without its end
	}{
		"a guest is banned": {2, func(l *timeline) *room.Event { return ban(l, "Gil") },
			room.Invite{Number: 3, Uses: 2}},
		"a name is banned": {2, func(l *timeline) *room.Event { return ban(l, "Mallory") },
			room.Invite{Number: 3, Uses: 2}},
		"an agent with a key is banned": {2, func(l *timeline) *room.Event { return ban(l, "Cid") },
			room.Invite{Number: 2, Uses: 2}},
		"a new password": {2, func(l *timeline) *room.Event {
			return updated(t, l, room.Update{Password: "x"})
		}, room.Invite{Number: 3, Uses: 2}},
		"no password any more": {2, func(l *timeline) *room.Event {
			return updated(t, l, room.Update{RemovePassword: true})
		}, room.Invite{Number: 2, Uses: 2}},
		"a new invite was asked for": {2, func(l *timeline) *room.Event {
			return updated(t, l, room.Update{Password: "x", NewInvite: true})
		}, room.Invite{Number: 3, Uses: 0}},
		"the last number was given": {ident.MaxInvite, func(l *timeline) *room.Event { return ban(l, "Gil") },
			room.Invite{Number: ident.MaxInvite + 1}},
		"after the last number": {ident.MaxInvite + 1, func(l *timeline) *room.Event { return ban(l, "Gil") },
			room.Invite{Number: ident.MaxInvite + 1}},
		"there is no invite": {0, func(l *timeline) *room.Event { return ban(l, "Gil") }, room.Invite{Uses: 2}},
	} {
		l := newInviting(t)
		gil := l.join("Gil")
		l.leave(gil.Seat)
		gil.Agent.Invite = 2
		l.apply(gil)
		l.join("Cid")
		l.set(func(s *room.Settings) { s.Invite.Number, s.Password = c.number, "old" })
		before := l.head.Invite
		l.apply(*c.event(l))
		if got := l.head.Invite; got.Number != c.want.Number || got.Uses != c.want.Uses ||
			got.UntilMs != before.UntilMs && what != "a new invite was asked for" {
			t.Errorf("%s: %+v, before %+v", what, got, before)
		}
		if got := l.head.Invite; c.number >= ident.MaxInvite && got.GivesSeat(l.now) {
			t.Errorf("%s: it gives a seat", what)
		}
	}
}

func updated(t *testing.T, l *timeline, u room.Update) *room.Event {
	t.Helper()
	e, err := u.Decide(l.head, false, l.now)
	if err != nil || e == nil {
		t.Fatalf("%+v: %+v, %v", u, e, err)
	}
	return e
}
