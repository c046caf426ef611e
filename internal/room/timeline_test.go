package room_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/parley-chat/parley/internal/ident"
	"github.com/parley-chat/parley/internal/room"
)

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

// apply appends e, one second after the event before.
func (l *timeline) apply(e room.Event) room.Event {
	l.Helper()
	l.now = l.now.Add(time.Second)
	e.V, e.N, e.AtMs = room.Version, l.head.AsOf+1, l.now.UnixMilli()
	next, err := l.head.Apply(e)
	if err != nil {
		l.Fatalf("event %d: %v", e.N, err)
	}
	l.head = next
	l.events, l.states = append(l.events, e), append(l.states, &next.State)
	return e
}

// join gives a new agent the next seat.
func (l *timeline) join(name string) room.Event {
	l.Helper()
	n, err := ident.AgentName(name)
	if err != nil {
		l.Fatal(err)
	}
	a := room.Agent{
		Seat: l.head.NextSeat, Name: n.Shown, Key: n.Key, Role: room.Member, Joined: l.head.AsOf + 1,
		AtMs: l.now.UnixMilli(), Since: l.head.VisibleFrom(),
	}
	e := room.Event{Type: room.Joined, Seat: a.Seat, Name: a.Name, Agent: &a}
	if len(l.head.Agents) == 0 {
		a.Role = room.Admin
	}
	if l.head.AsOf == 0 {
		e.Settings = &room.Settings{Name: "plans", Key: "plans", Type: room.Group, Capacity: 10}
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
	a := l.agent(seat)
	return l.apply(room.Event{
		Type: room.Said, Seat: seat, Name: a.Name, Text: text, Kind: kind, To: to,
		Resumes: a.Done && kind != room.Done && kind != room.Status,
	})
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
	return l.apply(room.Event{Type: room.Changed, By: 1, Settings: &s})
}

// agent returns the agent of a seat.
func (l *timeline) agent(seat int) room.Agent {
	l.Helper()
	a, here := l.head.Seated(seat)
	if !here {
		l.Fatalf("nobody has seat %d", seat)
	}
	return a
}

// seats lists the seats that are taken.
func seats(s *room.State) []int {
	var out []int
	for _, a := range s.Agents {
		out = append(out, a.Seat)
	}
	return out
}

// drawTimeline returns a room with a random past.
func drawTimeline(t *rapid.T) *timeline {
	l := newTimeline(t)
	l.join("Agent 1")
	for range rapid.IntRange(0, 40).Draw(t, "events") {
		l.now = l.now.Add(time.Duration(rapid.IntRange(0, 400).Draw(t, "pause")) * time.Second)
		l.draw(t)
	}
	return l
}

// draw appends a random event that may follow.
func (l *timeline) draw(t *rapid.T) {
	taken := seats(&l.head.State)
	what := rapid.SampledFrom([]string{
		"say", "say", "say", "say", "tell", "tell", "join", "leave", "manage", "set", "want", "pair",
	}).Draw(t, "event")
	if len(taken) == 0 {
		what = "join"
	}
	pick := func() int { return rapid.SampledFrom(taken).Draw(t, "seat") }
	kind := func() room.Kind {
		return rapid.SampledFrom([]room.Kind{"", room.Request, room.Status, room.Done}).Draw(t, "kind")
	}
	text := func() string { return rapid.SampledFrom([]string{"yes", "no", "one moment"}).Draw(t, "text") }
	switch what {
	case "say":
		l.sayAs(pick(), kind(), text())
	case "tell":
		from := pick()
		others := slices.DeleteFunc(taken, func(seat int) bool { return seat == from })
		if len(others) > 0 {
			to := rapid.SliceOfNDistinct(rapid.SampledFrom(others), 1, min(2, len(others)), rapid.ID[int]).Draw(t, "to")
			l.sayAs(from, kind(), text(), to...)
		}
	case "join":
		if len(taken) < 5 {
			l.join("Agent " + string(rune('A'+l.head.NextSeat%26)))
		}
	case "leave":
		l.drawLeave(t, pick())
	case "manage":
		l.manage(rapid.SampledFrom([]room.Action{
			room.Promote, room.Demote, room.Mute, room.Unmute, room.BanName, room.Unban,
		}).Draw(t, "action"), pick())
	case "set":
		l.set(func(s *room.Settings) {
			s.Public, s.OpenFrom = !s.Public, l.head.AsOf+1
			s.Type = rapid.SampledFrom([]room.Type{room.Group, room.Group, room.Channel}).Draw(t, "type")
		})
	case "want":
		l.apply(room.Event{Type: room.SeatWanted, Name: "Zoe"})
	case "pair":
		l.apply(room.Event{Type: room.Paired})
	}
}

func (l *timeline) drawLeave(t *rapid.T, seat int) {
	a := l.agent(seat)
	e := room.Event{Type: room.Left, Seat: seat, Name: a.Name, Promoted: l.head.Successor(seat)}
	e.Reason = rapid.SampledFrom([]room.Reason{
		room.ReasonLeft, room.ReasonTimeout, room.ReasonReplaced, room.ReasonBanned,
	}).Draw(t, "reason")
	if e.Reason == room.ReasonBanned {
		b := room.NewBan(ident.Name{Shown: a.Name, Key: a.Key})
		e.By, e.Ban = 1, &b
	}
	l.apply(e)
}
