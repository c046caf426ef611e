package room_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/room"
)

// logKey is that of every timeline.
const logKey = "000102030405060708090a0b0c0d0e0f"

// start is the time before the first event of every timeline.
func start() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

// timeline is a room under construction: its head, every event and every earlier
// state.
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

// newRoom returns a group in which these agents took seats 1, 2 and so on. The first
// one is admin.
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
	next, err := l.head.Append(&e)
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
	e, err := l.head.Compose(l.agent(seat), e, l.now)
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

// agree has a seat agree to the only proposal that asks it.
func (l *timeline) agree(seat int) room.Event {
	l.Helper()
	return l.send(seat, room.Event{Kind: room.Agree})
}

// withdraw has the sender of e take it back.
func (l *timeline) withdraw(e room.Event) room.Event {
	l.Helper()
	return l.send(e.Seat, room.Event{Withdraws: e.N})
}

// join gives a new agent the next seat.
func (l *timeline) join(name string) room.Event { return l.joinBy(0, name) }

// joinBy is join by the invite with a number; 0 is none.
func (l *timeline) joinBy(invite int, name string) room.Event {
	l.Helper()
	n, err := ident.AgentName(name)
	if err != nil {
		l.Fatal(err)
	}
	a := room.Agent{
		Seat: l.head.NewSeat(), Name: n.Shown, Key: n.Key, Role: room.Member, Hash: "agent", Joined: l.head.AsOf + 1,
		AtMs: l.now.UnixMilli(), Since: l.head.VisibleFrom(), Invite: invite,
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
		Type: room.Left, Seat: seat, Name: a.Name, Reason: room.ReasonLeft, Promoted: l.head.Successor(seat),
	})
}

// manage has the admin in seat 1 do something to the agent of a seat.
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

// seats lists the seats that are taken.
func seats(s *room.State) []int {
	var out []int
	for _, a := range s.Agents {
		out = append(out, a.Seat)
	}
	return out
}
