package room_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/parley-chat/parley/internal/core/room"
)

func TestMessageID_ofAnEvent_isReadBackInAnyCase(t *testing.T) {
	l := newRoom(t, "Ann", "Bob")
	for n := int64(1); n <= l.head.AsOf; n++ {
		id := l.head.MessageID(n)
		if got, ok := l.head.MessageNumber(id); !ok || got != n || len(id) != 7 {
			t.Errorf("%q of %d is read as %d, %v", id, n, got, ok)
		}
	}
	next := l.head.MessageID(l.head.AsOf + 1)
	for _, id := range []string{"", "1", "m", next, l.head.MessageID(1) + "0", "m000000"} {
		if n, ok := l.head.MessageNumber(id); ok {
			t.Errorf("%q is read as %d", id, n)
		}
	}
	l.say(1, "hello")
	if l.head.MessageID(0) != "" {
		t.Error("no event has an id")
	}
	if n, ok := l.head.MessageNumber(next); !ok || n != l.head.AsOf {
		t.Errorf("the id of the next event is read as %d, %v", n, ok)
	}
	empty := newTimeline(t).head
	if _, ok := empty.MessageNumber(next); ok || empty.MessageID(1) != "" {
		t.Error("a room without an event has ids")
	}
}

func TestAppend_completesTheEvent(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid") // the last change is event 3
	for what, c := range map[string]struct {
		e                          room.Event
		change, lastTalk, messages int64
		talks                      bool
	}{
		"message":         {room.Event{Type: room.Said, Seat: 1, Text: "a"}, 3, 0, 1, false},
		"private message": {room.Event{Type: room.Said, Seat: 1, Text: "a", To: []int{2}}, 3, 0, 0, false},
		"status":          {room.Event{Type: room.Said, Seat: 1, Kind: room.Status}, 3, 0, 1, false},
		"request":         {room.Event{Type: room.Said, Seat: 1, Kind: room.Request}, 3, 4, 1, true},
		"question":        {room.Event{Type: room.Said, Seat: 1, Ask: []int{2}, To: []int{2}}, 3, 4, 0, true},
		"done":            {room.Event{Type: room.Said, Seat: 1, Kind: room.Done}, 3, 4, 1, true},
		"renewal":         {room.Event{Type: room.Said, Seat: 1, ExpiresMs: 1}, 4, 0, 1, false},
		"departure":       {room.Event{Type: room.Left, Seat: 2}, 4, 0, 0, false},
	} {
		c.e.N = 4
		h, err := l.head.Append(&c.e)
		if err != nil {
			t.Fatal(err)
		}
		if e := c.e; e.LastChange != c.change || e.LastTalk != c.lastTalk || e.Messages != c.messages ||
			(e.Talk != nil) != c.talks {
			t.Errorf("%s: %+v", what, e)
		}
		if h.LastChange != c.change || h.LastTalk != c.lastTalk || h.Messages != c.messages || l.head.AsOf != 3 {
			t.Errorf("%s leads to %+v", what, h.State)
		}
	}
}

func TestAppend_ofAnEventThatWasMeantToFollowAnother_completesItAnew(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid")
	p := l.send(1, room.Event{Kind: room.Proposal, Text: "tea", Ask: []int{2}})
	e, err := l.head.Compose(l.agent(2), room.Event{Kind: room.Agree}, l.now)
	if err != nil {
		t.Fatal(err)
	}
	e.N, e.AtMs = p.N+1, l.now.UnixMilli()
	if _, err := l.head.Append(&e); err != nil || len(e.Agreed) != 1 || e.Talk == nil {
		t.Fatalf("%+v, %v", e, err)
	}
	l.withdraw(p)
	e.N++
	if _, err := l.head.Append(&e); err != nil || e.Agreed != nil || e.AgreedTo != nil || e.Talk != nil ||
		e.LastTalk != p.N+1 {
		t.Errorf("%+v, %v", e, err)
	}
}

