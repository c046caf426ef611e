package room_test

import (
	"slices"
	"testing"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/room"
)

func TestSuccessor_isTheLongestSeatedMemberThatIsNotMuted(t *testing.T) {
	for what, c := range map[string]struct {
		happen func(l *timeline)
		leaves int
		want   int
	}{
		"admin leaves":        {func(*timeline) {}, 1, 2},
		"member leaves":       {func(*timeline) {}, 2, 0},
		"another admin stays": {func(l *timeline) { l.manage(room.Promote, 3) }, 1, 0},
		"other admin was demoted": {func(l *timeline) { l.manage(room.Promote, 2); l.manage(room.Demote, 2) }, 1,
			2},
		"longest seated is muted":       {func(l *timeline) { l.manage(room.Mute, 2) }, 1, 3},
		"longest seated is an endpoint": {func(l *timeline) { l.endpoint(2) }, 1, 3},
		"an endpoint stays, which is admin": {func(l *timeline) {
			l.endpoint(2)
			l.endpoint(3)
			l.manage(room.Promote, 3)
		}, 1, 0},
		"both others are muted":         {func(l *timeline) { l.manage(room.Mute, 2); l.manage(room.Mute, 3) }, 1, 2},
		"longest seated came back late": {func(l *timeline) { l.leave(2); l.join("Bob") }, 1, 3},
		"admin is alone":                {func(l *timeline) { l.leave(2); l.leave(3) }, 1, 0},
	} {
		l := newRoom(t, "Ann", "Bob", "Cid")
		c.happen(l)
		if got := l.head.Successor(c.leaves); got != c.want {
			t.Errorf("%s: seat %d, want %d", what, got, c.want)
		}
	}
}

func TestOrder_demoteTheOnlyAdmin_isRefused(t *testing.T) {
	l := newRoom(t, "Ann", "Bob")
	demote := func() fault.Code {
		ann, _ := l.head.Seated(1)
		order := room.Order{Action: room.Demote, Name: ident.Name{Shown: ann.Name, Key: ann.Key}}
		_, _, err := order.Decide(l.head, ann)
		return fault.CodeOf(err)
	}
	for _, c := range []struct {
		action room.Action
		want   fault.Code
	}{{room.Mute, fault.NotAllowed}, {room.Promote, ""}, {room.Demote, fault.NotAllowed}} {
		l.manage(c.action, 2)
		if demote() != c.want {
			t.Errorf("after %s of the other: %q, want %q", c.action, demote(), c.want)
		}
	}
}

func TestSilenced_isMutedOrAListenerOfAChannel(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid")
	l.manage(room.Mute, 2)
	check := func(want ...int) {
		t.Helper()
		var got []int
		for seat := range 6 {
			if l.head.SilencedSeat(seat) {
				got = append(got, seat)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("silenced seats %v, want %v", got, want)
		}
	}
	check(2)
	l.set(func(s *room.Settings) { s.Type = room.Channel })
	check(2, 3)
	l.manage(room.Promote, 2)
	check(3)
}

func TestOthers_countsTheOtherSeats(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid")
	for seat, want := range map[int]int{1: 2, 3: 2, 4: 3, 0: 3} {
		if got := l.head.Others(seat); got != want {
			t.Errorf("of seat %d: %d, want %d", seat, got, want)
		}
	}
}

func TestNamed_findsByKey(t *testing.T) {
	l := newRoom(t, "Ann Marie", "Bob")
	if a, ok := l.head.Named("ann marie"); !ok || a.Seat != 1 {
		t.Errorf("got %+v, %v", a, ok)
	}
	if _, ok := l.head.Named("Bob"); ok {
		t.Error("a shown name is not a key")
	}
}

func TestDeserted_isAnEmptyRoomWithoutAPassword(t *testing.T) {
	for _, c := range []struct {
		agents   int
		password string
		want     bool
	}{{0, "", true}, {0, "hash", false}, {1, "", false}, {1, "hash", false}} {
		s := room.State{Agents: make([]room.Agent, c.agents), Settings: room.Settings{Password: c.password}}
		if got := s.Deserted(); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}
