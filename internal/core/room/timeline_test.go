package room_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/room"
)

// logKey is the key of every timeline.
const logKey = "000102030405060708090a0b0c0d0e0f"

// The seats that newRoom gives to Ann, Bob, Cid, Dora, Eve and Finn, in this order.
const ann, bob, cid, dora, eve, finn = 1, 2, 3, 4, 5, 6

// start is the time before the first event of every timeline.
func start() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

// timeline is a room under construction: its head, all events and all earlier states.
type timeline struct {
	rapid.TB
	now    time.Time
	head   *room.Head
	events []room.Event
	states []*room.State // states[n] is the room after event n
}

// newTimeline returns a room without an event.
func newTimeline(t rapid.TB) *timeline {
	h := room.NewHead(room.State{ID: "abcdefg", NextSeat: 1})
	return &timeline{TB: t, now: start(), head: h, states: []*room.State{&h.State}}
}

// newRoom returns a group in which agents of these names took seats 1, 2 and so on. The first agent is admin.
func newRoom(t *testing.T, names ...string) *timeline {
	t.Helper()
	l := newTimeline(t)
	for _, name := range names {
		l.join(name)
	}
	return l
}

// newPair is newRoom for a room of two seats.
func newPair(t *testing.T, names ...string) *timeline {
	t.Helper()
	l := newRoom(t, names...)
	l.set(func(s *room.Settings) { s.Capacity = 2 })
	return l
}

// apply appends e, one second after the event before.
func (l *timeline) apply(e room.Event) room.Event {
	l.Helper()
	l.now = l.now.Add(time.Second)
	e.V, e.N, e.AtMs = room.Version, l.head.AsOf+1, l.now.UnixMilli()
	next, err := l.head.CompleteAndApply(&e)
	if err != nil {
		l.Fatalf("event %d: %v", e.N, err)
	}
	l.head = next
	l.events, l.states = append(l.events, e), append(l.states, &next.State)
	return e
}

// send has a seat send a message, as completed by the rules.
func (l *timeline) send(seat int, e room.Event) room.Event {
	l.Helper()
	e, err := l.head.ProposeMessage(l.agent(seat), e, l.now)
	if err != nil {
		l.Fatal(err)
	}
	return l.apply(e)
}

// ask has a seat ask others in public.
func (l *timeline) ask(seat int, owe ...int) room.Event {
	l.Helper()
	return l.send(seat, room.Event{Text: "well?", Ask: owe})
}

// reply has a seat answer e, to all or only to some seats.
func (l *timeline) reply(seat int, e room.Event, to ...int) room.Event {
	l.Helper()
	return l.send(seat, room.Event{Text: "so", ReplyTo: e.N, ReSeat: e.Seat, ReFor: e.To, To: to})
}

// propose has a seat propose something, to all or only to some seats.
func (l *timeline) propose(seat int, to ...int) room.Event {
	l.Helper()
	return l.send(seat, room.Event{Kind: room.Proposal, Text: "tea at four", To: to})
}

// agree has a seat agree to the only proposal that asks the seat.
func (l *timeline) agree(seat int) room.Event {
	l.Helper()
	return l.send(seat, room.Event{Kind: room.Agree})
}

// withdraw has the sender of e take e back.
func (l *timeline) withdraw(e room.Event) room.Event {
	l.Helper()
	return l.send(e.Seat, room.Event{Withdraws: e.N})
}

// join gives a new agent the next seat.
func (l *timeline) join(name string) room.Event { return l.joinBy(0, name) }

// joinBy is join by the invite with a number; 0 is none.
func (l *timeline) joinBy(invite int, name string) room.Event {
	l.Helper()
	return l.joinAs("", invite, name)
}

