package room_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/room"
)

// knock records that an agent was refused the name of a seat.
func (l *timeline) knock(seat int) room.Event {
	a := l.agent(seat)
	return l.apply(room.Event{Type: room.Knocked, Seat: seat, Name: a.Name, Key: a.Key, Hash: "pending", Reason: room.ReasonNameTaken})
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
	check("just before ten minutes", "bob", room.KnockWindow-time.Second, false)
	check("after ten minutes", "bob", room.KnockWindow, true)
	check("another name", "cid", 0, true)
	for i := range room.MaxKnocks - 1 {
		l.apply(room.Event{Type: room.Knocked, Key: fmt.Sprint("guest", i), Reason: room.ReasonRoomFull})
	}
	check("the seventh", "cid", 0, false)
	check("ten minutes later", "cid", room.KnockWindow, true)
	if l.now = l.now.Add(room.KnockWindow); len(l.head.Knocks) != room.MaxKnocks {
		t.Errorf("%d knocks", len(l.head.Knocks))
	}
	if l.knock(2); len(l.head.Knocks) != 1 {
		t.Errorf("knocks that are over remain: %+v", l.head.Knocks)
	}
	l.ban(room.Event{Type: room.Managed, Name: "Cid", Action: room.BanName}, "Cid")
	check("a banned name", "c1d", 0, false)
	l.apply(room.Event{Type: room.Changed, By: 1, Reason: room.ReasonClosed})
	check("a closed room", "dora", 0, false)
}

func TestVouch_isAllowedTo(t *testing.T) {
	for what, c := range map[string]struct {
		happen func(l *timeline)
		by     int
		knock  int64 // the event; 0: that of the knock for Bob
		heard  time.Duration
		after  time.Duration // the knock; two minutes if it is 0
		want   fault.Code
	}{
		"an admin":                        {by: 1},
		"a member of three":               {by: 3, want: fault.NotAllowed},
		"a promoted member":               {by: 3, happen: func(l *timeline) { l.manage(room.Promote, 3) }},
		"the seat itself":                 {by: 2, want: fault.NotAllowed},
		"where the seat was heard since":  {by: 1, heard: time.Second, want: fault.NotAllowed},
		"where the seat was heard before": {by: 1, heard: -59 * time.Second, after: time.Millisecond, want: fault.NotAllowed},
		"where it is silent for a minute": {by: 1, heard: -time.Minute, after: time.Millisecond},
		"where the seat is free":          {by: 1, happen: func(l *timeline) { l.leave(2) }, want: fault.InvalidArgument},
		"of another event":                {by: 1, knock: 1, want: fault.InvalidArgument},
		"of a knock ten minutes ago":      {by: 1, after: room.KnockWindow, want: fault.InvalidArgument},
	} {
		l := newRoom(t, "Ann", "Bob", "Cid")
		k := l.knock(2)
		if c.happen != nil {
			c.happen(l)
		}
		n, after := k.N, 2*time.Minute
		if c.knock != 0 {
			n = c.knock
		}
		if c.after != 0 {
			after = c.after
		}
		e, name, err := room.Vouch{Knock: n, Heard: k.At().Add(c.heard)}.Decide(l.head, l.agent(c.by), k.At().Add(after))
		if fault.CodeOf(err) != c.want || err == nil && (e == nil || e.Action != room.Readmit || e.Seat != 2 || e.Knock != k.N || name != "Bob") {
			t.Errorf("%s: %+v, %q, %v", what, e, name, err)
		}
	}
}

