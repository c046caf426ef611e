package room_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/room"
)

func TestDebt_ofAskedAgents_endsByReplyDepartureMuteOrADay(t *testing.T) {
	for what, c := range map[string]struct {
		happen func(l *timeline, e room.Event)
		want   string
	}{
		"nothing happens": {func(*timeline, room.Event) {}, "[2 3]"},
		"Bob replies":     {func(l *timeline, e room.Event) { l.reply(bob, e) }, "[3]"},
		"Bob and Cid reply": {func(l *timeline, e room.Event) { l.reply(bob, e); l.reply(cid, e) },
			"nothing"},
		"Bob replies twice":             {func(l *timeline, e room.Event) { l.reply(bob, e); l.reply(bob, e) }, "[3]"},
		"Dora replies":                  {func(l *timeline, e room.Event) { l.reply(dora, e) }, "[2 3]"},
		"Ann replies":                   {func(l *timeline, e room.Event) { l.reply(ann, e) }, "[2 3]"},
		"Bob says something else":       {func(l *timeline, _ room.Event) { l.say(bob, "well") }, "[2 3]"},
		"Bob replies to something else": {func(l *timeline, e room.Event) { l.reply(bob, l.say(ann, "and")) }, "[2 3]"},
		"Bob replies by a request": {func(l *timeline, e room.Event) {
			l.send(bob, room.Event{Text: "why?", ReplyTo: e.N, ReSeat: ann, Ask: []int{ann}})
		}, "[3]"},
		"Bob leaves":              {func(l *timeline, _ room.Event) { l.leave(bob) }, "[3]"},
		"Bob leaves, Cid replies": {func(l *timeline, e room.Event) { l.leave(bob); l.reply(cid, e) }, "nothing"},
		"Bob and Cid leave":       {func(l *timeline, _ room.Event) { l.leave(bob); l.leave(cid) }, "nothing"},
		"Bob is muted":            {func(l *timeline, _ room.Event) { l.manage(room.Mute, bob) }, "[3]"},
		"Bob is muted and unmuted": {func(l *timeline, _ room.Event) {
			l.manage(room.Mute, bob)
			l.manage(room.Unmute, bob)
		}, "[3]"},
		"Bob regains his seat": {func(l *timeline, _ room.Event) { l.regain(bob) }, "[2 3]"},
		"the room becomes a channel": {func(l *timeline, _ room.Event) {
			l.set(func(s *room.Settings) { s.Type = room.Channel })
		}, "nothing"},
		"Ann leaves":                    {func(l *timeline, _ room.Event) { l.leave(ann) }, "nothing"},
		"Ann withdraws":                 {func(l *timeline, e room.Event) { l.withdraw(e) }, "nothing"},
		"Ann withdraws another request": {func(l *timeline, _ room.Event) { l.withdraw(l.ask(ann, dora)) }, "[2 3]"},
		"Ann is muted":                  {func(l *timeline, _ room.Event) { l.manage(room.Mute, ann) }, "[2 3]"},
		"somebody joins":                {func(l *timeline, _ room.Event) { l.join("Eve") }, "[2 3]"},
		"a day less a second passes": {func(l *timeline, e room.Event) {
			l.now = e.At().Add(room.DebtLife - time.Second)
		}, "[2 3]"},
		"a day passes": {func(l *timeline, e room.Event) { l.now = e.At().Add(room.DebtLife) },
			"nothing"},
		"Bob replies to Cid alone": {func(l *timeline, e room.Event) { l.reply(bob, e, cid) }, "[2 3]"},
		"Bob agrees to a later proposal": {func(l *timeline, _ room.Event) {
			l.propose(dora)
			l.agree(bob)
		}, "[2 3]"},
		"Bob's person replies to a later question": {func(l *timeline, _ room.Event) {
			later := l.ask(dora, bob)
			l.send(bob, room.Event{Text: "so", ReplyTo: later.N, ReSeat: dora, Person: true})
		}, "[2 3]"},
		"Bob replies to a later question": {func(l *timeline, _ room.Event) {
			l.reply(bob, l.ask(dora, bob))
		}, "[3]"},
		"Bob replies to a later question in private": {func(l *timeline, _ room.Event) {
			l.reply(bob, l.ask(dora, bob), ann, dora)
		}, "[2 3]"},
		"Bob replies to a later private question, to its readers": {func(l *timeline, _ room.Event) {
			l.reply(bob, l.send(ann, room.Event{Text: "psst?", Ask: []int{bob}, To: []int{bob}}), ann)
		}, "[2 3]"},
		"Bob answers a later private question to all": {func(l *timeline, _ room.Event) {
			l.reply(bob, l.send(dora, room.Event{Text: "psst?", Ask: []int{bob}, To: []int{bob}}))
		}, "[2 3]"},
		"Bob replies to Ann alone, then to a later question": {func(l *timeline, e room.Event) {
			l.reply(bob, e, ann)
			l.reply(bob, l.ask(dora, bob))
		}, "[3]"},
		"Bob replies to an earlier word": {func(l *timeline, e room.Event) {
			l.reply(bob, l.events[e.N-2])
		}, "[2 3]"},
	} {
		l := newRoom(t, "Ann", "Bob", "Cid", "Dora")
		e := l.ask(ann, bob, cid)
		c.happen(l, e)
		if got := l.owed(e, dora); got != c.want {
			t.Errorf("%s: %s owe, want %s", what, got, c.want)
		}
	}
}

