package room_test

import (
	"slices"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/room"
)

// alone gives a seat to a person without an agent, whose principal is key:p.
func (l *timeline) alone(seat int) {
	l.Helper()
	a := l.agent(seat)
	a.Principal = "key:p"
	a.Agent = a.HeldBy(room.HolderOf(ident.Token{Seat: seat, Secret: "page", Person: true}))
	l.apply(room.Event{Type: room.Joined, Seat: seat, Name: a.Name, Agent: &a.Agent, Regains: true})
	if !l.agent(seat).IsAlone() {
		l.Fatalf("%+v is not alone", l.agent(seat))
	}
}

// Many share a principal: a person has its seat by its token, unless that is known not to have
// been used, since the reply that holds it may have been lost.
func TestDecide_seatOfAPersonAlone_isItsPagesAlone(t *testing.T) {
	const same, other = "key:p", "key:c"
	page, agent := room.Holder{Hash: "new", Person: true}, room.Holder{Hash: "new"}
	unused := &room.Presence{}
	used := &room.Presence{Used: true}
	for what, c := range map[string]struct {
		holder room.Holder
		who    string
		p      *room.Presence // nil: nothing is stored
		spoke  bool
		after  time.Duration
		want   string
	}{
		"its page, whose reply was lost": {holder: page, who: same, p: unused, after: 20 * time.Second,
			want: regained},
		"its page, soon": {holder: page, who: same, p: unused, after: 19 * time.Second,
			want: refused},
		"its page, once it was used": {holder: page, who: same, p: used, after: 14 * minute, want: refused},
		"its page, once it has spoken": {holder: page, who: same, p: unused, spoke: true,
			after: 80 * time.Second, want: refused},
		"its page, and nothing is stored": {holder: page, who: same, after: 80 * time.Second, want: refused},
		"a page with another key": {holder: page, who: other, p: unused, after: 20 * time.Second,
			want: refused},
		"an agent of the same key": {holder: agent, who: same, p: unused, after: 80 * time.Second,
			want: refused},
		"an agent, once it was used":           {holder: agent, who: same, p: used, after: 14 * minute, want: refused},
		"an agent, after the lease":            {holder: agent, who: same, p: used, after: 15 * minute, want: takes},
		"its page, after the lease":            {holder: page, who: same, p: used, after: 15 * minute, want: takes},
		"its page, long after, nothing stored": {holder: page, who: same, after: hour, want: takes},
	} {
		l := newRoom(t, "Ann", "Pam")
		l.alone(2)
		if c.spoke {
			l.send(2, room.Event{Text: "I am Pam"}) // as its page's call, whoever is behind it
		}
		now := l.now.Add(c.after)
		p := map[int]room.Presence{1: {AtMs: now.UnixMilli(), Used: true}}
		if c.p != nil {
			c.p.AtMs = l.now.UnixMilli()
			p[2] = *c.p
		}
		a := l.agent(2)
		a.AtMs = l.now.UnixMilli()
		l.apply(room.Event{Type: room.Joined, Seat: 2, Name: a.Name, Agent: &a.Agent, Regains: true})
		got, seating, err := claimBob(
			l,
			room.SeatRequest{Name: nameOf(t, "Pam"), Principal: c.who, Holder: c.holder, Presence: p},
			now,
		)
		if got != c.want {
			t.Errorf("%s: %s, want %s; %v", what, got, c.want, err)
		}
		if got == regained &&
			(!seating.Regained.IsAlone() || !slices.Equal(seating.Regained.Person.Devices, []string{"new"})) {
			t.Errorf("%s: in the hands of %+v", what, seating.Regained)
		}
	}
}

// A person that wants a seat without an agent does not get that of its agent.
func TestDecide_seatOfAnAgent_isNotItsPersons(t *testing.T) {
	for after, want := range map[time.Duration]string{room.RegainSilent: refused, room.Lease: takes} {
		l := bobs(t)
		now := l.now.Add(after)
		p := map[int]room.Presence{1: {AtMs: now.UnixMilli(), Used: true}, 2: {AtMs: l.now.UnixMilli(), Used: true}}
		got, _, err := claimBob(
			l,
			room.SeatRequest{Name: nameOf(t, "Bob"), Principal: "key:b", Holder: room.Holder{Person: true},
				Presence: p},
			now,
		)
		if got != want {
			t.Errorf("after %s: %s, want %s; %v", after, got, want, err)
		}
	}
}

func TestAlone_proposal_asksItOnlyByName(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Pam")
	l.alone(3)
	if e := l.propose(1); !slices.Equal(e.Ask, []int{2}) {
		t.Errorf("a proposal to all asks %v", e.Ask)
	}
	if e := l.send(
		1,
		room.Event{Kind: room.Proposal, Text: "cake", Ask: []int{2, 3}},
	); !slices.Equal(
		e.Ask,
		[]int{2, 3},
	) {
		t.Errorf("by name it asks %v", e.Ask)
	}
	l.leave(2)
	if _, err := l.head.Compose(
		l.agent(1),
		room.Event{Kind: room.Proposal, Text: "milk"},
		l.now,
	); fault.CodeOf(
		err,
	) != fault.InvalidArgument {
		t.Errorf("where nobody but Pam is there: %v", err)
	}
	if _, err := l.head.Compose(
		l.agent(3),
		room.Event{Person: true, Text: "a note", To: []int{3}},
		l.now,
	); fault.CodeOf(
		err,
	) != fault.InvalidArgument {
		t.Errorf("a note to itself: %v", err)
	}
}