// Whoever came later, or could have, may not know what the two said in private.
func TestVouch_byOneOfTwoThatAreLeft_isRefused(t *testing.T) {
	for what, l := range map[string]*timeline{"of a larger room": newRoom(t, "Ann", "Bob"), "that came later": newPair(t, "Ann", "Cid")} {
		by := 2
		if what == "that came later" {
			l.leave(2)
			by = l.join("Eve").Seat
		}
		k := l.knock(1)
		_, _, err := room.Vouch{Knock: k.N, Heard: k.At().Add(-time.Minute)}.Decide(l.head, l.agent(by), k.At())
		if fault.CodeOf(err) != fault.NotAllowed {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestVouch_inARoomOfTwo_isTheOthers(t *testing.T) {
	l := newPair(t, "Ann", "Bob")
	k := l.knock(1)
	if e, name, err := (room.Vouch{Knock: k.N, Heard: k.At().Add(-time.Minute)}).Decide(l.head, l.agent(2), k.At()); err != nil || name != "Ann" || e.Seat != 1 {
		t.Errorf("%+v, %q, %v", e, name, err)
	}
	k = l.knock(2)
	l.manage(room.Promote, 2)
	l.manage(room.Demote, 1)
	l.manage(room.Demote, 2)
	if _, _, err := (room.Vouch{Knock: k.N, Heard: k.At().Add(-time.Minute)}).Decide(l.head, l.agent(2), k.At()); fault.CodeOf(err) != fault.NotAllowed {
		t.Errorf("for its own seat: %v", err)
	}
	full := l.apply(room.Event{Type: room.Knocked, Name: "Cid", Key: "cid", Reason: room.ReasonRoomFull})
	if _, _, err := (room.Vouch{Knock: full.N}).Decide(l.head, l.agent(1), l.now); fault.CodeOf(err) != fault.InvalidArgument {
		t.Errorf("of a knock for want of a seat: %v", err)
	}
}

// vouch has a seat vouch for a knock.
func (l *timeline) vouch(by int, k room.Event) {
	l.Helper()
	e, _, err := room.Vouch{Knock: k.N, Heard: k.At().Add(-time.Minute)}.Decide(l.head, l.agent(by), l.now)
	if err != nil {
		l.Fatal(err)
	}
	e.By = by
	l.apply(*e)
}

func TestReadmission_givesTheSeatAndItsRoleOnlyIfAnAdminVouched(t *testing.T) {
	for what, c := range map[string]struct {
		seat, by int
		want     room.Role
	}{
		"an admin, by an admin":  {1, 2, room.Admin},
		"a member, by an admin":  {3, 1, room.Member},
		"an admin, by the other": {1, 2, room.Member},
	} {
		l := newRoom(t, "Ann", "Bob", "Cid")
		switch what {
		case "an admin, by an admin":
			l.manage(room.Promote, 2)
		case "an admin, by the other":
			l = newPair(t, "Ann", "Bob")
		}
		l.say(c.seat, "mine")
		old := l.agent(c.seat)
		k := l.knock(c.seat)
		l.vouch(c.by, k)
		pending, ok := l.head.PendingKnock(c.seat, "pending", l.now)
		if !ok {
			t.Fatalf("%s: the knock is gone", what)
		}
		e, err := pending.Readmission(l.head, k.At().Add(-time.Minute), l.now)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		l.apply(*e)
		got := l.agent(c.seat)
		if got.Role != c.want || got.Hash != "pending" || got.EndedHash != old.Hash || got.Since != old.Since || got.Joined != old.Joined || got.RegainedMs != 0 || got.ReplacedMs != 0 {
			t.Errorf("%s: %+v", what, got)
		}
		if len(l.head.Knocks) != 0 {
			t.Errorf("%s: knocks %+v", what, l.head.Knocks)
		}
	}
}

func TestReadmission_withoutVouchOrWithALivingSeat_isRefused(t *testing.T) {
	l := newRoom(t, "Ann", "Bob")
	k := l.knock(2)
	pending, _ := l.head.PendingKnock(2, "pending", l.now)
	_, err := pending.Readmission(l.head, start(), l.now)
	var later *fault.Error
	if !errors.As(err, &later) || later.Code != fault.NameTaken || later.RetryAfter == 0 {
		t.Errorf("nobody has vouched: %v", err)
	}
	l.vouch(1, k)
	pending, _ = l.head.PendingKnock(2, "pending", l.now)
	if _, err := pending.Readmission(l.head, k.At().Add(time.Second), l.now); fault.CodeOf(err) != fault.NameTaken {
		t.Errorf("the seat is alive: %v", err)
	}
	if e, _, err := (room.Vouch{Knock: k.N}).Decide(l.head, l.agent(1), l.now); e != nil || err != nil {
		t.Errorf("vouched for already: %+v, %v", e, err)
	}
	l.leave(2)
	if _, err := pending.Readmission(l.head, start(), l.now); fault.CodeOf(err) != fault.Removed {
		t.Errorf("the seat is free: %v", err)
	}
}

func TestPendingKnock_lastsTenMinutesAfterTheVouch(t *testing.T) {
	l := newRoom(t, "Ann", "Bob")
	k := l.knock(2)
	l.now = k.At().Add(9 * time.Minute)
	l.vouch(1, k)
	for _, c := range []struct {
		seat  int
		hash  string
		after time.Duration
		want  bool
	}{
		{2, "pending", 0, true}, {2, "pending", room.KnockWindow - time.Second, true}, {2, "pending", room.KnockWindow, false},
		{2, "other", 0, false}, {2, "", 0, false}, {1, "pending", 0, false},
	} {
		if _, got := l.head.PendingKnock(c.seat, c.hash, l.now.Add(c.after)); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

func TestReadmit_withoutAKnock_liftsTheMark(t *testing.T) {
	l := newRoom(t, "Ann", "Bob")
	l.markReplaced(2)
	if a := l.agent(2); !a.IsReplaced(l.now) || !a.IsReplaced(l.now.Add(58*time.Minute)) || a.IsReplaced(l.now.Add(time.Hour)) {
		t.Errorf("got %+v", a)
	}
	if l.head.Successor(1) != 0 {
		t.Error("it succeeds the admin")
	}
	l.apply(room.Event{Type: room.Managed, Seat: 2, By: 1, Action: room.Readmit})
	if l.agent(2).IsReplaced(l.now) || l.head.Successor(1) != 2 {
		t.Errorf("got %+v", l.agent(2))
	}
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
		h := &room.Head{State: room.State{Settings: room.Settings{Capacity: c.capacity}, Agents: []room.Agent{{Seat: 1, Role: c.role}, {Seat: 2}}}}
		if got := h.MayEnlarge(1); got != c.may {
			t.Errorf("%s: %t", what, got)
		}
	}
}
