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

// nameOf returns a checked name.
func nameOf(t *testing.T, s string) ident.Name {
	t.Helper()
	n, err := ident.AgentName(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestClaim_freeSeat_isGivenWithoutPresence(t *testing.T) {
	l := newRoom(t, "Ann")
	got, err := (&room.SeatRequest{Name: nameOf(t, "Bob")}).Decide(l.head, l.now)
	if err != nil || got.Eviction != nil || got.Since != l.head.VisibleFrom() {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestClaim_bannedName_isRefusedBeforeATakenOneAndAFullRoom(t *testing.T) {
	l := newPair(t, "Ann", "Bob")
	l.apply(room.Event{Type: room.Managed, Name: "Bob", By: 1, Action: room.BanName,
		Ban: &room.Ban{Name: "Bob", Key: "bob"}})
	silent := map[int]room.Presence{1: {AtMs: l.now.Add(hour).UnixMilli(), Used: true}}
	for _, name := range []string{"B0b", "Bob"} {
		for _, p := range []map[int]room.Presence{nil, silent} {
			_, err := (&room.SeatRequest{Name: nameOf(t, name), Presence: p}).Decide(l.head, l.now.Add(hour))
			if fault.CodeOf(err) != fault.NotAllowed || err.(*fault.Error).RetryAfter != 0 {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// TestClaim_fullRoom_takesTheSeatThatIsSilentLongest has three agents whose leases
// end at different times.
func TestClaim_fullRoom_takesTheSeatThatIsSilentLongest(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid")
	l.set(func(s *room.Settings) { s.Capacity = 3 })
	called := func(ago time.Duration) room.Presence {
		return room.Presence{AtMs: l.now.Add(-ago).UnixMilli(), Used: true}
	}
	c := room.SeatRequest{Name: nameOf(t, "Dora"), Presence: map[int]room.Presence{
		1: called(20 * time.Minute), 2: called(10 * time.Minute), 3: called(5 * time.Minute),
	}}
	for _, x := range []struct {
		after time.Duration
		gone  int // 0: the room is full
		retry time.Duration
	}{
		{0, 0, 5 * time.Minute}, // Bob's lease ends first; Ann is an admin
		{5 * time.Minute, 2, 0},
		{11 * time.Minute, 2, 0}, // Cid's has ended too
		{24 * time.Hour, 1, 0},
	} {
		if x.after > time.Hour { // Cid has come back: where all are silent, the room begins anew
			c.Presence[3] = room.Presence{AtMs: l.now.Add(x.after).UnixMilli(), Used: true}
		}
		got, err := c.Decide(l.head, l.now.Add(x.after))
		var full *fault.Error
		switch {
		case x.gone == 0:
			if !errors.As(err, &full) || full.Code != fault.RoomFull || full.RetryAfter != x.retry {
				t.Errorf("after %s: %v, %+v", x.after, err, full)
			}
		case err != nil || got.Eviction == nil || got.Eviction.Seat != x.gone ||
			got.Eviction.Reason != room.ReasonTimeout || got.Since != l.head.FromNext():
			t.Errorf("after %s: %+v, %v; want seat %d", x.after, got, err, x.gone)
		}
	}
	c.Presence[3] = called(5 * time.Minute)
	// A lease that was found to be in the way counts, too.
	c.Alive = map[int]time.Time{2: l.now.Add(time.Hour)}
	if got, err := c.Decide(l.head, l.now.Add(11*time.Minute)); err != nil || got.Eviction.Seat != 3 {
		t.Errorf("beside a seat that is alive: %+v, %v", got, err)
	}
}

func TestClaim_nameThatIsTakenInAFullRoom_isRefusedForTheName(t *testing.T) {
	l := newPair(t, "Ann", "Bob")
	alive := map[int]room.Presence{1: {AtMs: l.now.UnixMilli(), Used: true}, 2: {AtMs: l.now.UnixMilli(), Used: true}}
	for name, want := range map[string]fault.Code{"BOB": fault.NameTaken, "Cid": fault.RoomFull} {
		_, err := (&room.SeatRequest{Name: nameOf(t, name), Presence: alive}).Decide(l.head, l.now)
		if fault.CodeOf(err) != want || !strings.Contains(err.Error(), "pass only your agent_token") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Neither a takeover nor the name of a silent agent shows what was said before, unless everybody
// may read it.
func TestClaim_seatOfASilentAgent_showsWhatANewcomerMaySee(t *testing.T) {
	for what, c := range map[string]struct {
		settings func(*room.Settings)
		open     bool
	}{
		"neither public nor a password": {func(*room.Settings) {}, false},
		"a password":                    {func(s *room.Settings) { s.Password = "hash" }, true},
		"public":                        {func(s *room.Settings) { s.Public = true }, true},
		"a password, given later": {func(s *room.Settings) {
			s.Password, s.OpenFrom = "hash", room.Mark{N: 4, Messages: 1}
		}, true},
	} {
		for _, name := range []string{"Bob", "Cid"} {
			l := newPair(t, "Ann", "Bob")
			l.say(1, "between the two of us")
			l.set(c.settings)
			now := l.now.Add(room.Lease)
			p := map[int]room.Presence{1: {AtMs: now.UnixMilli(), Used: true}}
			got, err := (&room.SeatRequest{Name: nameOf(t, name), Presence: p}).Decide(l.head, now)
			want := l.head.FromNext()
			if c.open {
				want = l.head.VisibleFrom()
			}
			if err != nil || got.Eviction == nil || got.Eviction.Seat != 2 || got.Since != want {
				t.Errorf("%s, %s: %+v, %v; want %+v", what, name, got, err, want)
			}
			l.apply(*got.Eviction)
			if from := l.head.VisibleFrom(); !c.open && from.N != l.head.LastFreed.N+1 {
				t.Errorf("%s: who comes next sees from %+v on", what, from)
			}
		}
	}
}

func TestClaim_dependsOnPresence_asksForIt(t *testing.T) {
	l := newRoom(t, "Ann", "Bob")
	l.set(func(s *room.Settings) { s.Capacity = 2 })
	for _, name := range []string{"Cid", "Bob"} {
		if _, err := (&room.SeatRequest{Name: nameOf(t, name)}).Decide(l.head, l.now); !errors.Is(err,
			room.ErrPresenceNeeded) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Whoever joins a full room of two begins it anew once nobody has been heard for fifteen
// minutes.
func TestAbandoned_aSignOfLife_keepsTheRoom(t *testing.T) {
	ago := func(l *timeline, d time.Duration) int64 { return l.now.Add(-d).UnixMilli() }
	const hour, lease = time.Hour, 15 * time.Minute
	for what, c := range map[string]struct {
		presence func(l *timeline) room.Presence // of Bob
		settings func(*room.Settings)
		want     bool
	}{
		"silent": {func(l *timeline) room.Presence { return room.Presence{AtMs: ago(l, lease), Used: true} },
			nil, true},
		"silent, unused": {func(l *timeline) room.Presence { return room.Presence{AtMs: ago(l, lease)} }, nil, true},
		"called": {func(l *timeline) room.Presence {
			return room.Presence{AtMs: ago(l, lease-1e9), Used: true}
		}, nil, false},
		"waits": {func(l *timeline) room.Presence { return room.Presence{AtMs: ago(l, hour), UntilMs: ago(l, -1e9)} },
			nil, false},
		"on standby": {func(l *timeline) room.Presence {
			return room.Presence{AtMs: ago(l, 1e9), OwnMs: ago(l, hour), Standby: true}
		}, nil, false},
		"is away": {func(l *timeline) room.Presence {
			return room.Presence{AtMs: ago(l, hour), BackMs: ago(l, -hour)}
		}, nil, false},
		"was away": {func(l *timeline) room.Presence {
			return room.Presence{AtMs: ago(l, hour), BackMs: ago(l, lease-1e9)}
		}, nil, false},
		"called by a hook": {func(l *timeline) room.Presence {
			return room.Presence{AtMs: ago(l, hour), HookedMs: ago(l, 24*hour-1e9)}
		}, nil, false},
		"has a hook that is silent": {func(l *timeline) room.Presence {
			return room.Presence{AtMs: ago(l, hour), HookedMs: ago(l, 24*hour)}
		}, nil, true},
		"silent, with password":  {nil, func(s *room.Settings) { s.Password = "hash" }, false},
		"silent, seat is free":   {nil, func(s *room.Settings) { s.Capacity = 3 }, false},
		"silent, known by names": {nil, func(s *room.Settings) { s.Public = true }, true},
	} {
		l := newPair(t, "Ann", "Bob")
		if c.settings != nil {
			l.set(c.settings)
		}
		l.apply(l.agent(2).BeginHook("h", false))
		l.now = l.now.Add(2 * time.Hour)
		claim := room.SeatRequest{Name: nameOf(t, "Eve"), Presence: map[int]room.Presence{}}
		if c.presence != nil {
			claim.Presence[2] = c.presence(l)
		}
		if got := claim.Abandoned(l.head, l.now); got != c.want {
			t.Errorf("%s: %t", what, got)
		}
		if guest := (room.SeatRequest{Name: claim.Name, Presence: claim.Presence,
			Invite: 1}); guest.Abandoned(l.head, l.now) {
			t.Errorf("%s: a guest begins the room anew", what)
		}
		if _, err := claim.Decide(l.head, l.now); errors.Is(err, room.ErrAbandoned) != c.want {
			t.Errorf("%s: %v", what, err)
		}
	}
}
