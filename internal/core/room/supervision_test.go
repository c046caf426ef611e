package room_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/room"
)

// behind changes what the room knows of the person behind a seat.
func (l *timeline) behind(seat int, how func(*room.Person)) {
	l.Helper()
	p := l.agent(seat).Person
	how(&p)
	l.apply(l.agent(seat).Supervise(p, ""))
}

func paused(p *room.Person)   { p.Paused = true }
func approved(p *room.Person) { p.Approve = true }

func TestSupervision_decided_tellsTheAgentWhetherItMaySpeak(t *testing.T) {
	yes, no := new(true), new(false)
	type person = room.Person
	for what, c := range map[string]struct {
		before person
		given  room.Supervision
		want   *person // nil: nothing changes
		tells  room.Reason
	}{
		"pauses": {given: room.Supervision{Paused: yes}, want: &person{Paused: true},
			tells: room.ReasonPaused},
		"pauses again": {before: person{Paused: true}, given: room.Supervision{Paused: yes}},
		"lets it go on": {before: person{Paused: true}, given: room.Supervision{Paused: no},
			want: &person{}, tells: room.ReasonResumed},
		"lets it go on again": {given: room.Supervision{Paused: no}},
		"approves":            {given: room.Supervision{Approve: yes}, want: &person{Approve: true}},
		"approves again":      {before: person{Approve: true}, given: room.Supervision{Approve: yes}},
		"approves no longer": {before: person{Approve: true}, given: room.Supervision{Approve: no},
			want: &person{}},
		"approves one that is paused": {before: person{Paused: true}, given: room.Supervision{Approve: yes},
			want: &person{Paused: true, Approve: true}},
		"pauses in place of approval": {before: person{Approve: true},
			given: room.Supervision{Paused: yes, Approve: no}, want: &person{Paused: true}, tells: room.ReasonPaused},
		"decides nothing": {before: person{Paused: true, Approve: true}},
	} {
		l := newRoom(t, "Ann", "Bob")
		l.behind(2, func(p *person) { *p = c.before })
		got := c.given.Decide(l.agent(2).Agent)
		switch {
		case (got == nil) != (c.want == nil):
			t.Errorf("%s: %+v", what, got)
		case got != nil && (!reflect.DeepEqual(*got.Behind, *c.want) || got.Reason != c.tells || got.Seat != 2):
			t.Errorf("%s: %+v, which tells %q", what, *got.Behind, got.Reason)
		}
	}
}

// The person behind the agent may do all of it.
func TestSupervision_agentThatWaitsForPerson_doesNothingThatOthersNotice(t *testing.T) {
	for what, c := range map[string]struct {
		how  func(*room.Person)
		want fault.Code
	}{
		"free":     {func(*room.Person) {}, ""},
		"paused":   {paused, fault.Paused},
		"approved": {approved, fault.Paused},
	} {
		l := newRoom(t, "Ann", "Bob")
		bob := l.person(2)
		l.behind(2, c.how)
		agent := l.agent(2)
		bob.Person = agent.Person
		for call, err := range map[string]error{
			"shows an activity": agent.CheckActivity("reading"), "gives an order": agent.CheckOrder(),
			"leaves":                  l.head.CheckLeaving(agent.Agent, ""),
			"leaves with a last word": l.head.CheckLeaving(agent.Agent, "bye"),
		} {
			if fault.CodeOf(err) != c.want {
				t.Errorf("%s, %s: %v", what, call, err)
			}
		}
		for call, err := range map[string]error{
			"shows none": agent.CheckActivity(""), "its person shows one": bob.CheckActivity("reading"),
			"its person orders": bob.CheckOrder(),
		} {
			if err != nil {
				t.Errorf("%s, %s: %v", what, call, err)
			}
		}
	}
}

func TestSupervised_isWhatKeepsTheAgentFromSpeaking(t *testing.T) {
	for what, c := range map[string]struct {
		happen func(l *timeline)
		after  time.Duration
		want   room.Supervised
		held   bool // it says nothing before its person does something
	}{
		"nothing": {happen: func(*timeline) {}},
		"paused": {happen: func(l *timeline) { l.behind(2, paused) },
			want: room.Supervised{Paused: true, Bound: true}, held: true},
		"approved": {happen: func(l *timeline) { l.behind(2, approved) },
			want: room.Supervised{Bound: true}},
		"a draft waits": {happen: func(l *timeline) { l.draft(2, room.Event{Text: "hm"}) },
			want: room.Supervised{Undecided: true}, held: true},
		"it waited for a day": {happen: func(l *timeline) { l.draft(2, room.Event{Text: "hm"}) },
			after: room.DraftLife},
		"agents have said as much as they may": {
			happen: func(l *timeline) {
				l.set(func(s *room.Settings) { s.AgentMessages = 1 })
				l.say(1, "one")
			},
			want: room.Supervised{Spent: true},
		},
	} {
		l := newRoom(t, "Ann", "Bob")
		c.happen(l)
		now := l.now.Add(c.after)
		if got := l.head.SupervisedOf(l.agent(2).Agent, now); got != c.want {
			t.Errorf("%s: %+v", what, got)
		}
		if got := l.agent(2).WaitsForPerson(now); got != c.held {
			t.Errorf("%s: held %v", what, got)
		}
	}
}