func TestDebt_ofAPrivateQuestion_isAnsweredByALaterReplyToTheSameReaders(t *testing.T) {
	for what, c := range map[string]struct {
		to   []int
		want string
	}{
		"to all":            {nil, "[2]"},
		"to Ann":            {[]int{ann}, "[2]"},
		"to Cid and Ann":    {[]int{cid, ann}, "nothing"},
		"to Ann and Dora":   {[]int{ann, dora}, "[2]"},
		"to Ann, Cid, Dora": {[]int{ann, cid, dora}, "[2]"},
	} {
		l := newRoom(t, "Ann", "Bob", "Cid", "Dora")
		e := l.send(ann, room.Event{Text: "psst?", Ask: []int{bob}, To: []int{bob, cid}})
		later := l.send(ann, room.Event{Text: "and?", Ask: []int{bob}, To: []int{bob, cid}})
		l.reply(bob, later, c.to...)
		if got := l.owed(e, ann); got != c.want {
			t.Errorf("%s: %s owe, want %s", what, got, c.want)
		}
	}
}

func TestDebt_ofARequestToAnyone_isClosedByTheFirstReplyToAll(t *testing.T) {
	for what, c := range map[string]struct {
		happen func(l *timeline, e room.Event)
		want   string // as Dora sees it
	}{
		"nothing happens":        {func(*timeline, room.Event) {}, "anyone"},
		"Ann replies":            {func(l *timeline, e room.Event) { l.reply(ann, e) }, "anyone"},
		"Bob replies":            {func(l *timeline, e room.Event) { l.reply(bob, e) }, "nothing"},
		"Bob speaks":             {func(l *timeline, e room.Event) { l.say(bob, "well") }, "anyone"},
		"Bob replies in private": {func(l *timeline, e room.Event) { l.reply(bob, e, ann) }, "anyone"},
		"Bob replies in private, Cid to all": {func(l *timeline,
			e room.Event) {
			l.reply(bob, e, ann)
			l.reply(cid, e)
		},
			"nothing"},
		"Bob replies in private, then to all": {func(l *timeline,
			e room.Event) {
			l.reply(bob, e, ann)
			l.reply(bob, e)
		},
			"nothing"},
		"Bob and Cid reply in private": {func(l *timeline, e room.Event) { l.reply(bob, e, ann); l.reply(cid, e, ann) },
			"anyone"},
		"Bob replies to Cid alone": {func(l *timeline, e room.Event) { l.reply(bob, e, cid) }, "anyone"},
		"Bob and Cid leave":        {func(l *timeline, _ room.Event) { l.leave(bob); l.leave(cid) }, "anyone"},
		"Bob replies in private, then leaves": {func(l *timeline, e room.Event) { l.reply(bob, e, ann); l.leave(bob) },
			"anyone"},
		"Ann leaves":    {func(l *timeline, _ room.Event) { l.leave(ann) }, "nothing"},
		"Ann withdraws": {func(l *timeline, e room.Event) { l.withdraw(e) }, "nothing"},
		"Bob replies in private, Ann withdraws": {func(l *timeline,
			e room.Event) {
			l.reply(bob, e, ann)
			l.withdraw(e)
		},
			"nothing"},
		"a day passes": {func(l *timeline, e room.Event) { l.now = e.At().Add(room.DebtLife) }, "nothing"},
	} {
		l := newRoom(t, "Ann", "Bob", "Cid", "Dora")
		e := l.sayAs(ann, room.Request, "who?")
		c.happen(l, e)
		if got := l.owed(e, dora); got != c.want {
			t.Errorf("%s: %s, want %s", what, got, c.want)
		}
	}
}

