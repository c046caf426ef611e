package room_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/room"
)

func TestSupervise_isSeenBehindItsSeatAloneAndIfItHasAReason(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid")
	p := room.Person{Devices: []string{"hash"}, Opened: 1}
	silent, told := l.apply(l.agent(bob).Supervise(p, "")), l.apply(l.agent(bob).Supervise(p, "why"))
	if got := l.agent(bob).Person; !reflect.DeepEqual(got, p) {
		t.Errorf("behind Bob is %+v", got)
	}
	for what, c := range map[string]struct {
		a    room.Caller
		sees bool
	}{"its agent": {l.agent(bob), true}, "another": {l.agent(ann), false}} {
		if c.a.Sees(silent) || c.a.Sees(told) != c.sees {
			t.Errorf("%s sees what has no reason: %v, what has one: %v", what, c.a.Sees(silent), c.a.Sees(told))
		}
	}
}

func TestLosesToken_whoseSeatIsInOtherHands(t *testing.T) {
	l := newRoom(t, "Ann", "Bob")
	bobsPerson := l.person(bob) // on the device "device", beside the device "other"
	supervise := func(seat int, devices ...string) room.Event {
		return room.Agent{Seat: seat}.Supervise(room.Person{Devices: devices}, "")
	}
	regains := func(devices ...string) room.Event {
		return room.Event{Type: room.Joined, Seat: bob, Regains: true,
			Agent: &room.Agent{Seat: bob, Person: room.Person{Devices: devices}}}
	}
	mine := bobsPerson.Device
	for what, c := range map[string]struct {
		e             room.Event
		agent, person bool
	}{
		"a further device":                  {supervise(2, "other", mine, "new"), false, false},
		"a device in place of the person's": {supervise(2, "other", "new"), false, true},
		"a device of another seat":          {supervise(1, "new"), false, false},
		"the agent joins again":             {regains("other", mine), true, false},
		"a page joins again":                {regains("new"), true, true},
		"a key admits the agent":            {l.agent(bob).Admit(ident.Principal{ID: "key:b"}), false, false},
		"a message":                         {room.Event{Type: room.Said, Seat: bob}, false, false},
		"another joins": {room.Event{Type: room.Joined, Seat: 3, Agent: &room.Agent{Seat: 3}}, false,
			false},
	} {
		if agent, person := l.agent(bob).LosesToken(c.e), bobsPerson.LosesToken(c.e); agent != c.agent ||
			person != c.person {
			t.Errorf("%s: the agent loses its token: %v, the person: %v", what, agent, person)
		}
	}
}

// An agent that joins again cannot open a link itself, and does not escape supervision.
func TestDeparture_personOfAnAgentWithAPrincipal_staysKnownForADay(t *testing.T) {
	opened := room.Person{Devices: []string{"phone"}, Opened: 1, Adds: true, Paused: true, Approve: true,
		ApproveSome: room.Selection{Files: true},
		Drafts:      []room.Draft{{N: 9}}}
	for what, c := range map[string]struct {
		a    room.Agent
		want bool
	}{
		"a person with an opened link": {room.Agent{Principal: "key:b", Hash: "agent", Person: opened}, true},
		"a person without an opened link": {room.Agent{Principal: "key:b", Hash: "agent",
			Person: room.Person{Paused: true}},
			false},
		"the person of a guest": {room.Agent{Hash: "agent", Invite: 1, Person: opened}, false},
		"a person alone":        {room.Agent{Principal: "key:b", Person: opened}, false},
	} {
		l := newRoom(t, "Ann", "Bob")
		a := l.agent(bob)
		c.a.Seat, c.a.Name, c.a.Key, c.a.Joined, c.a.Role = 2, a.Name, a.Key, a.Joined, a.Role
		l.apply(room.Event{Type: room.Joined, Seat: bob, Name: a.Name, Agent: &c.a, Regains: true})
		gone := l.apply(*c.a.Free(room.ReasonKicked))
		if got := l.head.Departed; (got == room.Departure{N: gone.N, AtMs: gone.AtMs}) != c.want ||
			(got.N == 0) == c.want {
			t.Errorf("%s: %+v", what, got)
		}
		for after, matters := range map[time.Duration]bool{0: true, room.KeepPerson - time.Millisecond: true,
			room.KeepPerson: false} {
			if got := l.head.Departed.Matters(gone.At().Add(after)); got != (matters && c.want) {
				t.Errorf("%s, after %s: %v", what, after, got)
			}
		}
	}
	want := room.Person{Devices: opened.Devices, Opened: 1, Paused: true, Approve: true,
		ApproveSome: room.Selection{Files: true}}
	if got := opened.Kept(); !reflect.DeepEqual(got, want) {
		t.Errorf("it has %+v", got)
	}
}

