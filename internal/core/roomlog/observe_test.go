package roomlog

import (
	"fmt"
	"slices"
	"testing"

	"github.com/parley-chat/parley/internal/core/room"
)

// seen is an observer that records every event.
type seen struct {
	heads  []int64
	events []int64
}

func (s *seen) OnAdvance(h *room.Head, events []room.Event) {
	s.heads = append(s.heads, h.AsOf)
	for _, e := range events {
		s.events = append(s.events, e.N)
	}
}

func TestObserver_ofAppendsAndReads_hearsEveryEventOnceInOrder(t *testing.T) {
	here := newStore(t)
	l, err := here.newRoom(t, "tea", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Release()
	var o *seen
	there := NewStore(here.table, Options{Clock: here.opts.Clock, MinBatch: 1, CacheBytes: 1 << 20,
		Logger: here.opts.Logger, Observe: func(*Log) Observer {
			o = &seen{}
			return o
		}})
	other := there.Acquire(l.ID())
	defer other.Release()
	if _, err := other.Cached(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i := range 2 {
		if err := l.say(t, fmt.Sprint("here ", i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := other.say(t, "there"); err != nil { // loses twice, and learns of both by the conflicts
		t.Fatal(err)
	}
	if err := l.say(t, "here again"); err != nil {
		t.Fatal(err)
	}
	if err := other.Poll(t.Context()); err != nil {
		t.Fatal(err)
	}
	if want := []int64{2, 3, 4, 5}; !slices.Equal(o.events, want) || !slices.IsSorted(o.heads) {
		t.Errorf("the observer heard of %v at the heads %v, want %v", o.events, o.heads, want)
	}
}
