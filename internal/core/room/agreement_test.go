package room_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/room"
)

func TestProposal_asksEveryoneSeatedWhoMaySpeak(t *testing.T) {
	for what, c := range map[string]struct {
		happen  func(l *timeline)
		to, ask []int
		want    []int
	}{
		"all others":             {func(*timeline) {}, nil, nil, []int{2, 3, 4}},
		"those in ask":           {func(*timeline) {}, nil, []int{3}, []int{3}},
		"those in to":            {func(*timeline) {}, []int{2, 4}, nil, []int{2, 4}},
		"those in ask within to": {func(*timeline) {}, []int{2, 4}, []int{4}, []int{4}},
		"not the muted":          {func(l *timeline) { l.manage(room.Mute, 3) }, nil, nil, []int{2, 4}},
		"not those that left":    {func(l *timeline) { l.leave(2) }, nil, nil, []int{3, 4}},
		"admins of a channel": {func(l *timeline) {
			l.manage(room.Promote, 3)
			l.set(func(s *room.Settings) { s.Type = room.Channel })
		}, nil, nil, []int{3}},
	} {
		l := newRoom(t, "Ann", "Bob", "Cid", "Dora")
		c.happen(l)
		e := l.send(1, room.Event{Kind: room.Proposal, Text: "tea", To: c.to, Ask: c.ask})
		if !slices.Equal(e.Ask, c.want) {
			t.Errorf("%s: it asks %v, want %v", what, e.Ask, c.want)
		}
	}
	l := newRoom(t, "Ann")
	if _, err := l.head.Compose(l.agent(1), room.Event{Kind: room.Proposal, Text: "tea"},
		l.now); fault.CodeOf(err) != fault.InvalidArgument {
		t.Errorf("to nobody: %v", err)
	}
}