func TestPerson_wordToAll_isTheSeatsForOthersAndNewsToItsAgent(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid")
	bobsPerson := l.person(bob)
	asked := l.ask(ann, bob)
	l.sayAs(bob, room.Done, "that was all")
	before, _ := l.head.Recent.Said(bob)
	e := l.send(bob, room.Event{Person: true, Text: "not quite", ReplyTo: asked.N, ReSeat: ann})
	for name, a := range map[string]room.Caller{"its agent": l.agent(bob), "the person": bobsPerson,
		"another": l.agent(ann)} {
		if !a.IsNews(e) || !a.WokenBy(e, 3, false) {
			t.Errorf("%s: news %v, woken %v", name, a.IsNews(e), a.WokenBy(e, 3, false))
		}
	}
	agent := l.agent(bob)
	if !agent.IsHeldBy(e, room.Act{}) || !agent.WokenBy(e, 3, true) || l.head.Recent.NewestForeign(bob) != e.N {
		t.Errorf("its agent speaks over it: newest for it %d", l.head.Recent.NewestForeign(bob))
	}
	if _, owes := l.head.Talk.Owes(bob, l.now); owes || l.head.Talk.IsDone(bob) {
		t.Error("the seat still owes an answer, or is done")
	}
	if n, seat, _ := l.head.Recent.LastWord(); n != e.N || seat != bob {
		t.Errorf("the last word is %d of seat %d", n, seat)
	}
	if after, _ := l.head.Recent.Said(bob); after != before {
		t.Error("it counts as the agent's own message")
	}
	if own := l.say(bob, "as I said"); agent.IsNews(own) || !bobsPerson.IsNews(own) ||
		!bobsPerson.WokenBy(own, 3, false) {
		t.Error("what the agent says is news to it, or none to the person")
	}
}

func TestPerson_wordInPrivate_holdsItsAgentBack(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid")
	l.person(bob)
	e := l.send(bob, room.Event{Person: true, Text: "between us", To: []int{ann}})
	if !l.agent(bob).IsHeldBy(e, room.Act{}) || l.head.Recent.NewestForeign(bob) != e.N {
		t.Errorf("not held, newest for its agent %d", l.head.Recent.NewestForeign(bob))
	}
	if l.agent(cid).Sees(e) || l.head.Recent.NewestForeign(cid) != 0 {
		t.Error("a third one can tell")
	}
}

func TestNote_isBetweenTheAgentAndItsPersonAlone(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid")
	bobsPerson := l.person(bob)
	l.ask(ann, bob)
	l.say(cid, "hello")
	before := *l.head
	e := l.send(bob, room.Event{Person: true, Text: "@Ann is nice; ask her", To: []int{bob}})
	agent := l.agent(bob)
	if !agent.IsNews(e) || !bobsPerson.IsNews(e) || !agent.IsHeldBy(e, room.Act{}) ||
		!agent.WokenBy(e, 3, true) || l.head.Recent.NewestForeign(bob) != e.N {
		t.Errorf("its agent does not hear it: %+v", e)
	}
	for _, seat := range []int{ann, cid} {
		if l.agent(seat).Sees(e) || len(e.Named) > 0 ||
			l.head.Recent.NewestForeign(seat) != before.Recent.NewestForeign(seat) {
			t.Errorf("seat %d can tell", seat)
		}
	}
	n, _, _ := before.Recent.LastWord()
	if after, _, _ := l.head.Recent.LastWord(); after != n || l.head.Messages != before.Messages ||
		!reflect.DeepEqual(l.head.Talk, before.Talk) || l.head.LastTalk != before.LastTalk {
		t.Error("it changed what is said or owed")
	}
}

func TestNote_ofAMutedSeat_isSentAndOfAClosedRoomIsNot(t *testing.T) {
	l := newRoom(t, "Ann", "Bob")
	l.manage(room.Mute, bob)
	l.send(bob, room.Event{Person: true, Text: "never mind", To: []int{bob}})
	l.apply(room.Event{Type: room.Changed, Reason: room.ReasonClosed})
	if _, err := l.head.ProposeMessage(l.agent(bob), room.Event{Person: true, Text: "bye", To: []int{bob}},
		l.now); fault.CodeOf(err) != fault.RoomClosed {
		t.Errorf("in a closed room: %v", err)
	}
}

func TestNote_thatAsks_isRefused(t *testing.T) {
	l := newRoom(t, "Ann", "Bob")
	for _, e := range []room.Event{{Kind: room.Request}, {Kind: room.Done}, {Ask: []int{ann}}} {
		e.Person, e.Text, e.To = true, "well?", []int{bob}
		if _, err := l.head.ProposeMessage(l.agent(bob), e, l.now); fault.CodeOf(err) != fault.InvalidArgument {
			t.Errorf("%+v: %v", e, err)
		}
	}
}