// joinAs is joinBy of a principal; "" is none.
func (l *timeline) joinAs(principal string, invite int, name string) room.Event {
	l.Helper()
	n, err := ident.AgentName(name)
	if err != nil {
		l.Fatal(err)
	}
	a := room.Agent{
		Seat: l.head.NewSeat(), Name: n.Shown, Key: n.Key, Role: room.Member, Hash: "agent", Joined: l.head.AsOf + 1,
		AtMs: l.now.UnixMilli(), Since: l.head.VisibleFrom(), Invite: invite,
		Principal: principal,
	}
	e := room.Event{Type: room.Joined, Seat: a.Seat, Name: a.Name, Agent: &a}
	if len(l.head.Agents) == 0 {
		a.Role = room.Admin
	}
	if l.head.AsOf == 0 {
		e.Settings = &room.Settings{Name: "plans", Key: "plans", Type: room.Group, Capacity: 10}
		e.LogKey, e.ExpiresMs = logKey, start().Add(room.Life).UnixMilli()
	}
	return l.apply(e)
}

// say has a seat say a text, to all or only to some seats.
func (l *timeline) say(seat int, text string, to ...int) room.Event {
	l.Helper()
	return l.sayAs(seat, "", text, to...)
}

// sayAs is say with a kind.
func (l *timeline) sayAs(seat int, kind room.Kind, text string, to ...int) room.Event {
	l.Helper()
	return l.send(seat, room.Event{Text: text, Kind: kind, To: to})
}

// leave frees a seat.
func (l *timeline) leave(seat int) room.Event {
	l.Helper()
	a := l.agent(seat)
	return l.apply(room.Event{
		Type: room.Left, Seat: seat, Name: a.Name, Reason: room.ReasonLeft,
		Promoted: room.Liveness{}.Heir(l.head, seat, l.now),
	})
}

// manage has Ann manage the agent of a seat.
func (l *timeline) manage(action room.Action, seat int) room.Event {
	l.Helper()
	a := l.agent(seat)
	b := room.NewBan(ident.Name{Shown: a.Name, Key: a.Key})
	return l.apply(room.Event{Type: room.Managed, Seat: seat, Name: a.Name, By: 1, Action: action, Ban: &b})
}

// set changes the settings.
func (l *timeline) set(change func(*room.Settings)) room.Event {
	l.Helper()
	s := l.head.Settings
	change(&s)
	e := room.ChangeTo(s, l.head.Settings)
	e.By = 1
	return l.apply(e)
}

// agent returns the agent of a seat.
func (l *timeline) agent(seat int) room.Caller {
	l.Helper()
	a, here := l.head.Seated(seat)
	if !here {
		l.Fatalf("nobody has seat %d", seat)
	}
	return room.Caller{Agent: a}
}

// seats lists the taken seats.
func seats(s *room.State) []int {
	var out []int
	for _, a := range s.Agents {
		out = append(out, a.Seat)
	}
	return out
}

const minute, hour = time.Minute, time.Hour

// alone gives a seat to a person of principal key:p, without an agent.
func (l *timeline) alone(seat int) {
	l.Helper()
	a := l.agent(seat)
	a.Principal = "key:p"
	a.Agent = a.WithToken(room.HashToken(ident.Token{Seat: seat, Secret: "page", Person: true}))
	l.apply(room.Event{Type: room.Joined, Seat: seat, Name: a.Name, Agent: &a.Agent, Regains: true})
	if !l.agent(seat).IsPersonOnly() {
		l.Fatalf("%+v is not alone", l.agent(seat))
	}
}

// endpoint makes the agent of a seat an endpoint.
func (l *timeline) endpoint(seat int) { l.apply(l.agent(seat).BeginEndpoint("e")) }

// person returns the person behind the agent of a seat.
func (l *timeline) person(seat int) room.Caller {
	l.Helper()
	t := ident.Token{Room: l.head.ID, Seat: seat, Secret: "device", Person: true}
	a := l.agent(seat)
	if !a.Person.HasOpened() {
		l.apply(a.Supervise(room.Person{Devices: []string{"other", ident.HashSecret(t.Secret)}}, ""))
	}
	a, ok := l.head.CallerByToken(room.HashToken(t))
	if !ok || !a.IsPerson() {
		l.Fatal("the person's token is not accepted")
	}
	return a
}

