package room_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/room"
)

// knock records that an agent was refused the name of a seat.
func (l *timeline) knock(seat int) room.Event {
	a := l.agent(seat)
	return l.apply(room.Event{Type: room.Knocked, Seat: seat, Name: a.Name, Key: a.Key, Reason: room.ReasonNameTaken})
}

func TestMayKnock_onceInTenMinutesPerNameAndSixTimesPerRoom(t *testing.T) {
	l := newRoom(t, "Ann", "Bob")
	check := func(what, name string, after time.Duration, want bool) {
		t.Helper()
		if got := l.head.MayKnock(nameOf(t, name), l.now.Add(after)); got != want {
			t.Errorf("%s: %v", what, got)
		}
	}
	check("the first", "bob", 0, true)
	l.knock(2)
	check("the same name", "bob", 0, false)
	l.leave(2)
	bob := l.join("Bob")
	check("the same name, which another agent has now", "bob", 0, true)
	l.knock(bob.Seat)
	check("the same name, which that one still has", "bob", 0, false)
	check("just before ten minutes", "bob", room.KnockWindow-time.Second, false)
	check("after ten minutes", "bob", room.KnockWindow, true)
	check("another name", "cid", 0, true)
	for i := range room.MaxKnocks - 2 {
		l.apply(room.Event{Type: room.Knocked, Key: fmt.Sprint("guest", i), Reason: room.ReasonRoomFull})
	}
	check("the seventh", "cid", 0, false)
	check("ten minutes later", "cid", room.KnockWindow, true)
	l.now = l.now.Add(room.KnockWindow)
	if len(l.head.Knocks) != room.MaxKnocks {
		t.Errorf("%d knocks", len(l.head.Knocks))
	}
	l.knock(1)
	if len(l.head.Knocks) != 1 {
		t.Errorf("knocks that are over remain: %+v", l.head.Knocks)
	}
	l.ban(room.Event{Type: room.Managed, Name: "Cid", Action: room.BanName}, "Cid")
	check("a banned name", "c1d", 0, false)
	l.apply(room.Event{Type: room.Changed, By: 1, Reason: room.ReasonClosed})
	check("a closed room", "dora", 0, false)
}

func TestLetGo_isAllowedTo(t *testing.T) {
	for what, c := range map[string]struct {
		happen func(l *timeline)
		by     int
		knock  int64         // the event; 0: that of the knock for Bob
		after  time.Duration // the knock
		want   fault.Code
	}{
		"an admin":            {by: 1},
		"an admin, once more": {by: 1, happen: func(l *timeline) { l.letGo(1, 2) }},
		"a member of three":   {by: 3, want: fault.NotAllowed},
		"a promoted member":   {by: 3, happen: func(l *timeline) { l.manage(room.Promote, 3) }},
		"the other of two": {by: 1, happen: func(l *timeline) {
			l.leave(3)
			l.set(two)
			l.manage(room.Promote, 2)
			l.manage(room.Demote, 1)
		}},
		"the other of two, muted": {by: 1, want: fault.NotAllowed, happen: func(l *timeline) {
			l.leave(3)
			l.set(two)
			l.manage(room.Promote, 2)
			l.manage(room.Demote, 1)
			l.manage(room.Mute, 1)
		}},
		"a reader of a channel of two": {by: 1, want: fault.NotAllowed, happen: func(l *timeline) {
			l.leave(3)
			l.set(two)
			l.set(func(s *room.Settings) { s.Type = room.Channel })
			l.manage(room.Promote, 2)
			l.manage(room.Demote, 1)
		}},
		"the seat itself, of two": {by: 2, happen: func(l *timeline) { l.leave(3); l.set(two) },
			want: fault.NotAllowed},
		"the seat itself, an admin": {by: 2, happen: func(l *timeline) { l.manage(room.Promote, 2) },
			want: fault.NotAllowed},
		"where the seat is free":     {by: 1, happen: func(l *timeline) { l.leave(2) }, want: fault.InvalidArgument},
		"of another event":           {by: 1, knock: 3, want: fault.InvalidArgument},
		"of a knock ten minutes ago": {by: 1, after: room.KnockWindow, want: fault.InvalidArgument},
	} {
		l := newRoom(t, "Ann", "Bob", "Cid")
		k := l.knock(2)
		if c.happen != nil {
			c.happen(l)
		}
		n := k.N
		if c.knock != 0 {
			n = c.knock
		}
		e, name, err := l.head.LetGo(n, l.agent(c.by), k.At().Add(c.after))
		if fault.CodeOf(err) != c.want || err == nil &&
			(e == nil || e.Action != room.Readmit || e.Seat != 2 || name != "Bob") {
			t.Errorf("%s: %+v, %q, %v", what, e, name, err)
		}
	}
	l := newRoom(t, "Ann")
	full := l.apply(room.Event{Type: room.Knocked, Name: "Cid", Key: "cid", Reason: room.ReasonRoomFull})
	if _, _, err := l.head.LetGo(full.N, l.agent(1), l.now); fault.CodeOf(err) != fault.InvalidArgument {
		t.Errorf("of a knock for want of a seat: %v", err)
	}
}