func TestDebt_answeredInPrivate_isClosedForTheTwoAndOpenForOthers(t *testing.T) {
	for what, c := range map[string]struct {
		ask                    room.Event
		asker, answerer, other string
		otherAfterLeaving      string
	}{
		"asks Cid and Bob": {room.Event{Text: "well?", Ask: []int{cid, bob}}, "[3]", "[3]", "[2 3]", "[3]"},
		"asks Bob":         {room.Event{Text: "well?", Ask: []int{bob}}, "nothing", "nothing", "[2]", "nothing"},
		"asks anyone":      {room.Event{Text: "well?", Kind: room.Request}, "nothing", "nothing", "anyone", "anyone"},
		"asks in private": {room.Event{Text: "well?", Ask: []int{bob}, To: []int{bob, dora}}, "nothing", "nothing",
			"[2]",
			"nothing"},
	} {
		l := newRoom(t, "Ann", "Bob", "Cid", "Dora")
		e := l.send(ann, c.ask)
		before := l.owed(e, dora)
		l.reply(bob, e, ann)
		for seat, want := range map[int]string{ann: c.asker, bob: c.answerer, dora: c.other} {
			if got := l.owed(e, seat); got != want {
				t.Errorf("%s: seat %d sees %s, want %s", what, seat, got, want)
			}
		}
		if before != c.other {
			t.Errorf("%s: Dora saw %s, and then %s", what, before, c.other)
		}
		if _, owes := l.head.Talk.Owes(bob, l.now); owes {
			t.Errorf("%s: Bob still owes", what)
		}
		l.leave(bob)
		if got := l.owed(e, dora); got != c.otherAfterLeaving {
			t.Errorf("%s: after Bob left, Dora sees %s", what, got)
		}
	}
}

func TestDebt_answeredInPrivateAndThenToAll_isClosedForAll(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid")
	e := l.ask(ann, bob)
	l.reply(bob, e, ann)
	l.reply(bob, e)
	if got := l.owed(e, cid); got != "nothing" {
		t.Errorf("Cid sees %s", got)
	}
}

func TestDebt_ofAPrivateRequest_isSeenByItsReadersOnly(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid", "Dora")
	e := l.send(ann, room.Event{Kind: room.Request, Text: "well?", To: []int{bob, cid}})
	if !slices.Equal(e.Ask, []int{bob, cid}) || !slices.Equal(e.AskNames, []string{"Bob", "Cid"}) {
		t.Errorf("it asks %v, %v", e.Ask, e.AskNames)
	}
	for seat, want := range map[int]string{ann: "[2 3]", bob: "[2 3]", cid: "[2 3]", dora: "nothing"} {
		if got := l.owed(e, seat); got != want {
			t.Errorf("seat %d sees %s, want %s", seat, got, want)
		}
	}
	l.reply(bob, e, ann, cid)
	if l.owed(e, ann) != "[3]" || l.owed(e, cid) != "[3]" {
		t.Errorf("after an answer to all readers: %s, %s", l.owed(e, ann), l.owed(e, cid))
	}
	if n := l.head.OwedTo(ann, l.now); n != 1 || l.head.OwedTo(cid, l.now) != 0 {
		t.Errorf("%d answers are owed to Ann", n)
	}
}

func TestOwes_isTheOldestDebt(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid")
	first := l.ask(ann, bob)
	second := l.ask(cid, bob)
	if r, owes := l.head.Talk.Owes(bob, l.now); !owes || r.N != first.N || r.Seat != ann {
		t.Errorf("got %+v, %v", r, owes)
	}
	l.reply(bob, first)
	if r, owes := l.head.Talk.Owes(bob, l.now); !owes || r.N != second.N {
		t.Errorf("got %+v, %v", r, owes)
	}
	if _, owes := l.head.Talk.Owes(ann, l.now); owes {
		t.Error("the asker owes")
	}
}