// Ann proposes to Bob and Cid. What happens then leaves the proposal open, completes
// it, or ends it.
func TestProposal_endsBy(t *testing.T) {
	const open, agreed, ended = "open", "agreed", "ended"
	agree := func(l *timeline, p room.Event, seat int) room.Event {
		return l.send(seat, room.Event{Kind: room.Agree, ReplyTo: p.N})
	}
	channel := func(s *room.Settings) { s.Type = room.Channel }
	for what, c := range map[string]struct {
		happen func(l *timeline, p room.Event) room.Event // the last event
		want   string
	}{
		"one agrees": {func(l *timeline, p room.Event) room.Event { return agree(l, p, 2) }, open},
		"both agree": {func(l *timeline, p room.Event) room.Event { agree(l, p, 2); return agree(l, p, 3) }, agreed},
		"one objects": {func(l *timeline, p room.Event) room.Event {
			return l.send(2, room.Event{Kind: room.Object, Text: "no", ReplyTo: p.N})
		}, ended},
		"one agrees, objects": {func(l *timeline, p room.Event) room.Event {
			agree(l, p, 2)
			return l.send(2, room.Event{Kind: room.Object, Text: "no"})
		}, ended},
		"a plain reply":   {func(l *timeline, p room.Event) room.Event { agree(l, p, 2); return l.reply(3, p) }, open},
		"it is withdrawn": {func(l *timeline, p room.Event) room.Event { return l.withdraw(p) }, ended},
		"a newer one": {func(l *timeline, p room.Event) room.Event {
			return l.send(2, room.Event{Kind: room.Proposal, Text: "coffee", ReplyTo: p.N, ReSeat: 1})
		}, ended},
		"a newer one of one not asked": {func(l *timeline, p room.Event) room.Event {
			return l.send(4, room.Event{Kind: room.Proposal, Text: "coffee", ReplyTo: p.N, ReSeat: 1})
		}, ended},
		"a newer one in private": {func(l *timeline, p room.Event) room.Event {
			return l.send(2, room.Event{Kind: room.Proposal, Text: "coffee", ReplyTo: p.N, ReSeat: 1, To: []int{1}})
		}, open},
		"another proposal": {func(l *timeline, _ room.Event) room.Event { return l.propose(2) }, open},
		"its sender leaves": {func(l *timeline, p room.Event) room.Event {
			agree(l, p, 2)
			return l.leave(1)
		}, ended},
		"one leaves": {func(l *timeline, _ room.Event) room.Event { return l.leave(2) }, open},
		"both leave": {func(l *timeline, _ room.Event) room.Event { l.leave(2); return l.leave(3) },
			ended},
		"one agrees, the other leaves": {func(l *timeline, p room.Event) room.Event {
			agree(l, p, 2)
			return l.leave(3)
		}, agreed},
		"one agrees and leaves": {func(l *timeline, p room.Event) room.Event { agree(l, p, 2); return l.leave(2) },
			open},
		"one agrees, both leave": {func(l *timeline, p room.Event) room.Event {
			agree(l, p, 2)
			l.leave(2)
			return l.leave(3)
		}, ended},
		"the other is muted": {func(l *timeline, p room.Event) room.Event {
			agree(l, p, 2)
			return l.manage(room.Mute, 3)
		}, agreed},
		"the other is kicked": {func(l *timeline, p room.Event) room.Event {
			agree(l, p, 2)
			return l.apply(*l.head.FreeSeat(l.agent(3).Agent, room.ReasonKicked))
		}, agreed},
		"the other is regained": {func(l *timeline, p room.Event) room.Event {
			agree(l, p, 2)
			l.regain(3)
			return l.events[len(l.events)-1]
		}, open},
		"regained, and agrees": {func(l *timeline, p room.Event) room.Event {
			agree(l, p, 2)
			l.regain(3)
			return agree(l, p, 3)
		}, agreed},
		"the room becomes a channel": {func(l *timeline, p room.Event) room.Event {
			agree(l, p, 2)
			return l.set(channel)
		}, ended},
		"a channel in which one agreed": {func(l *timeline, p room.Event) room.Event {
			l.manage(room.Promote, 2)
			agree(l, p, 2)
			return l.set(channel)
		}, agreed},
		"somebody joins": {func(l *timeline, p room.Event) room.Event {
			agree(l, p, 2)
			return l.join("Eve")
		}, open},
		"somebody joins, both agree": {func(l *timeline, p room.Event) room.Event {
			agree(l, p, 2)
			l.join("Eve")
			return agree(l, p, 3)
		}, agreed},
		"a day passes, one has agreed": {func(l *timeline, p room.Event) room.Event {
			agree(l, p, 2)
			l.now = p.At().Add(room.DebtLife)
			return l.leave(3)
		}, ended},
	} {
		l := newRoom(t, "Ann", "Bob", "Cid", "Dora")
		p := l.send(1, room.Event{Kind: room.Proposal, Text: "tea", Ask: []int{2, 3}})
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

func TestAgree_withoutReplyTo_isForTheOnlyProposalThatAsks(t *testing.T) {
	for what, c := range map[string]struct {
		happen func(l *timeline)
		kind   room.Kind
		want   int64 // the event that it answers; 0: it is refused
	}{
		"none":             {func(*timeline) {}, room.Agree, 0},
		"one":              {func(l *timeline) { l.propose(1) }, room.Agree, 4},
		"one, to object":   {func(l *timeline) { l.propose(1) }, room.Object, 4},
		"one of one's own": {func(l *timeline) { l.propose(2) }, room.Agree, 0},
		"one for others": {func(l *timeline) {
			l.send(1, room.Event{Kind: room.Proposal, Text: "tea", Ask: []int{3}})
		}, room.Agree, 0},
		"two":                       {func(l *timeline) { l.propose(1); l.propose(3) }, room.Agree, 0},
		"two, one agreed to":        {func(l *timeline) { l.propose(1); l.agree(2); l.propose(3) }, room.Agree, 6},
		"one, agreed to":            {func(l *timeline) { l.propose(1); l.agree(2) }, room.Agree, 0},
		"one, agreed to, to object": {func(l *timeline) { l.propose(1); l.agree(2) }, room.Object, 4},
		"one, objected to": {func(l *timeline) {
			l.propose(1)
			l.send(3, room.Event{Kind: room.Object, Text: "no"})
		}, room.Agree, 0},
		"one beside a request": {func(l *timeline) { l.propose(1); l.ask(3, 2) }, room.Agree, 4},
	} {
		l := newRoom(t, "Ann", "Bob", "Cid")
		c.happen(l)
		e, err := l.head.Compose(l.agent(2), room.Event{Kind: c.kind, Text: "so"}, l.now)
		if (err == nil) != (c.want != 0) || err != nil && fault.CodeOf(err) != fault.InvalidArgument ||
			err == nil && e.ReplyTo != c.want {
			t.Errorf("%s: answers %d, %v", what, e.ReplyTo, err)
		}
	}
}

func TestAgree_whereSeveralAsk_isRefusedWithTheirIDs(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid")
	one, two := l.propose(1), l.propose(3)
	_, err := l.head.Compose(l.agent(2), room.Event{Kind: room.Agree}, l.now)
	for _, e := range []room.Event{one, two} {
		if id := l.head.MessageID(e.N); err == nil || !strings.Contains(err.Error(), id) {
			t.Errorf("%v does not name %s", err, id)
		}
	}
}

func TestAgree_toWhatDoesNotAsk_isRefused(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid")
	p := l.propose(1)
	eve := l.join("Eve").Seat
	request := l.ask(1, 2)
	for what, c := range map[string]struct {
		seat int
		e    room.Event
	}{
		"a newcomer":            {eve, room.Event{ReplyTo: p.N}},
		"a newcomer, unsaid":    {eve, room.Event{}},
		"its sender":            {1, room.Event{ReplyTo: p.N}},
		"a request":             {2, room.Event{ReplyTo: request.N}},
		"a private reason":      {2, room.Event{ReplyTo: p.N, Text: "psst", To: []int{1}}},
		"a message to come":     {2, room.Event{ReplyTo: 99}},
		"a message, no request": {2, room.Event{ReplyTo: l.say(3, "hello").N}},
	} {
		for _, kind := range []room.Kind{room.Agree, room.Object} {
			c.e.Kind = kind
			if _, err := l.head.Compose(l.agent(c.seat), c.e, l.now); fault.CodeOf(err) != fault.InvalidArgument {
				t.Errorf("%s, %s: %v", what, kind, err)
			}
		}
	}
	l.agree(2)
	l.agree(3)
	if _, err := l.head.Compose(l.agent(2), room.Event{Kind: room.Agree, ReplyTo: p.N},
		l.now); fault.CodeOf(err) != fault.InvalidArgument {
		t.Errorf("to an agreement: %v", err)
	}
	old := l.propose(1)
	if _, err := l.head.Compose(l.agent(2), room.Event{Kind: room.Agree, ReplyTo: old.N},
		l.now.Add(24*time.Hour)); fault.CodeOf(err) != fault.InvalidArgument {
		t.Errorf("a day later: %v", err)
	}
}

func TestProposal_private_isKnownToItsReadersOnly(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid", "Dora")
	p := l.propose(1, 2, 3)
	e := l.agree(2)
	if !slices.Equal(e.To, []int{1, 3}) || !slices.Equal(e.ToNames, []string{"Ann", "Cid"}) ||
		!slices.Equal(e.ReFor, []int{2, 3}) {
		t.Errorf("the agreement is seen by %v, %v", e.To, e.ToNames)
	}
	if l.owed(p, 4) != "nothing" || l.owed(p, 2) != "[3]" {
		t.Errorf("Dora sees %s, Bob %s", l.owed(p, 4), l.owed(p, 2))
	}
	said := l.say(4, "hello")
	vote := func(n int64) string {
		_, err := l.head.Compose(l.agent(4), room.Event{Kind: room.Agree, ReplyTo: n}, l.now)
		return err.Error()
	}
	if hidden, other := vote(p.N), vote(said.N); hidden != other {
		t.Errorf("Dora is told %q, and not %q", hidden, other)
	}
	left := l.leave(3)
	for seat, knows := range map[int]bool{1: true, 2: true, 4: false} {
		a := l.agent(seat)
		if slices.Contains(a.AgreedIn(left), p.N) != knows || a.WokenBy(left, 3, true) != knows {
			t.Errorf("seat %d is told of %v: %v", seat, a.AgreedIn(left), !knows)
		}
	}
	public := l.propose(1)
	l.agree(2)
	if last := l.agree(4); !slices.Equal(l.agent(4).AgreedIn(last), []int64{public.N}) {
		t.Errorf("the public one: %+v", last)
	}
}
