package room_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/core"
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
	l.knock(bob)
	check("the same name", "bob", 0, false)
	l.leave(bob)
	bobsJoin := l.join("Bob")
	check("the same name, which another agent has now", "bob", 0, true)
	l.knock(bobsJoin.Seat)
	check("the same name, which that one still has", "bob", 0, false)
	check("just before ten minutes", "bob", core.KnockWindow-time.Second, false)
	check("after ten minutes", "bob", core.KnockWindow, true)
	check("another name", "cid", 0, true)
	for i := range core.MaxKnocks - 2 {
		l.apply(room.Event{Type: room.Knocked, Key: fmt.Sprint("guest", i), Reason: room.ReasonRoomFull})
	}
	check("the seventh", "cid", 0, false)
	check("ten minutes later", "cid", core.KnockWindow, true)
	l.now = l.now.Add(core.KnockWindow)
	if len(l.head.Knocks) != core.MaxKnocks {
		t.Errorf("%d knocks", len(l.head.Knocks))
	}
	l.knock(ann)
	if len(l.head.Knocks) != 1 {
		t.Errorf("knocks that are over remain: %+v", l.head.Knocks)
	}
	l.ban(room.Event{Type: room.Managed, Name: "Cid", Action: room.BanName}, "Cid")
	check("a banned name", "c1d", 0, false)
	l.apply(room.Event{Type: room.Changed, By: ann, Reason: room.ReasonClosed})
	check("a closed room", "dora", 0, false)
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
			Agents: []room.Agent{{Seat: ann, Role: c.role}, {Seat: bob}}}}
		if got := h.MayEnlarge(h.Agents[0]); got != c.may {
			t.Errorf("%s: %t", what, got)
		}
	}
}