// The two are not one, even if it spoke only in private.
func TestLetGo_ofAnAgentThatHasSpokenSinceTheKnock_isRefused(t *testing.T) {
	for what, c := range map[string]struct {
		happen func(l *timeline)
		want   fault.Code
	}{
		"it is silent":            {happen: func(*timeline) {}},
		"said to all":             {happen: func(l *timeline) { l.say(2, "busy") }, want: fault.NotAllowed},
		"said in private":         {happen: func(l *timeline) { l.say(2, "psst", 3) }, want: fault.NotAllowed},
		"another has spoken":      {happen: func(l *timeline) { l.say(3, "hello") }},
		"its person sent a draft": {happen: func(l *timeline) { l.decide(l.events[4], room.SendDraft, "") }},
		"its person wrote one":    {happen: func(l *timeline) { l.decide(l.events[4], room.EditDraft, "I say") }},
		"somebody knocks for that": {happen: func(l *timeline) { l.say(2, "busy"); l.knock(2) },
			want: fault.NotAllowed},
	} {
		l := newRoom(t, "Ann", "Bob", "Cid")
		l.say(2, "hello")
		l.draft(2, room.Event{Text: "may I?"})
		k := l.knock(2)
		c.happen(l)
		if _, _, err := l.head.LetGo(k.N, l.agent(1), l.now); fault.CodeOf(err) != c.want {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// What a person lets its agent say is no sign that the agent is there.
func TestDecide_draftThatItsPersonSent_isNoCallOfTheAgent(t *testing.T) {
	l := bobs(t)
	d := l.draft(2, room.Event{Text: "may I?"})
	last := l.now
	l.letGo(1, 2)
	l.now = last.Add(room.LetGoSilent - time.Second)
	l.decide(d, room.SendDraft, "")
	p := map[int]room.Presence{1: {AtMs: l.now.UnixMilli(), Used: true}, 2: {AtMs: last.UnixMilli(), Used: true}}
	got, _, err := claimBob(l, room.SeatRequest{Name: nameOf(t, "Bob"), Presence: p}, last.Add(room.LetGoSilent))
	if got != letIn {
		t.Errorf("%s, %v", got, err)
	}
}

func TestKnockedFor_isTheLastKnockForTheNameOfTheAgent(t *testing.T) {
	l := newRoom(t, "Ann", "Bob")
	knocked := func(seat int, want time.Time) {
		t.Helper()
		if got := l.head.KnockedFor(l.agent(seat)); !got.Equal(want) || want.IsZero() != got.IsZero() {
			t.Errorf("for seat %d: %s, want %s", seat, got, want)
		}
	}
	knocked(2, time.Time{})
	l.knock(2)
	last := l.knock(2)
	knocked(2, last.At())
	knocked(1, time.Time{})
	l.letGo(1, 2) // and knocks once more
	let := l.agent(2).LetGo.KnockMs
	l.now = l.now.Add(room.KnockWindow)
	l.knock(1) // the others are forgotten
	knocked(2, time.UnixMilli(let))
	l.leave(2)
	knocked(l.join("Bob").Seat, time.Time{})
}

func two(s *room.Settings) { s.Capacity = 2 }

// letGo has by let the name of a seat go, for which somebody knocks in the event before.
func (l *timeline) letGo(by, seat int) {
	l.Helper()
	e, _, err := l.head.LetGo(l.knock(seat).N, l.agent(by), l.now)
	if err != nil {
		l.Fatal(err)
	}
	e.By = by
	l.apply(*e)
}

func TestMayEnlarge_onlyAnAdminOfAFullRoom(t *testing.T) {
	for what, c := range map[string]struct {
		role     room.Role
		capacity int
		may      bool
	}{
		"an admin of a full room":   {room.Admin, 2, true},
		"a member of a full room":   {room.Member, 2, false},
		"an admin with a free seat": {room.Admin, 3, false},
	} {
		h := &room.Head{State: room.State{Settings: room.Settings{Capacity: c.capacity},
			Agents: []room.Agent{{Seat: 1, Role: c.role}, {Seat: 2}}}}
		if got := h.MayEnlarge(h.Agents[0]); got != c.may {
			t.Errorf("%s: %t", what, got)
		}
	}
}