// Two writers append to one head. Neither changes what the other published.
func TestTalk_agentThatIsNotAskedLeaves_isUnchanged(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid")
	q := l.ask(ann, bob)
	if left := l.leave(cid); left.Talk != nil || left.LastTalk != q.N {
		t.Errorf("Cid's leaving carries the talk %+v, last changed by event %d", left.Talk, left.LastTalk)
	}
}

func TestDebt_answeredInPrivateByTwoAtOnce_isClosedForEachInItsOwnBranch(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid", "Dora", "Eve", "Finn")
	e := l.ask(ann, bob, cid, dora, eve, finn)
	for seat := 2; seat <= 4; seat++ {
		l.reply(seat, e, ann)
	}
	eves, finns := *l, *l
	eves.reply(eve, e, ann)
	finns.reply(finn, e, ann)
	if got := eves.owed(e, eve); got != "[6]" {
		t.Errorf("Eve sees that %s owe", got)
	}
	if got := finns.owed(e, finn); got != "[5]" {
		t.Errorf("Finn sees that %s owe", got)
	}
}

func TestDone_isTheLastWordToAll(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid")
	for _, c := range []struct {
		what string
		kind room.Kind
		to   []int
		done bool
	}{
		{"done to one of two others", room.Done, []int{bob}, false},
		{"done to both others", room.Done, []int{bob, cid}, true},
		{"status", room.Status, nil, true},
		{"private message", "", []int{bob}, true},
		{"message", "", nil, false},
		{"done to all", room.Done, nil, true},
		{"done once more to one", room.Done, []int{cid}, true},
		{"request", room.Request, nil, false},
	} {
		l.sayAs(ann, c.kind, c.what, c.to...)
		if l.head.Talk.IsDone(ann) != c.done {
			t.Errorf("after %s: done is %v", c.what, !c.done)
		}
		if l.head.Talk.IsDone(bob) {
			t.Errorf("after %s: another is done", c.what)
		}
	}
	l.sayAs(bob, room.Done, "bye")
	l.leave(bob)
	if l.head.Talk.IsDone(bob) {
		t.Error("an agent that left is done")
	}
}