func TestAgentMessages_areSoManyUntilAPersonSpeaks(t *testing.T) {
	for _, c := range []struct {
		limit, said int
		words       string // of the refusal; "" for none
	}{
		{0, 0, ""}, {0, 9, ""}, {1, 0, ""}, {1, 1, "one message until a person speaks"},
		{2, 1, ""}, {2, 2, "2 messages until"}, {2, 3, "2 messages until"},
	} {
		l := newRoom(t, "Ann", "Bob")
		for range c.said {
			l.say(1, "word")
		}
		l.set(func(s *room.Settings) { s.AgentMessages = c.limit })
		send, leave := l.head.CheckRun(), l.head.CheckLeaving(l.agent(2).Agent, "bye")
		for _, err := range []error{send, leave} {
			if (fault.CodeOf(err) == fault.Paused) != (c.words != "") {
				t.Errorf("%d of %d: %v", c.said, c.limit, err)
			}
		}
		if c.words != "" && !strings.Contains(send.Error(), c.words) {
			t.Errorf("%d of %d: %v", c.said, c.limit, send)
		}
		if err := l.head.CheckLeaving(l.agent(2).Agent, ""); err != nil {
			t.Errorf("%d of %d, without a last word: %v", c.said, c.limit, err)
		}
	}
}

func TestCheckAgentMessages(t *testing.T) {
	if err := room.CheckAgentMessages(nil); err != nil {
		t.Errorf("not given: %v", err)
	}
	for n, valid := range map[int]bool{-1: false, 0: true, 1: true, room.MaxAgentMessages: true,
		room.MaxAgentMessages + 1: false} {
		if err := room.CheckAgentMessages(
			&n,
		); (err == nil) != valid ||
			err != nil && fault.CodeOf(err) != fault.InvalidArgument {
			t.Errorf("%d: %v", n, err)
		}
	}
}

// A key, or a machine, is one person: an agent that is held must not speak from another seat.
// Bob has the principal key:b; the lease of Cid has ended.
func TestDecide_principalOfAHeldAgent_getsNoFurtherSeat(t *testing.T) {
	const same, other, none = "key:b", "key:c", ""
	for how, hold := range map[string]func(*room.Person){"paused": paused, "approved": approved, "free": nil} {
		for what, c := range map[string]struct {
			name, who string
			person    bool
			want      fault.Code // while Bob is held
			free      fault.Code
		}{
			"another name":           {name: "Rob", who: same, want: fault.Paused},
			"another name, a person": {name: "Rob", who: same, person: true, want: fault.Paused},
			"its own name":           {name: "Bob", who: same},
			"its own name, as a person": {name: "Bob", who: same, person: true, want: fault.Paused,
				free: fault.NameTaken},
			"a name whose lease ended": {name: "Cid", who: same, want: fault.Paused},
			"by another key":           {name: "Rob", who: other},
			"such a name, by another":  {name: "Cid", who: other},
			"by nobody":                {name: "Rob", who: none},
		} {
			l := bobs(t)
			l.join("Cid")
			want := c.free
			if hold != nil {
				l.behind(2, hold)
				want = c.want
			}
			now := l.now.Add(room.Lease)
			p := map[int]room.Presence{1: {AtMs: now.UnixMilli(), Used: true}}
			p[2] = room.Presence{AtMs: now.Add(-room.RegainSilent).UnixMilli(), Used: true}
			p[3] = room.Presence{AtMs: l.agent(3).AtMs, Used: true}
			got, err := (&room.SeatRequest{Name: nameOf(t, c.name), Principal: c.who,
				Holder: room.Holder{Person: c.person}, Presence: p}).Decide(
				l.head,
				now,
			)
			if fault.CodeOf(err) != want || err == nil && (got.Regained != nil) != (c.name == "Bob") {
				t.Errorf("%s, %s: %+v, %v", how, what, got, err)
			}
			if got.Regained != nil && !reflect.DeepEqual(got.Regained.Person, l.agent(2).Person) {
				t.Errorf("%s, %s: its person has %+v", how, what, got.Regained.Person)
			}
		}
	}
}