// pauses has the person behind a seat pause the agent, or let the agent go on.
func (l *timeline) pauses(seat int, paused bool) room.Event {
	l.Helper()
	e := room.Supervision{Paused: &paused}.Decide(l.agent(seat).Agent)
	if e == nil {
		l.Fatal("its supervision is so already")
	}
	return l.apply(*e)
}

// draft keeps a message of a seat, as completed by the rules, for the person behind it.
func (l *timeline) draft(seat int, m room.Event) room.Event {
	l.Helper()
	asked := m.Ask
	m, err := l.head.ProposeMessage(l.agent(seat), m, l.now)
	if err != nil {
		l.Fatal(err)
	}
	e, err := l.agent(seat).Draft(m, asked, "", l.now)
	if err != nil {
		l.Fatal(err)
	}
	return l.apply(e)
}

// decide has the person behind the seat of draft d decide about it.
func (l *timeline) decide(d room.Event, how room.Decision, text string) room.Event {
	l.Helper()
	e, err := l.head.DecideDraft(l.agent(d.Seat).Agent, d, how, text, nil, l.now)
	if err != nil {
		l.Fatal(err)
	}
	return l.apply(e)
}

// behind changes the room's record of the person behind a seat.
func (l *timeline) behind(seat int, how func(*room.Person)) {
	l.Helper()
	p := l.agent(seat).Person
	how(&p)
	l.apply(l.agent(seat).Supervise(p, ""))
}

func paused(p *room.Person) { p.Paused = true }

func approved(p *room.Person) { p.Approve = true }

func approvedInPart(p *room.Person) { p.Approve, p.ApproveSome.Agreements = true, true }

// regain gives a seat a new token.
func (l *timeline) regain(seat int) {
	a := l.agent(seat)
	a.Hash = "regained"
	l.apply(room.Event{Type: room.Joined, Seat: seat, Name: a.Name, Agent: &a.Agent, Regains: true})
}

// owed returns who owes an answer to e as a seat sees: the seats, "anyone", or "nothing" if e is not open to
// the seat.
func (l *timeline) owed(e room.Event, seat int) string {
	for _, r := range l.head.Talk.OpenTo(seat, l.now) {
		switch {
		case r.N != e.N:
		case r.Any:
			return "anyone"
		default:
			return fmt.Sprint(r.Owed)
		}
	}
	return "nothing"
}

// bounds lets agents send n messages until a person speaks.
func (l *timeline) bounds(n int) { l.set(func(s *room.Settings) { s.AgentMessages = n }) }

// nameOf returns a checked name.
func nameOf(t *testing.T, s string) ident.Name {
	t.Helper()
	n, err := ident.AgentName(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// ban appends an event with a ban of a name.
func (l *timeline) ban(e room.Event, name string) {
	l.Helper()
	n, err := ident.AgentName(name)
	if err != nil {
		l.Fatal(err)
	}
	b := room.NewBan(n)
	e.By, e.Ban = 1, &b
	l.apply(e)
}

// order has a seat do something with tasks, and returns the event; the zero event if nothing changes.
func (l *timeline) order(seat int, o room.TaskOrder) (e room.Event, err error) {
	l.Helper()
	made, _, err := o.Decide(l.head, l.agent(seat), l.now)
	if made == nil || err != nil {
		return e, err
	}
	return l.apply(*made), nil
}

// must is order, and fails on a refusal.
func (l *timeline) must(seat int, o room.TaskOrder) room.Event {
	l.Helper()
	e, err := l.order(seat, o)
	if err != nil {
		l.Fatalf("%s %d: %v", o.Action, o.No, err)
	}
	return e
}

func (l *timeline) parties(seats ...int) (list []room.Party) {
	for _, seat := range seats {
		list = append(list, l.agent(seat).Party())
	}
	return list
}
