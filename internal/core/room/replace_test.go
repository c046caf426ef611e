package room_test

import (
	"slices"
	"testing"

	"github.com/parley-chat/parley/internal/core/room"
)

// replacing is a room in which Ann has proposed something to Bob and Cid, while Dora is there, too.
type replacing struct {
	*timeline
	old   room.Event
	bound []int // once both have agreed
}

// agreed has Bob and Cid agree.
func (r *replacing) agreed() {
	r.send(bob, room.Event{Kind: room.Agree, ReplyTo: r.old.N})
	before := r.head
	done := r.send(cid, room.Event{Kind: room.Agree, ReplyTo: r.old.N})
	if !slices.Contains(done.Agreed, r.old.N) {
		r.Fatalf("%+v completes nothing", done)
	}
	r.bound = before.BoundAfter(r.old.N, done)
}

// answer has a seat answer by another proposal.
func (r *replacing) answer(seat int, e room.Event) room.Event {
	r.Helper()
	e.Kind, e.Text, e.ReplyTo, e.ReSeat, e.ReFor = room.Proposal, "coffee", r.old.N, r.old.Seat, r.old.To
	e, err := r.head.ProposeAnswer(r.agent(seat), e, r.bound, r.now)
	if err != nil {
		r.Fatal(err)
	}
	return r.apply(e)
}

// The cases are those of replace.go.
func TestReplaces_eachCase_passesNobodyOver(t *testing.T) {
	nothing := func(*replacing) {}
	asks := func(seat int, ask ...int) func(*replacing) room.Event {
		return func(r *replacing) room.Event { return r.answer(seat, room.Event{Ask: ask}) }
	}
	private := []int{bob, cid}
	for _, c := range []struct {
		what   string
		agreed bool
		to     []int // of the old one
		happen func(*replacing)
		answer func(*replacing) room.Event
		want   bool
	}{
		{"1: Bob asks all who are bound", true, nil, nothing, asks(bob, ann, cid), true},
		{"1: Bob names nobody", true, nil, nothing, asks(bob), true},
		{"1: Cid has her seat again", true, nil, func(r *replacing) { r.regain(cid) }, asks(bob, ann, cid), true},
		{"2: Bob asks Cid alone", true, nil, nothing, asks(bob, cid), false},
		{"2: Cid has her seat again, and is passed over", true, nil, func(r *replacing) { r.regain(cid) },
			asks(bob, ann), false},
		{"3: Dora asks all who are bound", true, nil, nothing, asks(dora, ann, bob, cid), true},
		{"3: Dora asks two of three", true, nil, nothing, asks(dora, ann, bob), false},
		{"4: Cid has left", true, nil, func(r *replacing) { r.leave(cid) }, asks(bob, ann), true},
		{"4: all who are bound have left", true, nil, func(r *replacing) { r.leave(ann); r.leave(bob); r.leave(cid) },
			func(r *replacing) room.Event { r.join("Eve"); return r.answer(dora, room.Event{}) }, true},
		{"4: Cid, a reader of a private one, has left", true, private, func(r *replacing) { r.leave(cid) },
			func(r *replacing) room.Event { return r.answer(bob, room.Event{To: []int{ann}}) }, true},
		{"5: Cid has left and come back", true, nil, func(r *replacing) { r.leave(cid); r.join("Cid") },
			asks(bob, ann), true},
		{"6: Cid is muted", true, nil, func(r *replacing) { r.manage(room.Mute, cid) }, asks(bob, ann), true},
		{"7: Cid is a person, and Bob names nobody", true, nil, func(r *replacing) { r.alone(cid) }, asks(bob), true},
		{"7: Cid is a person, and Bob passes her over", true, nil, func(r *replacing) { r.alone(cid) },
			asks(bob, ann), false},
		{"8: Bob asks all who are bound, in private", true, nil, nothing,
			func(r *replacing) room.Event { return r.answer(bob, room.Event{To: []int{ann, cid}}) }, false},
		{"8: a private one, in public", true, private, nothing, asks(bob, ann, cid), true},
		{"9: Bob asks another in the place of Cid", true, nil, nothing, asks(bob, ann, dora), false},
		{"10: it binds nobody any more", true, nil, func(r *replacing) { r.bound = nil }, asks(bob), false},
		{"11: Bob asks all who are bound", false, nil, nothing, asks(bob, ann, cid), true},
		{"11: Bob has agreed before", false, nil, func(r *replacing) {
			r.send(bob, room.Event{Kind: room.Agree, ReplyTo: r.old.N})
		}, asks(bob), true},
		{"11: Bob asks Cid alone", false, nil, nothing, asks(bob, cid), false},
		{"12: Ann asks both", false, nil, nothing, asks(ann, bob, cid), true},
		{"13: Ann asks Bob alone", false, nil, nothing, asks(ann, bob), false},
		{"13: Ann passes over Bob, who has agreed", false, nil, func(r *replacing) {
			r.send(bob, room.Event{Kind: room.Agree, ReplyTo: r.old.N})
		}, asks(ann, cid), false},
		{"14: Dora asks all", false, nil, nothing, asks(dora), false},
		{"14: Dora asks Ann alone", false, nil, nothing, asks(dora, ann), false},
		{"15: it was withdrawn", false, nil, func(r *replacing) { r.withdraw(r.old) }, asks(bob), false},
		{"15: Bob has objected", false, nil, func(r *replacing) {
			r.send(bob, room.Event{Kind: room.Object, Text: "no", ReplyTo: r.old.N})
		}, asks(bob), false},
		{"15: a day has passed", false, nil, func(r *replacing) { r.now = r.old.At().Add(room.DebtLife) },
			asks(bob), false},
	} {
		l := newRoom(t, "Ann", "Bob", "Cid", "Dora")
		r := &replacing{timeline: l, old: l.send(ann, room.Event{Kind: room.Proposal, Text: "tea",
			Ask: []int{bob, cid}, To: c.to})}
		if c.agreed {
			r.agreed()
		}
		c.happen(r)
		wasOpen := r.head.IsOpenProposal(r.old.N, r.now)
		e := c.answer(r)
		if got := e.Replaces == r.old.N; got != c.want {
			t.Errorf("%s: replaces is %d", c.what, e.Replaces)
		}
		if open := r.head.IsOpenProposal(r.old.N, r.now); open != (wasOpen && !c.want) {
			t.Errorf("%s: the old one is open: %v", c.what, open)
		}
		if !r.head.IsOpenProposal(e.N, r.now) {
			t.Errorf("%s: the new one is not open", c.what)
		}
	}
}

// An endpoint answers in plain words, so nobody waits for its vote.
func TestReplaces_endpointThatWasAsked_needNotBeAsked(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid")
	l.endpoint(cid)
	r := &replacing{timeline: l, old: l.send(ann, room.Event{Kind: room.Proposal, Text: "tea", Ask: []int{bob, cid}})}
	if e := r.answer(bob, room.Event{}); e.Replaces != r.old.N || !slices.Equal(e.Ask, []int{ann}) {
		t.Errorf("%+v", e)
	}
}

// A private proposal does not exist for those who do not see it.
func TestReplaces_unseenProposal_standsUntouched(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid")
	r := &replacing{timeline: l, old: l.propose(ann, bob)}
	if e := r.answer(cid, room.Event{Ask: []int{ann, bob}}); e.Replaces != 0 {
		t.Errorf("it replaces %d", e.Replaces)
	}
}