// Ann proposes to Bob and Cid. The next events leave the proposal open, complete the proposal, or end it.
func TestProposal_votesDeparturesAndTime_completeOrEndIt(t *testing.T) {
	const open, agreed, ended = "open", "agreed", "ended"
	agree := func(l *timeline, p room.Event, seat int) room.Event {
		return l.send(seat, room.Event{Kind: room.Agree, ReplyTo: p.N})
	}
	channel := func(s *room.Settings) { s.Type = room.Channel }
	for what, c := range map[string]struct {
		happen func(l *timeline, p room.Event) room.Event // the last event
		want   string
	}{
		"Bob agrees": {func(l *timeline, p room.Event) room.Event { return agree(l, p, 2) }, open},
		"Bob and Cid agree": {func(l *timeline, p room.Event) room.Event { agree(l, p, 2); return agree(l, p, 3) },
			agreed},
		"Bob objects": {func(l *timeline, p room.Event) room.Event {
			return l.send(bob, room.Event{Kind: room.Object, Text: "no", ReplyTo: p.N})
		}, ended},
		"Bob agrees, then objects": {func(l *timeline, p room.Event) room.Event {
			agree(l, p, 2)
			return l.send(bob, room.Event{Kind: room.Object, Text: "no"})
		}, ended},
		"Bob agrees, Cid gives a plain reply": {func(l *timeline,
			p room.Event) room.Event {
			agree(l, p, 2)
			return l.reply(cid, p)
		},
			open},
		"Ann withdraws": {func(l *timeline, p room.Event) room.Event { return l.withdraw(p) }, ended},
		"Bob replaces the proposal": {func(l *timeline, p room.Event) room.Event {
			return l.send(bob, room.Event{Kind: room.Proposal, Text: "coffee", ReplyTo: p.N, ReSeat: ann})
		}, ended},
		"Bob makes another proposal": {func(l *timeline, _ room.Event) room.Event { return l.propose(bob) }, open},
		"Bob agrees, Ann leaves": {func(l *timeline, p room.Event) room.Event {
			agree(l, p, 2)
			return l.leave(ann)
		}, ended},
		"Bob leaves": {func(l *timeline, _ room.Event) room.Event { return l.leave(bob) }, open},
		"Bob and Cid leave": {func(l *timeline, _ room.Event) room.Event { l.leave(bob); return l.leave(cid) },
			ended},
		"Bob agrees, Cid leaves": {func(l *timeline, p room.Event) room.Event {
			agree(l, p, 2)
			return l.leave(cid)
		}, agreed},
		"Bob agrees, then leaves": {func(l *timeline, p room.Event) room.Event { agree(l, p, 2); return l.leave(bob) },
			open},
		"Bob agrees, Bob and Cid leave": {func(l *timeline, p room.Event) room.Event {
			agree(l, p, 2)
			l.leave(bob)
			return l.leave(cid)
		}, ended},
		"Bob agrees, Cid is muted": {func(l *timeline, p room.Event) room.Event {
			agree(l, p, 2)
			return l.manage(room.Mute, cid)
		}, open},
		"Bob agrees, Cid is kicked": {func(l *timeline, p room.Event) room.Event {
			agree(l, p, 2)
			return l.apply(*l.agent(cid).Free(room.ReasonKicked))
		}, open},
		"Bob agrees, Cid is regained": {func(l *timeline, p room.Event) room.Event {
			agree(l, p, 2)
			l.regain(cid)
			return l.events[len(l.events)-1]
		}, open},
		"Bob agrees, Cid is regained and agrees": {func(l *timeline, p room.Event) room.Event {
			agree(l, p, 2)
			l.regain(cid)
			return agree(l, p, 3)
		}, agreed},
		"Bob agrees, the room becomes a channel": {func(l *timeline, p room.Event) room.Event {
			agree(l, p, 2)
			return l.set(channel)
		}, open},
		"admin Bob agrees, the room becomes a channel": {func(l *timeline, p room.Event) room.Event {
			l.manage(room.Promote, bob)
			agree(l, p, 2)
			return l.set(channel)
		}, open},
		"Bob agrees, Eve joins": {func(l *timeline, p room.Event) room.Event {
			agree(l, p, 2)
			return l.join("Eve")
		}, open},
		"Bob agrees, Eve joins, Cid agrees": {func(l *timeline, p room.Event) room.Event {
			agree(l, p, 2)
			l.join("Eve")
			return agree(l, p, 3)
		}, agreed},
		"Bob agrees, a day passes, Cid leaves": {func(l *timeline, p room.Event) room.Event {
			agree(l, p, 2)
			l.now = p.At().Add(room.DebtLife)
			return l.leave(cid)
		}, ended},
	} {
		l := newRoom(t, "Ann", "Bob", "Cid", "Dora")
		p := l.send(ann, room.Event{Kind: room.Proposal, Text: "tea", Ask: []int{bob, cid}})
		last := c.happen(l, p)
		if got := l.fate(p, last); got != c.want {
			t.Errorf("%s: %s, want %s", what, got, c.want)
		}
	}
}

// fate returns what has become of a proposal after the last event.
func (l *timeline) fate(p, last room.Event) string {
	_, kept := l.head.Proposal(p.N)
	open := l.owed(p, 4) != "nothing"
	switch {
	case kept != open:
		return "kept, but not open"
	case open:
		return "open"
	case slices.Contains(last.Agreed, p.N):
		return "agreed"
	}
	return "ended"
}

