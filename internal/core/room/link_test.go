package room_test

import (
	"slices"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/room"
)

// link returns the link of seat 1 that can be opened.
func (l *timeline) link() ident.LinkCode {
	l.Helper()
	c, ok := l.head.LinkOf(l.agent(ann).Agent)
	if !ok {
		l.Fatal("there is no link to open")
	}
	return c
}

// open opens a link, and returns the code of the refusal and what the person hears. The agent hears nothing.
func (l *timeline) open(c ident.LinkCode, hash string) (fault.Code, room.Reason) {
	e, err := l.head.OpenLink(l.agent(ann).Agent, c, hash, l.now)
	var heard room.Reason
	if e != nil {
		heard = e.Reason
		event := l.apply(*e)
		person := room.Caller{Agent: l.agent(ann).Agent, Device: "a device"}
		if l.agent(ann).Sees(event) || person.Sees(event) != (heard != "") {
			l.Errorf("the agent sees %s, or its person does not", event.Reason)
		}
	}
	if err != nil {
		return err.Code, heard
	}
	return "", heard
}

// add gives the person a link for a further device.
func (l *timeline) add() ident.LinkCode {
	l.Helper()
	if e := l.agent(ann).AddLink(); e != nil {
		l.apply(*e)
	}
	return l.link()
}

// talk: the user behind an agent.
func TestOpenLink_twice_givesOneDeviceATokenAndTellsItOfTheOther(t *testing.T) {
	l := newRoom(t, "Ann")
	c := l.link()
	for i, step := range []struct {
		hash  string
		after time.Duration
		code  fault.Code
		heard room.Reason
	}{
		{"first", 0, "", ""},
		{"first", 0, "", ""}, // its reply was lost
		{"second", time.Minute, fault.NotAllowed, room.ReasonTwice},
		{"second", 10*time.Minute - time.Second - time.Millisecond, fault.NotAllowed, ""}, // not at each try
		{"second", time.Millisecond, fault.NotAllowed, room.ReasonTwice},
	} {
		l.now = l.now.Add(step.after)
		if code, heard := l.open(c, step.hash); code != step.code || heard != step.heard {
			t.Errorf("step %d: refused by %q, and the person heard %q", i, code, heard)
		}
	}
	if got := l.agent(ann).Person.Devices; !slices.Equal(got, []string{"first"}) {
		t.Errorf("devices %v", got)
	}
	if _, ok := l.head.LinkOf(l.agent(ann).Agent); ok {
		t.Error("there is another link, without the person's asking")
	}
}

func TestOpenLink_fifthDevice_endsTheOldest(t *testing.T) {
	l := newRoom(t, "Ann")
	if code, heard := l.open(l.link(), "1"); code != "" || heard != "" {
		t.Fatalf("the first device: %q, %q", code, heard)
	}
	for _, hash := range []string{"2", "3", "4", "5"} {
		c := l.add()
		if again := l.add(); !again.Is(c) {
			t.Error("to ask for a link again gives another one")
		}
		if code, heard := l.open(c, hash); code != "" || heard != room.ReasonOpened {
			t.Errorf("device %s: %q, and the person heard %q", hash, code, heard)
		}
	}
	if got := l.agent(ann).Person.Devices; !slices.Equal(got, []string{"2", "3", "4", "5"}) {
		t.Errorf("devices %v", got)
	}
}

func TestOpenLink_noLinkOfTheSeat_isRefusedAndTellsNobody(t *testing.T) {
	l := newRoom(t, "Ann")
	if code, heard := l.open(l.link(), "mine"); code != "" || heard != "" {
		t.Fatalf("%q, %q", code, heard)
	}
	a, made := l.agent(ann), ident.NewLinkCode
	for what, c := range map[string]ident.LinkCode{
		"another room's":        made(l.head.LogKey, "bcdefgh", a.Seat, a.Joined, 0),
		"a former agent's":      made(l.head.LogKey, l.head.ID, a.Seat, a.Joined+1, 0),
		"a later link":          made(l.head.LogKey, l.head.ID, a.Seat, a.Joined, 2),
		"a link of another key": made("0f0e0d0c0b0a09080706050403020100", l.head.ID, a.Seat, a.Joined, 0),
		"not yet asked for":     made(l.head.LogKey, l.head.ID, a.Seat, a.Joined, 1),
	} {
		want := fault.TokenInvalid
		if what == "not yet asked for" { // known, but for nobody to open
			want = fault.NotAllowed
		}
		if code, heard := l.open(c, "theirs"); code != want || (want == fault.TokenInvalid && heard != "") {
			t.Errorf("%s: refused by %q, and the person heard %q", what, code, heard)
		}
	}
	if got := l.agent(ann).Person.Devices; !slices.Equal(got, []string{"mine"}) {
		t.Errorf("devices %v", got)
	}
}

// With the link, the agent could speak as its person.
func TestShownLink_ofALinkThatWasOpened_isThePersonsAlone(t *testing.T) {
	l := newRoom(t, "Ann")
	first := l.link()
	agent := func() string { return l.head.ShownLink(l.agent(ann)) }
	person := func() string {
		a := l.agent(ann)
		a.Device = "phone"
		return l.head.ShownLink(a)
	}
	shown := func(when, agents, persons string) {
		t.Helper()
		if agent() != agents || person() != persons {
			t.Errorf("%s, the agent sees %q and the person %q", when, agent(), person())
		}
	}
	shown("before it is opened", first.String(), first.String())
	l.open(first, "phone")
	shown("once it is opened", "", "")
	further := l.add()
	if further.Is(first) {
		t.Error("the further link is the first")
	}
	shown("once the person asks for another", "", further.String())
	l.open(further, "laptop")
	shown("once that is opened", "", "")
	l.add()
	l.apply(room.Event{Type: room.Changed, Reason: room.ReasonClosed})
	shown("in a closed room", "", "")
}

func TestKnowsLink_usedLink_isKnownAmongTheLastSixteen(t *testing.T) {
	l := newRoom(t, "Ann")
	links := []ident.LinkCode{l.link()}
	for i := range 18 {
		l.open(links[i], string(rune('a'+i)))
		links = append(links, l.add())
	}
	for i, c := range links {
		if got, want := l.head.KnowsLink(l.agent(ann).Agent, c), i >= len(links)-17; got != want {
			t.Errorf("link %d of %d is known: %v", i, len(links), got)
		}
	}
}