func TestProposal_ofTheHead_isKeptWhileItIsOpen(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid")
	one, two := l.propose(1), l.propose(2)
	if e, ok := l.head.Proposal(one.N); !ok || e.Text != "tea at four" || len(l.head.Proposals) != 2 {
		t.Errorf("got %+v, %v", e, ok)
	}
	l.withdraw(one)
	if _, ok := l.head.Proposal(one.N); ok || len(l.head.Proposals) != 1 {
		t.Errorf("after its withdrawal: %+v", l.head.Proposals)
	}
	cold := room.NewHead(l.head.State).WithTalk(l.head.Talk, l.head.Proposals)
	if e, ok := cold.Proposal(two.N); !ok || e.N != two.N {
		t.Errorf("after a cold load: %+v, %v", e, ok)
	}
}

// published renders all of a head that others may hold.
func published(t rapid.TB, h *room.Head) string {
	b, err := json.Marshal(h.Proposals)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%s %s %+v", stored(t, &h.State), b, h.Recent)
}

// Whoever reads a log gets what its writer had, also after the events were stored.
func TestApply_foldingWhatAppendCompleted_givesTheSameHead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := drawTimeline(t)
		h := newTimeline(t).head
		for _, e := range l.events {
			b, err := json.Marshal(e)
			if err != nil {
				t.Fatal(err)
			}
			read := room.Event{N: e.N}
			if err := json.Unmarshal(b, &read); err != nil {
				t.Fatal(err)
			}
			next, err := h.Apply(read)
			if err != nil {
				t.Fatal(err)
			}
			h = next
		}
		if got, want := published(t, h), published(t, l.head); got != want {
			t.Fatalf("got\n%s\nwant\n%s", got, want)
		}
		for _, r := range h.Talk.Open {
			if e, kept := h.Proposal(r.N); kept != r.Proposal || kept && e.Kind != room.Proposal {
				t.Fatalf("request %d: its proposal is kept: %v", r.N, kept)
			}
		}
		if len(h.Talk.Open) > room.MaxOpen {
			t.Fatalf("%d requests are open", len(h.Talk.Open))
		}
	})
}

// Several writers may try to append to one head, and only one of them succeeds.
func TestAppend_anyEvent_leavesPublishedHeadsUnchanged(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := newTimeline(t)
		l.join("Agent 1")
		heads, before := []*room.Head{l.head}, []string{published(t, l.head)}
		for range rapid.IntRange(0, 40).Draw(t, "events") {
			from := l.head
			l.draw(t)
			other := *l
			other.head = from
			other.draw(t) // a second writer
			for _, h := range []*room.Head{other.head, l.head} {
				heads, before = append(heads, h), append(before, published(t, h))
			}
		}
		for i, want := range before {
			if got := published(t, heads[i]); got != want {
				t.Fatalf("head %d was\n%s\nand is\n%s", i, want, got)
			}
		}
	})
}

// twin is a room beside which the same happens but for what two of its agents tell
// each other in private.
type twin struct{ loud, quiet *timeline }

// both has the same message sent in both rooms. loud is what it answers or takes back
// there, since the numbers of the events differ.
func (w twin) both(t rapid.TB, seat int, e room.Event, pick int) {
	for _, l := range []*timeline{w.loud, w.quiet} {
		x := e
		if open := l.head.Talk.OpenTo(4, l.now); len(open) > 0 && pick >= 0 {
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

// Dora, in seat 4, sees the same open requests whether or not Ann and Bob speak to
// each other in private, and whatever they answer there.
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
			if loud, quiet := seenOpen(w.loud, 4), seenOpen(w.quiet, 4); !slices.Equal(loud, quiet) {
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
			return // it would be public
		}
		e.ReplyTo, e.ReSeat, e.ReFor = r.N, r.Seat, r.To
	} else if e.Kind == room.Agree || e.Kind == room.Object {
		return
	}
	l.try(from, e)
}

// seenOpen renders the open requests as a seat sees them, without their numbers and
// times, and what follows for it.
func seenOpen(l *timeline, seat int) (list []string) {
	for _, r := range l.head.Talk.OpenTo(seat, l.now) {
		list = append(list, fmt.Sprint(r.Seat, r.To, r.Proposal, r.Any, r.Owed, r.Agreed))
	}
	_, owes := l.head.Talk.Owes(seat, l.now)
	return append(list, fmt.Sprint(l.head.Talk.Done, owes, l.head.OwedTo(seat, l.now),
		l.head.Ended(l.agent(seat).Agent, l.now)))
}