func TestProposal_private_isKnownToItsReadersOnly(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid", "Dora")
	p := l.propose(ann, bob, cid)
	e := l.agree(bob)
	if !slices.Equal(e.To, []int{ann, cid}) || !slices.Equal(e.ToNames, []string{"Ann", "Cid"}) ||
		!slices.Equal(e.ReFor, []int{bob, cid}) {
		t.Errorf("the agreement is seen by %v, %v", e.To, e.ToNames)
	}
	if l.owed(p, dora) != "nothing" || l.owed(p, bob) != "[3]" {
		t.Errorf("Dora sees %s, Bob %s", l.owed(p, dora), l.owed(p, bob))
	}
	said := l.say(dora, "hello")
	vote := func(n int64) string {
		_, err := l.head.ProposeMessage(l.agent(dora), room.Event{Kind: room.Agree, ReplyTo: n}, l.now)
		return err.Error()
	}
	if hidden, other := vote(p.N), vote(said.N); hidden != other {
		t.Errorf("Dora is told %q, and not %q", hidden, other)
	}
	left := l.leave(cid)
	for seat, knows := range map[int]bool{ann: true, bob: true, dora: false} {
		a := l.agent(seat)
		if slices.Contains(a.AgreedIn(left), p.N) != knows || a.WokenBy(left, 3, true) != knows {
			t.Errorf("seat %d is told of %v: %v", seat, a.AgreedIn(left), !knows)
		}
	}
	public := l.propose(ann)
	l.agree(bob)
	if last := l.agree(dora); !slices.Equal(l.agent(dora).AgreedIn(last), []int64{public.N}) {
		t.Errorf("the public one: %+v", last)
	}
}

// An endpoint hears in one call all words of its busy time, and answers by one message.
func TestDebt_ofAnEndpoint_endsByOneAnswer(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid")
	l.endpoint(bob)
	both, second := l.ask(ann, bob, cid), l.ask(cid, bob)
	later := l.ask(ann, bob)
	l.send(bob, room.Event{Text: "so", ReplyTo: second.N, ReSeat: cid, Step: 1})
	if a, b, c := l.owed(both, ann), l.owed(second, ann), l.owed(later, ann); a != "[3]" || b != "nothing" ||
		c != "[2]" {
		t.Errorf("%s owe the first, %s the second, and %s one that came later", a, b, c)
	}
}

// step has Ann say e because of another endpoint.
func step(n int, e room.Event) func(l *timeline) room.Event {
	return func(l *timeline) room.Event {
		e.Step = n
		return l.send(ann, e)
	}
}

// An endpoint answers in plain words, and does no more.
func TestEndpoint_isNeitherAskedToAgreeNorWaitedForAtTheEnd(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid")
	l.endpoint(bob)
	if e := l.propose(ann); !slices.Equal(e.Ask, []int{cid}) {
		t.Errorf("asked are %v", e.Ask)
	}
	if _, err := l.head.ProposeMessage(l.agent(ann), room.Event{Kind: room.Proposal, Text: "tea",
		Ask: []int{bob, cid}}, l.now); err == nil {
		t.Error("it may be asked by name")
	}
	l.agree(cid)
	l.sayAs(cid, room.Done, "bye")
	if !l.head.Ended(l.agent(ann).Agent, l.now) {
		t.Error("Cid is done, and the talk goes on for Ann")
	}
	l.leave(cid)
	if l.head.Ended(l.agent(ann).Agent, l.now) {
		t.Error("alone with Bob, the talk is over for Ann")
	}
}

