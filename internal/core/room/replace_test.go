package room_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/room"
)

// replacing is a room in which Ann has proposed something to Bob and Cid, while Dora is there, too.
type replacing struct {
	*timeline
	old   room.Event
	bound []int // once both have agreed
}

// newReplacing returns such a room. Only Bob and Cid see the proposal if it is private; agreed has both agree.
func newReplacing(t *testing.T, private, agreed bool) *replacing {
	t.Helper()
	e := room.Event{Kind: room.Proposal, Text: "tea", Ask: []int{bob, cid}}
	if private {
		e.To = e.Ask
	}
	l := newRoom(t, "Ann", "Bob", "Cid", "Dora")
	r := &replacing{timeline: l, old: l.send(ann, e)}
	if agreed {
		r.agreed()
	}
	return r
}

// agreed has Bob and Cid agree.
func (r *replacing) agreed() {
	r.votes(bob, r.old)
	before := r.head
	r.bound = before.BoundAfter(r.old.N, r.votes(cid, r.old))
}

// votes has a seat agree to a proposal.
func (l *timeline) votes(seat int, p room.Event) room.Event {
	l.Helper()
	return l.send(seat, room.Event{Kind: room.Agree, ReplyTo: p.N})
}

// removed has an agent lose its seat for a reason.
func (l *timeline) removed(why room.Reason, seat int) room.Event {
	l.Helper()
	a := l.agent(seat)
	return l.apply(*a.Free(why))
}

