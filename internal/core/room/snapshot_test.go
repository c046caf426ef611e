package room_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/parley-chat/parley/internal/core/room"
)

// readBack returns the stored form of s, its parts in the order of their names.
func readBack(t rapid.TB, s *room.State) (x room.Snapshot, parts []room.Part) {
	b, err := json.Marshal(s.Snapshot())
	if err := errors.Join(err, json.Unmarshal(b, &x)); err != nil {
		t.Fatal(err)
	}
	for _, p := range s.Parts() {
		back := room.Part{Name: p.Name}
		b, err := json.Marshal(p)
		if err := errors.Join(err, json.Unmarshal(b, &back)); err != nil {
			t.Fatal(err)
		}
		parts = append(parts, back)
	}
	slices.SortFunc(parts, func(a, b room.Part) int { return strings.Compare(a.Name, b.Name) })
	return x, parts
}

func TestSnapshot_anyState_isReadBackAndGoesOnLikeTheOriginal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := drawTimeline(t)
		n := rapid.IntRange(1, len(l.events)).Draw(t, "from")
		x, parts := readBack(t, l.states[n])
		s, err := x.State("abcdefg", parts)
		if err != nil || s.LastChange != s.AsOf || x.V != room.Version {
			t.Fatalf("version %d, last change %d as of %d", x.V, s.LastChange, s.AsOf)
		}
		s.LastChange, s.Talk = l.states[n].LastChange, l.states[n].Talk // from the log
		for _, e := range l.events[n:] {
			next, err := s.Apply(e)
			if err != nil {
				t.Fatal(err)
			}
			s = *next
		}
		if got, want := stored(t, &s), stored(t, &l.head.State); got != want {
			t.Fatalf("from the snapshot of %d:\n%s\nwant\n%s", n, got, want)
		}
	})
}

// Of 17 parts, the first renewal may write the 16 others again, so the 17th must live until the second.
func TestPartExpires_eachFurther16Parts_addOneLife(t *testing.T) {
	l := newRoom(t, "Ann")
	for parts, lives := range map[int]time.Duration{0: 0, 1: 0, 16: 0, 17: 1, 32: 1, 33: 2} {
		if got, want := l.head.PartExpires(parts), l.head.Expires().Add(lives*room.Life); !got.Equal(want) {
			t.Errorf("a part of %d lives until %s, want %s", parts, got, want)
		}
	}
}