func TestEnded_othersAreDoneOrGone_isTrueUnlessAnAnswerIsOwed(t *testing.T) {
	for what, c := range map[string]struct {
		names  string // of seats 1, 2, ...; the question is asked for seat 1
		happen func(l *timeline)
		want   bool
	}{
		"Ann is the first and only agent": {"A", func(*timeline) {}, false},
		"Bob is here":                     {"AB", func(*timeline) {}, false},
		"Bob is done":                     {"AB", func(l *timeline) { l.sayAs(bob, room.Done, "bye") }, true},
		"Bob is done, then speaks": {"AB", func(l *timeline) { l.sayAs(bob, room.Done, "bye"); l.say(bob, "and") },
			false},
		"only Ann is done":        {"AB", func(l *timeline) { l.sayAs(ann, room.Done, "bye") }, false},
		"Bob is done, Cid is not": {"ABC", func(l *timeline) { l.sayAs(bob, room.Done, "bye") }, false},
		"Bob and Cid are done": {"ABC", func(l *timeline) {
			l.sayAs(bob, room.Done, "bye")
			l.sayAs(cid, room.Done, "bye")
		}, true},
		"Bob is done, Cid left": {"ABC", func(l *timeline) { l.sayAs(bob, room.Done, "bye"); l.leave(cid) }, true},
		"Bob is done, Cid is muted": {"ABC",
			func(l *timeline) { l.sayAs(bob, room.Done, "bye"); l.manage(room.Mute, cid) },
			true},
		"Bob is muted": {"AB", func(l *timeline) { l.manage(room.Mute, bob) }, false},
		"Bob left":     {"AB", func(l *timeline) { l.leave(bob) }, true},
		"Bob and Cid are done, Bob owes Ann": {"ABC", func(l *timeline) {
			l.ask(ann, bob)
			l.sayAs(bob, room.Done, "bye")
			l.sayAs(cid, room.Done, "bye")
		}, false},
		"Bob is done, Ann owes Bob": {"AB", func(l *timeline) { l.ask(bob, ann); l.sayAs(bob, room.Done, "bye") },
			false},
		"Bob is done, Ann has answered": {"AB", func(l *timeline) {
			e := l.ask(bob, ann)
			l.sayAs(bob, room.Done, "bye")
			l.reply(ann, e)
		}, true},
		"Bob is done, Ann's request is open": {"AB", func(l *timeline) {
			l.sayAs(ann, room.Request, "who?")
			l.sayAs(bob, room.Done, "bye")
		}, false},
		"Bob is done, and has yet to agree": {"AB",
			func(l *timeline) { l.propose(ann); l.sayAs(bob, room.Done, "bye") },
			false},
		"Bob is done, in private to Ann alone": {"AB", func(l *timeline) { l.sayAs(bob, room.Done, "bye", ann) }, true},
		"Bob is done in private, among three": {"ABCD", func(l *timeline) {
			l.sayAs(bob, room.Done, "bye", ann)
			l.leave(cid)
			l.sayAs(dora, room.Done, "bye")
		}, false},
		"Bob left, Cid came": {"AB", func(l *timeline) { l.leave(bob); l.join("Cid") }, false},
		"Ann is admin of a channel": {"AB", func(l *timeline) {
			l.set(func(s *room.Settings) { s.Type = room.Channel })
		}, false},
	} {
		l := newTimeline(t)
		for _, name := range c.names {
			l.join(string(name))
		}
		c.happen(l)
		if got := l.head.Ended(l.agent(ann).Agent, l.now); got != c.want {
			t.Errorf("%s: %v", what, got)
		}
	}
}

func TestEnded_otherLeftBeforeTheJoin_isFalse(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid")
	l.leave(bob)
	l.leave(cid)
	l.join("Dora")
	l.leave(ann)
	l.join("Eve")
	l.leave(dora)
	if !l.head.Ended(l.agent(eve).Agent, l.now) {
		t.Error("Dora left since Eve joined")
	}
	l.leave(eve)
	l.join("Finn")
	if l.head.Ended(l.agent(finn).Agent, l.now) {
		t.Error("nobody left since Finn joined")
	}
}

func TestEnded_listenerOfAChannel_dependsOnTheAdmins(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid")
	l.set(func(s *room.Settings) { s.Type = room.Channel })
	if l.head.Ended(l.agent(bob).Agent, l.now) {
		t.Error("the admin is not done")
	}
	l.sayAs(ann, room.Done, "that is all")
	if !l.head.Ended(l.agent(bob).Agent, l.now) || l.head.Ended(l.agent(ann).Agent, l.now) {
		t.Error("the admin is done, the listeners never speak")
	}
}

// twin is a pair of rooms with the same events, but for private words between Ann and Bob in the loud room.
type twin struct{ loud, quiet *timeline }

// both has the same message sent in both rooms. pick, if not negative, chooses the request that the message answers or
// takes back, among those open to Dora: the numbers of the events differ.
func (w twin) both(t rapid.TB, seat int, e room.Event, pick int) {
	own := slices.DeleteFunc(w.loud.head.Talk.OpenTo(seat, w.loud.now), func(r room.OpenRequest) bool {
		return r.Seat != seat
	})
	if len(own) >= core.MaxProposed { // what is private counts for its sender, who may say less to all then
		e.Kind, e.Ask = "", nil
	}
	for _, l := range []*timeline{w.loud, w.quiet} {
		x := e
		if open := l.head.Talk.OpenTo(dora, l.now); len(open) > 0 && pick >= 0 {
			r := open[pick%len(open)]
			if r.Seat == seat && pick%2 == 0 {
				x = room.Event{Withdraws: r.N}
			} else {
				x.ReplyTo, x.ReSeat, x.ReFor = r.N, r.Seat, r.To
			}
		}
		l.now = w.loud.now
		l.try(seat, x)
	}
	w.quiet.now = w.loud.now
}

