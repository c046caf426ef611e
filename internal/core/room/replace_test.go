package room_test

import (
	"fmt"
	"slices"
	"strings"
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
		{"Bob asks Ann and Cid: it is replaced.", true, nil, nothing, asks(bob, ann, cid), true},
		{"Bob names nobody", true, nil, nothing, asks(bob), true},
		{"Cid has her seat again", true, nil, func(r *replacing) { r.regain(cid) }, asks(bob, ann, cid), true},
		{"Bob asks Cid alone: it stands.", true, nil, nothing, asks(bob, cid), false},
		{"Cid has her seat again, and is passed over", true, nil, func(r *replacing) { r.regain(cid) },
			asks(bob, ann), false},
		{"Dora asks Ann, Bob and Cid, who must all agree: it is replaced.", true, nil,
			nothing, asks(dora, ann, bob, cid), true},
		{"Dora asks two of three", true, nil, nothing, asks(dora, ann, bob), false},
		{"Cid has left, and Bob asks Ann: it is replaced.", true, nil,
			func(r *replacing) { r.leave(cid) }, asks(bob, ann), true},
		{"all who are bound have left", true, nil, func(r *replacing) { r.leave(ann); r.leave(bob); r.leave(cid) },
			func(r *replacing) room.Event { r.join("Eve"); return r.answer(dora, room.Event{}) }, true},
		{"Cid, a reader of a private one, has left", true, private, func(r *replacing) { r.leave(cid) },
			func(r *replacing) room.Event { return r.answer(bob, room.Event{To: []int{ann}}) }, true},
		{"Cid has left and come back, by another seat, and Bob asks Ann: it is replaced.", true, nil,
			func(r *replacing) { r.leave(cid); r.join("Cid") },
			asks(bob, ann), true},
		{"Cid may only listen, and Bob asks Ann: it stands.", true, nil,
			func(r *replacing) { r.manage(room.Mute, cid) }, asks(bob, ann), false},
		{"Cid may only listen, and leaves", true, nil, func(r *replacing) { r.manage(room.Mute, cid); r.leave(cid) },
			asks(bob, ann), true},
		{"the room is a channel, in which Cid may only listen", true, nil,
			func(r *replacing) {
				r.manage(room.Promote, bob)
				r.set(func(s *room.Settings) { s.Type = room.Channel })
			}, asks(bob, ann), false},
		{"Cid is a person without an agent, and Bob names nobody in ask: he asks Cid, too, and it is replaced.",
			true, nil, func(r *replacing) { r.alone(cid) }, asks(bob), true},
		{"Cid is a person, and Bob passes her over", true, nil, func(r *replacing) { r.alone(cid) },
			asks(bob, ann), false},
		{"Bob asks Ann and Cid in private, so that Dora could not see it end: it stands.", true, nil, nothing,
			func(r *replacing) room.Event { return r.answer(bob, room.Event{To: []int{ann, cid}}) }, false},
		{"a private one, in public", true, private, nothing, asks(bob, ann, cid), true},
		{"Bob asks Ann and another agent of the user of Cid: it stands.", true, nil,
			nothing, asks(bob, ann, dora), false},
		{"Another agreement has replaced it, so that it binds nobody: that one stands.", true, nil,
			func(r *replacing) { r.bound = nil }, asks(bob), false},
		{"Cid was kicked or banned, and Bob asks Ann within a day: it stands.", true, nil,
			func(r *replacing) { r.removed(room.ReasonKicked, cid) }, asks(bob, ann), false},
		{"Cid was banned", true, nil, func(r *replacing) { r.removed(room.ReasonBanned, cid) }, asks(bob, ann), false},
		{"Cid was kicked, and is back by another seat", true, nil,
			func(r *replacing) { r.removed(room.ReasonKicked, cid); r.join("Cid") }, asks(bob), false},
		{"Cid was kicked, and then as many as are remembered by their seats", true, nil, func(r *replacing) {
			r.removed(room.ReasonKicked, cid)
			for range 40 {
				r.join("Eve")
				r.removed(room.ReasonKicked, r.head.NextSeat-1)
			}
		}, asks(bob, ann), false},
		{"Cid has lost her seat by silence", true, nil, func(r *replacing) { r.removed(room.ReasonTimeout, cid) },
			asks(bob, ann), true},
		{"A day later he asks Ann again: it is replaced.", true, nil, func(r *replacing) {
			r.removed(room.ReasonKicked, cid)
			r.now = r.now.Add(room.BoundFor)
		}, asks(bob, ann), true},
		{"Bob asks Ann and Cid for something else: it is replaced at once.", false, nil,
			nothing, asks(bob, ann, cid), true},
		{"Bob has agreed before", false, nil, func(r *replacing) {
			r.send(bob, room.Event{Kind: room.Agree, ReplyTo: r.old.N})
		}, asks(bob), true},
		{"Bob asks Cid alone", false, nil, nothing, asks(bob, cid), false},
		{"Ann asks Bob and Cid for something else: it is replaced at once.", false, nil,
			nothing, asks(ann, bob, cid), true},
		{"Ann asks Bob alone for something else, and Cid still owes a vote: it stands.", false, nil,
			nothing, asks(ann, bob), false},
		{"Ann passes over Bob, who has agreed", false, nil, func(r *replacing) {
			r.send(bob, room.Event{Kind: room.Agree, ReplyTo: r.old.N})
		}, asks(ann, cid), false},
		{"Dora asks Ann, Bob and Cid for something else: it stands.", false, nil, nothing, asks(dora), false},
		{"Dora asks Ann alone", false, nil, nothing, asks(dora, ann), false},
		{"It was withdrawn or refused, a day has passed, or it is no proposal: nothing is replaced.", false, nil,
			func(r *replacing) { r.withdraw(r.old) }, asks(bob), false},
		{"Bob has objected", false, nil, func(r *replacing) {
			r.send(bob, room.Event{Kind: room.Object, Text: "no", ReplyTo: r.old.N})
		}, asks(bob), false},
		{"a day has passed", false, nil, func(r *replacing) { r.now = r.old.At().Add(room.DebtLife) },
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
		if (e.Replaces == r.old.N) != c.want {
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

// removed has an agent lose its seat for a reason.
func (r *replacing) removed(why room.Reason, seat int) {
	r.apply(*r.head.FreeSeat(r.agent(seat).Agent, why))
}

// Whose votes an admin prevents, agrees to nothing; who leaves lets the others decide.
func TestReplaces_askedOneIsKeptFromVoting_theNewOneEnds(t *testing.T) {
	for _, c := range []struct {
		what    string
		voted   int // before
		happens func(*replacing)
		agreed  bool
	}{
		{"Bob asks Ann and Cid, and an admin kicks Cid, who is still to vote or has agreed: the new one ends.", ann,
			func(r *replacing) { r.removed(room.ReasonKicked, cid) }, false},
		{"kicked after the vote", cid, func(r *replacing) { r.removed(room.ReasonKicked, cid) }, false},
		{"banned", ann, func(r *replacing) { r.removed(room.ReasonBanned, cid) }, false},
		{"muted", ann, func(r *replacing) { r.manage(room.Mute, cid) }, false},
		{"muted after the vote", cid, func(r *replacing) { r.manage(room.Mute, cid) }, false},
		{"left", ann, func(r *replacing) { r.leave(cid) }, true},
		{"silent", ann, func(r *replacing) { r.removed(room.ReasonTimeout, cid) }, true},
	} {
		l := newRoom(t, "Ann", "Bob", "Cid", "Dora")
		r := &replacing{timeline: l, old: l.send(ann, room.Event{Kind: room.Proposal, Text: "tea",
			Ask: []int{bob, cid}})}
		r.agreed()
		newer := r.answer(bob, room.Event{Ask: []int{ann, cid}})
		r.send(c.voted, room.Event{Kind: room.Agree, ReplyTo: newer.N})
		c.happens(r)
		last, open := r.events[len(r.events)-1], r.head.IsOpenProposal(newer.N, r.now)
		agreed := slices.Contains(last.Agreed, newer.N)
		if agreed != c.agreed || open {
			t.Errorf("%s: agreed on: %v, open: %v", c.what, agreed, open)
		}
		_, err := r.head.ProposeMessage(r.agent(ann), room.Event{Kind: room.Agree, ReplyTo: newer.N}, r.now)
		if !strings.Contains(fmt.Sprint(err), "an admin kept one from voting") {
			t.Errorf("%s: a vote is refused so: %v", c.what, err)
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
