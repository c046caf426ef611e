package room_test

import (
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/core/room"
)

func TestApply_eventOfAnUnknownType_isOfANewerVersion(t *testing.T) {
	l := newRoom(t, "Ann")
	_, err := l.head.State.Apply(room.Event{N: 2, Type: "sung"})
	if !errors.Is(err, room.ErrNewerVersion) {
		t.Errorf("got %v", err)
	}
}

func TestApply_eventWithoutWhatItsTypeNeeds_isRefused(t *testing.T) {
	l := newRoom(t, "Ann")
	for _, is := range []room.EventType{room.Joined, room.TaskChanged, room.Drafted, room.SupervisionSet, room.Hooked} {
		if _, err := l.head.State.Apply(room.Event{N: 2, Type: is, Seat: ann}); err == nil {
			t.Errorf("%s: no error", is)
		}
	}
}

func TestApply_firstJoin_setsTheRoomUp(t *testing.T) {
	l := newRoom(t, "Ann")
	s := l.head.State
	if s.Name != "plans" || s.AsOf != 1 || s.LastChange != 1 || s.NextSeat != 2 || s.HeadMs != l.now.UnixMilli() {
		t.Errorf("got %+v", s)
	}
	if a := l.agent(ann); a.Name != "Ann" || a.Role != room.Admin || a.Joined != 1 {
		t.Errorf("seat 1 is %+v", a)
	}
}

func TestApply_join_neverGivesASeatTwice(t *testing.T) {
	l := newRoom(t, "Ann", "Bob")
	l.leave(bob)
	l.join("Bob")
	if got := seats(&l.head.State); !slices.Equal(got, []int{ann, 3}) || l.head.NextSeat != 4 {
		t.Errorf("seats %v, next %d", got, l.head.NextSeat)
	}
}

func TestApply_message_changesOnlyTheHead(t *testing.T) {
	l := newRoom(t, "Ann", "Bob")
	before := l.head.State
	e := l.say(ann, "hello")
	want := before
	want.AsOf, want.HeadMs, want.Messages, want.Run = 3, e.AtMs, 1, 1
	if got := l.head.State; !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestApply_left_freesTheSeat(t *testing.T) {
	for reason, freed := range map[room.Reason]int64{
		room.ReasonLeft: 4, room.ReasonTimeout: 4, room.ReasonKicked: 4, room.ReasonBanned: 4,
	} {
		l := newRoom(t, "Ann", "Bob", "Cid")
		l.apply(room.Event{Type: room.Left, Seat: bob, Reason: reason})
		if got := seats(&l.head.State); !slices.Equal(got, []int{ann, cid}) || l.head.LastFreed.N != freed {
			t.Errorf("%s: seats %v, last freed %d", reason, got, l.head.LastFreed)
		}
	}
}

func TestApply_leftWithPromotion_makesTheSuccessorAdmin(t *testing.T) {
	l := newRoom(t, "Ann", "Bob")
	l.manage(room.Mute, bob)
	e := l.leave(ann)
	if a := l.agent(bob); a.Role != room.Admin || a.RoleMs != e.AtMs || a.Muted {
		t.Errorf("Bob is %+v", a)
	}
}

func TestApply_orderOfAnAdmin_changesRoleAndMute(t *testing.T) {
	l := newRoom(t, "Ann", "Bob")
	for _, c := range []struct {
		action room.Action
		role   room.Role
		muted  bool
		mutes  int
	}{
		{room.Mute, room.Member, true, 1},
		{room.Mute, room.Member, true, 1},
		{room.Unmute, room.Member, false, 0},
		{room.Mute, room.Member, true, 1},
		{room.Promote, room.Admin, false, 0},
		{room.Demote, room.Member, false, 0},
	} {
		e := l.manage(c.action, bob)
		a := l.agent(bob)
		if a.Role != c.role || a.Muted != c.muted || len(l.head.Mutes) != c.mutes || l.head.LastChange != e.N {
			t.Errorf("%s: %+v, mutes %v", c.action, a, l.head.Mutes)
		}
	}
	if annsAgent := l.agent(ann); annsAgent.Role != room.Admin || annsAgent.Muted {
		t.Errorf("Ann is %+v", annsAgent)
	}
}

func TestApply_changeOfSettings_replacesThem(t *testing.T) {
	l := newRoom(t, "Ann")
	l.set(func(s *room.Settings) { s.Description, s.Type = "about plans", room.Channel })
	if s := l.head.Settings; s.Name != "plans" || s.Description != "about plans" || s.Type != room.Channel ||
		l.head.Closed {
		t.Errorf("got %+v", s)
	}
}

func TestApply_closing_keepsTheSettings(t *testing.T) {
	l := newRoom(t, "Ann")
	e := l.apply(room.Event{Type: room.Changed, By: ann, Reason: room.ReasonClosed})
	if !l.head.Closed || !e.ClosesRoom() || l.head.Name != "plans" || l.head.Retired {
		t.Errorf("got %+v", l.head.State)
	}
	l.apply(room.Event{Type: room.Said, Seat: ann, Text: "goodbye"})
	if !l.head.Closed {
		t.Error("a later event opened the room")
	}
}

func TestApply_retired_endsTheRoom(t *testing.T) {
	l := newRoom(t, "Ann")
	l.apply(room.Event{Type: room.Retired, ExpiresMs: start().Add(time.Hour).UnixMilli()})
	if !l.head.Retired || !l.head.Expired(start()) {
		t.Errorf("got %+v", l.head.State)
	}
}

func TestApply_eventThatRenews_movesTheEnd(t *testing.T) {
	l := newRoom(t, "Ann")
	end := start().Add(room.Life)
	e := l.apply(room.Event{Type: room.Said, Seat: ann, Text: "hello", ExpiresMs: end.UnixMilli()})
	if !l.head.Expires().Equal(end) || l.head.LastChange != e.N {
		t.Errorf("ends %s, last change %d", l.head.Expires(), l.head.LastChange)
	}
	l.say(ann, "more")
	if !l.head.Expires().Equal(end) {
		t.Errorf("ends %s", l.head.Expires())
	}
}

func TestApply_eventThatDoesNotFollow_isRefused(t *testing.T) {
	l := newRoom(t, "Ann")
	for _, n := range []int64{0, 1, 3} {
		if _, err := l.head.Apply(room.Event{N: n, Type: room.Said, Seat: ann}); err == nil {
			t.Errorf("event %d follows 1", n)
		}
		if _, err := l.head.State.Apply(room.Event{N: n, Type: room.Said, Seat: ann}); err == nil {
			t.Errorf("state: event %d follows 1", n)
		}
	}
}
