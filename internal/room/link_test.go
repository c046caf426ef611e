package room_test

import (
	"slices"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/ident"
	"github.com/parley-chat/parley/internal/room"
)

// linkSeat is a room of one agent, and the time.
type linkSeat struct {
	*testing.T
	head *room.Head
	now  time.Time
}

// newLinkSeat returns the room of Ann, in seat 1.
func newLinkSeat(t *testing.T) *linkSeat {
	s := &linkSeat{T: t, now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), head: room.NewHead(room.State{ID: "abcdefg", NextSeat: 1})}
	ann := room.Agent{Seat: 1, Name: "Ann", Key: "ann", Role: room.Admin, Hash: "agent", Joined: 1, Since: room.Mark{N: 1}}
	s.apply(room.Event{Type: room.Joined, Seat: 1, Name: "Ann", Agent: &ann, LogKey: "000102030405060708090a0b0c0d0e0f", Settings: &room.Settings{Name: "den", Key: "den", Capacity: 2}})
	return s
}

func (s *linkSeat) apply(e room.Event) {
	s.Helper()
	e.N, e.AtMs = s.head.AsOf+1, s.now.UnixMilli()
	next, err := s.head.Append(&e)
	if err != nil {
		s.Fatal(err)
	}
	s.head = next
}

func (s *linkSeat) ann() room.Agent {
	a, _ := s.head.Seated(1)
	return a
}

// link returns the link that can be opened.
func (s *linkSeat) link() ident.Claim {
	s.Helper()
	c, ok := s.head.LinkOf(s.ann())
	if !ok {
		s.Fatal("there is no link to open")
	}
	return c
}

// open opens a link, and returns the code of the refusal and what the person hears.
func (s *linkSeat) open(c ident.Claim, hash string) (fault.Code, room.Reason) {
	e, err := s.head.OpenLink(s.ann(), c, hash, s.now)
	var heard room.Reason
	if e != nil {
		heard = e.Reason
		s.apply(*e)
	}
	if err != nil {
		return err.Code, heard
	}
	return "", heard
}

// add gives the person a link for a further device.
func (s *linkSeat) add() ident.Claim {
	s.Helper()
	if e := s.ann().AddLink(); e != nil {
		s.apply(*e)
	}
	return s.link()
}

func TestOpen_ofALinkTwice_givesOneDeviceATokenAndTellsItOfTheOther(t *testing.T) {
	s := newLinkSeat(t)
	c := s.link()
	for i, step := range []struct {
		hash  string
		after time.Duration
		code  fault.Code
		heard room.Reason
	}{
		{"first", 0, "", ""},
		{"first", 0, "", ""}, // its reply was lost
		{"second", time.Minute, fault.NotAllowed, room.ReasonTwice},
		{"second", time.Minute, fault.NotAllowed, ""}, // not at each try
		{"second", 10 * time.Minute, fault.NotAllowed, room.ReasonTwice},
	} {
		s.now = s.now.Add(step.after)
		if code, heard := s.open(c, step.hash); code != step.code || heard != step.heard {
			t.Errorf("step %d: refused by %q, and the person heard %q", i, code, heard)
		}
	}
	if got := s.ann().Person.Devices; !slices.Equal(got, []string{"first"}) {
		t.Errorf("devices %v", got)
	}
	if _, ok := s.head.LinkOf(s.ann()); ok {
		t.Error("there is another link, without the person's asking")
	}
}

func TestOpen_ofAFifthDevice_endsTheOldest(t *testing.T) {
	s := newLinkSeat(t)
	if code, heard := s.open(s.link(), "1"); code != "" || heard != "" {
		t.Fatalf("the first device: %q, %q", code, heard)
	}
	for _, hash := range []string{"2", "3", "4", "5"} {
		c := s.add()
		if again := s.add(); !again.Is(c) {
			t.Error("to ask for a link again gives another one")
		}
		if code, heard := s.open(c, hash); code != "" || heard != room.ReasonOpened {
			t.Errorf("device %s: %q, and the person heard %q", hash, code, heard)
		}
	}
	if got := s.ann().Person.Devices; !slices.Equal(got, []string{"2", "3", "4", "5"}) {
		t.Errorf("devices %v", got)
	}
}

func TestOpen_ofWhatIsNoLinkOfTheSeat_isRefusedAndTellsNobody(t *testing.T) {
	s := newLinkSeat(t)
	if code, heard := s.open(s.link(), "mine"); code != "" || heard != "" {
		t.Fatalf("%q, %q", code, heard)
	}
	a, made := s.ann(), ident.NewClaim
	for what, c := range map[string]ident.Claim{
		"another room's":    made(s.head.LogKey, "bcdefgh", a.Seat, a.Joined, 0),
		"a former agent's":  made(s.head.LogKey, s.head.ID, a.Seat, a.Joined+1, 0),
		"one to come":       made(s.head.LogKey, s.head.ID, a.Seat, a.Joined, 2),
		"that of other key": made("0f0e0d0c0b0a09080706050403020100", s.head.ID, a.Seat, a.Joined, 0),
		"not yet asked for": made(s.head.LogKey, s.head.ID, a.Seat, a.Joined, 1),
	} {
		want := fault.TokenInvalid
		if what == "not yet asked for" { // known, but for nobody to open
			want = fault.NotAllowed
		}
		if code, heard := s.open(c, "theirs"); code != want || (want == fault.TokenInvalid && heard != "") {
			t.Errorf("%s: refused by %q, and the person heard %q", what, code, heard)
		}
	}
	if got := s.ann().Person.Devices; !slices.Equal(got, []string{"mine"}) {
		t.Errorf("devices %v", got)
	}
}

// With the link, the agent could speak as its person.
func TestShownLink_ofALinkThatWasOpened_isThePersonsAlone(t *testing.T) {
	s := newLinkSeat(t)
	first := s.link()
	agent := func() string { return s.head.ShownLink(s.ann()) }
	person := func() string {
		a := s.ann()
		a.Device = "phone"
		return s.head.ShownLink(a)
	}
	shown := func(when, agents, persons string) {
		t.Helper()
		if agent() != agents || person() != persons {
			t.Errorf("%s, the agent sees %q and the person %q", when, agent(), person())
		}
	}
	shown("before it is opened", first.String(), first.String())
	s.open(first, "phone")
	shown("once it is opened", "", "")
	further := s.add()
	if further.Is(first) {
		t.Error("the further link is the first")
	}
	shown("once the person asks for another", "", further.String())
	s.open(further, "laptop")
	shown("once that is opened", "", "")
	s.add()
	s.apply(room.Event{Type: room.Changed, Reason: room.ReasonClosed})
	shown("in a closed room", "", "")
}

func TestKnowsLink_sixteenUsedOnes(t *testing.T) {
	s := newLinkSeat(t)
	links := []ident.Claim{s.link()}
	for i := range 18 {
		s.open(links[i], string(rune('a'+i)))
		links = append(links, s.add())
	}
	for i, c := range links {
		if got, want := s.head.KnowsLink(s.ann(), c), i >= len(links)-17; got != want {
			t.Errorf("link %d of %d is known: %v", i, len(links), got)
		}
	}
}
