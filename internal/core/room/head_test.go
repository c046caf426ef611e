package room_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/room"
)

func TestAppend_completesTheEvent(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid") // the last change is event 3
	for what, c := range map[string]struct {
		e                          room.Event
		change, lastTalk, messages int64
		talks                      bool
	}{
		"message":         {room.Event{Type: room.Said, Seat: ann, Text: "a"}, 3, 0, 1, false},
		"private message": {room.Event{Type: room.Said, Seat: ann, Text: "a", To: []int{bob}}, 3, 0, 0, false},
		"status":          {room.Event{Type: room.Said, Seat: ann, Kind: room.Status}, 3, 0, 1, false},
		"request":         {room.Event{Type: room.Said, Seat: ann, Kind: room.Request}, 3, 4, 1, true},
		"question":        {room.Event{Type: room.Said, Seat: ann, Ask: []int{bob}, To: []int{bob}}, 3, 4, 0, true},
		"done":            {room.Event{Type: room.Said, Seat: ann, Kind: room.Done}, 3, 4, 1, true},
		"renewal":         {room.Event{Type: room.Said, Seat: ann, ExpiresMs: 1}, 4, 0, 1, false},
		"departure":       {room.Event{Type: room.Left, Seat: bob}, 4, 0, 0, false},
	} {
		c.e.N = 4
		h, err := l.head.CompleteAndApply(&c.e)
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
	p := l.send(ann, room.Event{Kind: room.Proposal, Text: "tea", Ask: []int{bob}})
	e, err := l.head.ProposeMessage(l.agent(bob), room.Event{Kind: room.Agree}, l.now)
	if err != nil {
		t.Fatal(err)
	}
	e.N, e.AtMs = p.N+1, l.now.UnixMilli()
	if _, err := l.head.CompleteAndApply(&e); err != nil || len(e.Agreed) != 1 || e.Talk == nil {
		t.Fatalf("%+v, %v", e, err)
	}
	l.withdraw(p)
	e.N++
	if _, err := l.head.CompleteAndApply(&e); err != nil || e.Agreed != nil || e.AgreedTo != nil || e.Talk != nil ||
		e.LastTalk != p.N+1 {
		t.Errorf("%+v, %v", e, err)
	}
}

func TestProposal_ofTheHead_isKeptWhileItIsOpen(t *testing.T) {
	l := newRoom(t, "Ann", "Bob", "Cid")
	one, two := l.propose(ann), l.propose(bob)
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
		if len(h.Talk.Open) > core.MaxOpen {
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