// Dora sees the same open requests whether or not Ann and Bob speak in private, and whatever they answer there.
func TestOpenTo_ofAThirdSeat_doesNotDependOnWhatOthersSayInPrivate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := twin{newTimeline(t), newTimeline(t)}
		for _, l := range []*timeline{w.loud, w.quiet} {
			for _, name := range []string{"Ann", "Bob", "Cid", "Dora"} {
				l.join(name)
			}
		}
		for range rapid.IntRange(1, 40).Draw(t, "events") {
			w.draw(t)
			if loud, quiet := seenOpen(w.loud, dora), seenOpen(w.quiet, dora); !slices.Equal(loud, quiet) {
				t.Fatalf("beside private words %v, without them %v", loud, quiet)
			}
		}
	})
}

// draw has something happen in both rooms, or something private in one.
func (w twin) draw(t *rapid.T) {
	here := seats(&w.loud.head.State)
	seat := rapid.SampledFrom(here).Draw(t, "seat")
	switch what := rapid.SampledFrom([]string{"say", "say", "answer", "answer", "whisper", "whisper", "leave"}).Draw(t,
		"event"); what {
	case "say", "answer":
		e := room.Event{Text: "so", Kind: rapid.SampledFrom([]room.Kind{"", room.Request, room.Proposal,
			room.Done}).Draw(t, "kind")}
		pick := -1
		if what == "answer" {
			e.Kind, pick = rapid.SampledFrom([]room.Kind{"", "", room.Agree, room.Agree, room.Object}).Draw(t,
				"answer"), rapid.IntRange(0, 9).Draw(t, "of")
		} else if e.Kind != room.Done && rapid.Bool().Draw(t, "asks") {
			e.Ask = drawSeats(t, here, seat)
		}
		w.both(t, seat, e, pick)
	case "whisper":
		w.whisper(t, here)
	case "leave":
		if len(here) > 3 && seat != 4 {
			for _, l := range []*timeline{w.loud, w.quiet} {
				l.leave(seat)
			}
		}
	}
	w.quiet.now = w.loud.now
}

// whisper has Ann or Bob tell the other something in the loud room.
func (w twin) whisper(t *rapid.T, here []int) {
	l, from := w.loud, rapid.IntRange(1, 2).Draw(t, "from")
	if !slices.Contains(here, 1) || !slices.Contains(here, 2) {
		return
	}
	e := room.Event{Text: "psst", To: []int{3 - from}}
	e.Kind = rapid.SampledFrom([]room.Kind{"", room.Request, room.Done, room.Proposal, room.Agree, room.Object}).Draw(t,
		"kind")
	if open := l.head.Talk.OpenTo(from, l.now); len(open) > 0 && rapid.Bool().Draw(t, "answers") {
		r := rapid.SampledFrom(open).Draw(t, "request")
		if len(r.To) == 0 && (e.Kind == room.Agree || e.Kind == room.Object) {
			return // the message would be public
		}
		e.ReplyTo, e.ReSeat, e.ReFor = r.N, r.Seat, r.To
	} else if e.Kind == room.Agree || e.Kind == room.Object {
		return
	}
	l.try(from, e)
}

// seenOpen renders the open requests as a seat sees them, without numbers and times, and then who is done and what is
// owed.
func seenOpen(l *timeline, seat int) (list []string) {
	for _, r := range l.head.Talk.OpenTo(seat, l.now) {
		list = append(list, fmt.Sprint(r.Seat, r.To, r.Proposal, r.Any, r.Owed, r.Agreed))
	}
	_, owes := l.head.Talk.Owes(seat, l.now)
	return append(list, fmt.Sprint(l.head.Talk.Done, owes, l.head.OwedTo(seat, l.now),
		l.head.Ended(l.agent(seat).Agent, l.now)))
}
