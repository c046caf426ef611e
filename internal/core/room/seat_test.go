package room_test

import (
	"slices"
	"testing"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/room"
)

func TestSilenced_isMutedOrAListenerOfAChannel(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid")
	l.manage(room.Mute, bob)
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
	l.manage(room.Promote, bob)
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

func TestNamed_key_findsTheAgent(t *testing.T) {
	l := newRoom(t, "Ann Marie", "Bob")
	if a, ok := l.head.Named("ann marie"); !ok || a.Seat != 1 {
		t.Errorf("got %+v, %v", a, ok)
	}
	if _, ok := l.head.Named("Bob"); ok {
		t.Error("a shown name is not a key")
	}
}

func TestDeserted_emptyRoomWithoutAPassword_isTrue(t *testing.T) {
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

func TestOwner_isTheSeatedAgentWithTheSecret(t *testing.T) {
	secret := ident.NewSecret()
	s := room.State{Agents: []room.Agent{{Seat: ann, Name: "Ann", Hash: ident.HashSecret(secret)},
		{Seat: bob, Hash: "x"}}}
	if a, ok := s.CallerByToken(room.HashToken(ident.Token{Seat: ann, Secret: secret})); !ok || a.Name != "Ann" {
		t.Errorf("got %+v, %v", a, ok)
	}
	for _, wrong := range []ident.Token{{Seat: ann, Secret: ident.NewSecret()}, {Seat: bob, Secret: secret},
		{Seat: cid, Secret: secret}, {Seat: ann}} {
		if _, ok := s.CallerByToken(room.HashToken(wrong)); ok {
			t.Errorf("%+v is accepted", wrong)
		}
	}
}

func TestOwner_takesEachTokenForWhatItIs(t *testing.T) {
	l := newRoom(t, "Ann", "Bob")
	l.person(bob)
	a := l.agent(bob)
	a.Hash = ident.HashSecret("agent")
	l.apply(room.Event{Type: room.Joined, Seat: bob, Name: a.Name, Agent: &a.Agent, Regains: true})
	former := l.agent(bob).Joined
	l.join("Cid")
	page := room.Agent{Seat: 4, Name: "Dan", Key: "dan", Person: room.Person{Devices: []string{"page"}}}
	l.apply(room.Event{Type: room.Joined, Seat: 4, Name: page.Name, Agent: &page})
	stay := func(seat int, joined int64) ident.Token { return ident.NewStay(l.head.LogKey, l.head.ID, seat, joined) }
	bobsStay, forged := stay(bob, former), stay(bob, former)
	forged.Secret = ident.NewSecret()
	for what, c := range map[string]struct {
		token        ident.Token
		ok, isPerson bool
	}{
		"a stay, after a new token":    {bobsStay, true, false},
		"a stay of another agent":      {stay(3, l.agent(3).Joined), true, false},
		"a stay of no seat":            {stay(9, former), false, false},
		"a stay made with another key": {ident.NewStay("another", l.head.ID, 2, former), false, false},
		"a stay with a guessed secret": {forged, false, false},
		"a stay's secret in a token":   {ident.Token{Seat: bob, Secret: bobsStay.Secret}, false, false},
		"a token's secret in a stay": {ident.Token{Seat: bob, Secret: "agent", Joined: former}, false,
			false},
		"a stay of a person without an agent": {stay(4, l.agent(4).Joined), false, false},
		"a device's secret in a stay": {ident.Token{Seat: bob, Secret: "device", Joined: former}, false,
			false},
		"the agent's token":  {ident.Token{Seat: bob, Secret: "agent"}, true, false},
		"the person's token": {ident.Token{Seat: bob, Secret: "device", Person: true}, true, true},
		"the agent's secret in a person's token": {ident.Token{Seat: bob, Secret: "agent", Person: true}, false,
			false},
		"the person's secret in an agent's token": {ident.Token{Seat: bob, Secret: "device"}, false, false},
		"the person's token of an earlier seat":   {ident.Token{Seat: ann, Secret: "device", Person: true}, true, true},
	} {
		if a, ok := l.head.CallerByToken(room.HashToken(c.token)); ok != c.ok || a.IsPerson() != c.isPerson {
			t.Errorf("%s: accepted %v, as a person %v", what, ok, a.IsPerson())
		}
	}
	if a := l.agent(bob); a.IsPerson() {
		t.Error("the state has who asked")
	}
	l.leave(bob)
	l.join("Bob")
	for _, of := range []ident.Token{{Seat: bob, Secret: "device", Person: true}, bobsStay} {
		if a, ok := l.head.CallerByToken(room.HashToken(of)); ok {
			t.Errorf("%+v of Bob is that of %+v", of, a)
		}
	}
	if x := room.HashToken(bobsStay); !l.head.IssuedStay(x) || l.head.IssuedStay(room.HashToken(forged)) {
		t.Error("the room does not know which stays it issued")
	}
}
