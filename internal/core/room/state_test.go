package room_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/parley-chat/parley/internal/core/room"
)

func TestExpiry_lastsThirtyDaysAndIsRenewedAfterADay(t *testing.T) {
	s := room.State{ExpiresMs: start().Add(room.Life).UnixMilli()}
	for after, want := range map[time.Duration]struct{ due, expired bool }{
		0:                           {false, false},
		24 * time.Hour:              {false, false},
		24*time.Hour + 1:            {true, false},
		room.Life - time.Nanosecond: {true, false},
		room.Life:                   {true, true},
	} {
		now := start().Add(after)
		if due, expired := s.RenewalDue(now), s.Expired(now); due != want.due || expired != want.expired {
			t.Errorf("after %s: due %v, expired %v", after, due, expired)
		}
	}
}

// stored renders a state for comparison.
func stored(t rapid.TB, s *room.State) string {
	parts := s.Parts()
	slices.SortFunc(parts, func(a, b room.Part) int { return strings.Compare(a.Name, b.Name) })
	b, err := json.Marshal([]any{s.Snapshot(), parts})
	if err != nil {
		t.Fatal(err)
	}
	talk, err := json.Marshal(s.Talk)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%s %d %s %s", s.ID, s.LastChange, b, talk)
}

func TestApply_anyEvent_leavesEarlierStatesUnchanged(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := newTimeline(t)
		l.join("Ann")
		before := []string{stored(t, l.states[0]), stored(t, l.states[1])}
		for range rapid.IntRange(0, 40).Draw(t, "events") {
			l.draw(t)
			if len(l.states) > len(before) {
				before = append(before, stored(t, &l.head.State))
			}
		}
		for n, want := range before {
			if got := stored(t, l.states[n]); got != want {
				t.Fatalf("state %d was %s, and is %s", n, want, got)
			}
		}
	})
}

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
	l.say(ann, "hello")
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