// kicked has Ann kick an agent.
func (l *timeline) kicked(seat int) room.Event {
	l.Helper()
	a := l.agent(seat)
	o := room.Order{Action: room.Kick, Name: ident.Name{Shown: a.Name, Key: a.Key}}
	e, _, err := o.Decide(l.head, l.agent(ann).Agent)
	if err != nil {
		l.Fatal(err)
	}
	return l.apply(*e)
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

// The numbered cases are those of replace.go.
//
// talk: agreements.
func TestReplaces_eachCase_passesNobodyOver(t *testing.T) {
	nothing := func(*replacing) {}
	asks := func(seat int, ask ...int) func(*replacing) room.Event {
		return func(r *replacing) room.Event { return r.answer(seat, room.Event{Ask: ask}) }
	}
	privately := func(to ...int) func(*replacing) room.Event {
		return func(r *replacing) room.Event { return r.answer(bob, room.Event{To: to}) }
	}
	kick := func(seats ...int) func(*replacing) {
		return func(r *replacing) {
			for _, seat := range seats {
				r.kicked(seat)
			}
		}
	}
	goes := func(seats ...int) func(*replacing) {
		return func(r *replacing) {
			for _, seat := range seats {
				r.leave(seat)
			}
		}
	}
	mute := func(r *replacing) { r.manage(room.Mute, cid) }
	alone := func(r *replacing) { r.alone(cid) }
	replaced := func(r *replacing) { r.bound = nil }
	back := func(r *replacing) { r.leave(cid); r.join("Cid") }
	const agreed, open, private, public = true, false, true, false
	for what, c := range map[string]struct {
		agreed, private bool // of the old one
		happen          func(*replacing)
		answer          func(*replacing) room.Event
		want            bool
	}{
		"Bob asks Ann and Cid: it is replaced.": {
			agreed, public, nothing, asks(bob, ann, cid), true},
		"Bob names nobody": {agreed, public, nothing, asks(bob), true},
		"Bob asks Cid alone: it stands.": {
			agreed, public, nothing, asks(bob, cid), false},
		"Bob asks another agent of Cid's user": {
			agreed, public, nothing, asks(bob, ann, dora), false},
		"Dora asks Ann, Bob and Cid: it is replaced.": {
			agreed, public, nothing, asks(dora, ann, bob, cid), true},
		"Dora asks two of three": {
			agreed, public, nothing, asks(dora, ann, bob), false},
		"Cid has lost her seat, and Bob asks Ann: it is replaced.": {
			agreed, public, goes(cid), asks(bob, ann), true},
		"Cid was kicked": {
			agreed, public, kick(cid), asks(bob, ann), true},
		"Cid is back by another seat": {agreed, public, back, asks(bob, ann), true},
		"Ann has kicked the others": {
			agreed, public, kick(bob, cid), asks(ann, dora), false},
		"Ann and Cid have lost their seats, and Bob asks Dora: it stands.": {agreed, public, goes(ann, cid),
			asks(bob, dora), false},
		"Bob asks Ann and Cid in private: it stands, since Dora could not see it end.": {
			agreed, public, nothing, privately(ann, cid), false},
		"a private one, in public":                 {agreed, private, nothing, asks(bob, ann, cid), true},
		"a private one, whose reader Cid has left": {agreed, private, goes(cid), privately(ann), true},
		"Cid is mute, and Bob names nobody":        {agreed, public, mute, asks(bob), true},
		"Cid is mute, and passed over":             {agreed, public, mute, asks(bob, ann), false},
		"Cid is a person":                          {agreed, public, alone, asks(bob), true},
		"another has replaced it":                  {agreed, public, replaced, asks(bob), false},
		"open, Bob asks the others":                {open, public, nothing, asks(bob, ann, cid), true},
		"open, Ann asks the others":                {open, public, nothing, asks(ann), true},
		"open, Ann passes Cid over":                {open, public, nothing, asks(ann, bob), false},
		"open, Ann passes Bob over, who has agreed": {open, public, func(r *replacing) { r.votes(bob, r.old) },
			asks(ann, cid), false},
		"open, Dora asks all":                       {open, public, nothing, asks(dora), false},
		"open, Cid is mute, and Ann names nobody":   {open, public, mute, asks(ann), true},
		"open, Cid was kicked":                      {open, public, kick(cid), asks(ann, bob), true},
		"open and private, which Dora does not see": {open, private, nothing, asks(dora), false},
		"withdrawn": {open, public, func(r *replacing) { r.withdraw(r.old) }, asks(bob), false},
		"a day has passed": {open, public, func(r *replacing) { r.now = r.old.At().Add(room.DebtLife) },
			asks(bob), false},
	} {
		r := newReplacing(t, c.private, c.agreed)
		c.happen(r)
		wasOpen := r.head.IsOpenProposal(r.old.N, r.now)
		e := c.answer(r)
		if (e.Replaces == r.old.N) != c.want || slices.Contains(e.Ask, e.Seat) {
			t.Errorf("%s: replaces is %d, asked are %v", what, e.Replaces, e.Ask)
		}
		if still := r.head.IsOpenProposal(r.old.N, r.now); still != (wasOpen && !c.want) {
			t.Errorf("%s: the old one is open: %v", what, still)
		}
		if !r.head.IsOpenProposal(e.N, r.now) {
			t.Errorf("%s: the new one is not open", what)
		}
	}
}

// A kick or ban completes nothing, and ends what is to replace an agreement; a mute does nothing, and who leaves lets
// the others decide.
func TestProposal_ofAnAgreementOrNot_whenOneWhoIsAskedGoes(t *testing.T) {
	kick := func(r *replacing) room.Event { return r.kicked(cid) }
	mute := func(r *replacing) room.Event { return r.manage(room.Mute, cid) }
	leave := func(r *replacing) room.Event { return r.leave(cid) }
	silent := func(r *replacing) room.Event { return r.removed(room.ReasonTimeout, cid) }
	for what, c := range map[string]struct {
		replaces     bool
		voted        int
		happens      func(*replacing) room.Event
		agreed, open bool
	}{
		"kicked":                         {true, ann, kick, false, false},
		"kicked after the vote":          {true, cid, kick, false, false},
		"muted":                          {true, ann, mute, false, true},
		"left":                           {true, ann, leave, true, false},
		"silent":                         {true, ann, silent, true, false},
		"of none: kicked":                {false, ann, kick, false, true},
		"of none: kicked after the vote": {false, cid, kick, false, true},
		"of none: muted":                 {false, ann, mute, false, true},
		"of none: left":                  {false, ann, leave, true, false},
	} {
		r := newReplacing(t, false, c.replaces)
		if !c.replaces {
			r.withdraw(r.old)
		}
		newer := r.answer(bob, room.Event{Ask: []int{ann, cid}})
		r.votes(c.voted, newer)
		last := c.happens(r)
		agreed, open := slices.Contains(last.Agreed, newer.N), r.head.IsOpenProposal(newer.N, r.now)
		if agreed != c.agreed || open != c.open {
			t.Errorf("%s: agreed on: %v, open: %v", what, agreed, open)
		}
		if last.Reason != room.ReasonKicked {
			continue
		}
		lacks := int64(0)
		if open {
			lacks = newer.N
		}
		if got := r.head.LacksVoter(bob, r.now); got != lacks || r.head.OwedTo(bob, r.now) != 0 && c.voted == ann ||
			!r.agent(bob).WokenBy(last, 9, true) || r.agent(dora).WokenBy(last, 9, true) {
			t.Errorf("%s: Bob's %d lacks a voter, and he is owed %d", what, got, r.head.OwedTo(bob, r.now))
		}
	}
}

// Whoever is asked may vote. The vote of an agent that may not speak has no words.
func TestVote_ofAnAgentThatMayNotSpeak_hasNoWords(t *testing.T) {
	for kind, done := range map[room.Kind]bool{room.Agree: true, room.Object: false} {
		l := newRoom(t, "Ann", "Bob", "Cid")
		l.manage(room.Mute, bob)
		if p := l.propose(ann); !slices.Equal(p.Ask, []int{cid}) {
			t.Errorf("asked without a name are %v", p.Ask)
		}
		p := l.send(ann, room.Event{Kind: room.Proposal, Text: "tea", Ask: []int{bob}})
		for seat, code := range map[int]fault.Code{bob: fault.NotAllowed, cid: fault.InvalidArgument} {
			_, err := l.head.ProposeMessage(l.agent(seat), room.Event{Kind: kind, Text: "so", ReplyTo: p.N}, l.now)
			if fault.CodeOf(err) != code {
				t.Errorf("%s with words, by %d: %v", kind, seat, err)
			}
		}
		last := l.send(bob, room.Event{Kind: kind})
		if agreed := slices.Contains(last.Agreed, p.N); agreed != done || l.head.IsOpenProposal(p.N, l.now) {
			t.Errorf("%s: agreed is %v", kind, agreed)
		}
	}
	l := newRoom(t, "Ann", "Bob")
	p := l.propose(ann)
	if _, err := l.head.ProposeMessage(l.agent(bob), room.Event{Kind: room.Object, ReplyTo: p.N},
		l.now); fault.CodeOf(err) != fault.InvalidArgument {
		t.Errorf("an objection without its reason: %v", err)
	}
}

// Whatever happens, all others whom an agreement bound and who still had their seats have agreed to what replaces it,
// and no kick or ban completes anything.
func TestReplaced_anyAgreement_hasTheVotesOfAllWhomItBoundAndWhoAreHere(t *testing.T) {
	type agreement struct {
		proposal room.Event
		bound    []int
		replaced bool
	}
	count := 0
	rapid.Check(t, func(t *rapid.T) {
		l := newTimeline(t)
		for _, name := range []string{"Ann", "Bob", "Cid", "Dora"} {
			l.join(name)
		}
		var list []*agreement
		for range rapid.IntRange(20, 100).Draw(t, "events") {
			here, before := seats(&l.head.State), l.head
			if len(here) < 2 {
				l.join("Agent " + string(rune('A'+l.head.NextSeat%26)))
				continue
			}
			seat := rapid.SampledFrom(here).Draw(t, "seat")
			what := rapid.SampledFrom([]string{"propose", "propose", "vote", "vote", "vote", "vote", "vote", "vote",
				"join", "left", "timeout", "kicked", "banned", "mute", "unmute", "type"}).Draw(t, "what")
			switch what {
			case "propose":
				e := room.Event{Kind: room.Proposal, Text: "tea", Ask: drawSeats(t, here, seat)}
				if rapid.Bool().Draw(t, "all") {
					e.Ask = nil
				} else if rapid.Bool().Draw(t, "private") {
					e.To = e.Ask
				}
				var bound []int
				if open := l.head.Talk.OpenTo(seat, l.now); len(open) > 0 && rapid.Bool().Draw(t, "open") {
					r := rapid.SampledFrom(open).Draw(t, "of")
					e.ReplyTo, e.ReSeat, e.ReFor = r.N, r.Seat, r.To
				} else if len(list) > 0 {
					x := rapid.SampledFrom(list).Draw(t, "of")
					if p := x.proposal; !x.replaced && l.agent(seat).SeesMessage(p.N, p.Seat, p.To) {
						e.ReplyTo, e.ReSeat, e.ReFor, bound = p.N, p.Seat, p.To, x.bound
					}
				}
				if e, err := l.head.ProposeAnswer(l.agent(seat), e, bound, l.now); err == nil {
					l.apply(e)
				}
			case "vote":
				if open := l.head.Talk.Open; len(open) > 0 {
					r := rapid.SampledFrom(open).Draw(t, "on")
					kind := rapid.SampledFrom([]room.Kind{room.Agree, room.Agree, room.Agree, room.Object}).Draw(t,
						"vote")
					if voter := rapid.SampledFrom(r.Owed).Draw(t, "voter"); slices.Contains(here, voter) {
						l.try(voter, room.Event{Kind: kind, ReplyTo: r.N})
					}
				}
			case "join":
				if len(here) < 6 {
					l.join("Agent " + string(rune('A'+l.head.NextSeat%26)))
				}
			case "left", "timeout", "kicked", "banned":
				l.removed(room.Reason(what), seat)
			case "type":
				to := rapid.SampledFrom([]room.Type{room.Group, room.Channel}).Draw(t, what)
				l.set(func(s *room.Settings) { s.Type = to })
			default:
				l.manage(room.Action(what), seat)
			}
			if l.head == before {
				continue
			}
			done := l.events[len(l.events)-1]
			if (what == "kicked" || what == "banned") && len(done.Agreed) > 0 {
				t.Fatalf("%s completes %v", what, done.Agreed)
			}
			for _, n := range done.Agreed {
				p, _ := before.Proposal(n)
				now := &agreement{proposal: p, bound: before.BoundAfter(n, done)}
				old := before.ReplacedAfter(p, done).N
				i := slices.IndexFunc(list, func(x *agreement) bool { return x.proposal.N == old })
				list = append(list, now)
				if i < 0 {
					continue
				}
				count++
				list[i].replaced = true
				for _, seat := range list[i].bound {
					if _, here := l.head.Seated(seat); here && !slices.Contains(now.bound, seat) {
						t.Fatalf("%d replaces %d, and %d has not agreed", n, list[i].proposal.N, seat)
					}
				}
			}
		}
	})
	if count < 10 {
		t.Errorf("%d agreements were replaced", count)
	}
}
