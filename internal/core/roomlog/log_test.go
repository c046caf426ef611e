package roomlog

import (
	"context"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
)

// A process that was busy elsewhere while much was said in a room need not read all of it.
func TestRefresh_farBehind_loads(t *testing.T) {
	const messages = 1600
	s := newStore(t)
	l, err := s.newRoom(t, "plans", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Release()
	queries := 0
	o := s.opts
	o.SingleProcess = false
	other := NewStore(&tabletest.Hooks{Table: s.table, Before: func(_ context.Context, call tabletest.Call) error {
		if call.Range.Prefix == logPrefix {
			queries++
		}
		return nil
	}}, o).Acquire(l.ID())
	defer other.Release()
	if _, err := other.Refresh(t.Context(), s.now()); err != nil {
		t.Fatal(err)
	}
	l.fill(t, messages, func(int64) room.Event { return room.Event{Text: "To seat 2.", To: []int{2}} })
	queries = 0
	h, err := other.Refresh(t.Context(), s.now())
	if err != nil || h.AsOf != messages+1 || queries > followPages+1 {
		t.Fatalf("at event %d after %d queries, %v", h.AsOf, queries, err)
	}
	if u, ok := h.Recent.Said(1); !ok || u.N != messages+1 {
		t.Errorf("Ann's last message is %+v", u)
	}
	if events, ok := other.tail.after(messages-10, tailEvents, nil); !ok || len(events) != 11 {
		t.Errorf("the tail has %d of the last 11 events", len(events))
	}
}

// A process follows a room that it knows, by its events alone, but for an hour at most: then it
// reads the snapshot, too.
func TestRefresh_headOfAnHourAgo_isLoaded(t *testing.T) {
	s := newStore(t)
	l, err := s.newRoom(t, "plans", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Release()
	snapshots := 0
	o := s.opts
	o.SingleProcess = false
	other := NewStore(&tabletest.Hooks{Table: s.table, Before: func(_ context.Context, call tabletest.Call) error {
		if call.Range.Prefix == metaSort {
			snapshots++
		}
		return nil
	}}, o).Acquire(l.ID())
	defer other.Release()
	for _, c := range []struct {
		after time.Duration
		want  int
	}{{0, 1}, {time.Hour - time.Second, 0}, {time.Hour, 1}} {
		s.opts.Clock.(*clockwork.FakeClock).Advance(c.after)
		snapshots = 0
		if _, err := other.Refresh(t.Context(), s.now()); err != nil || snapshots != c.want {
			t.Errorf("%v later the snapshot is read %d times, want %d; %v", c.after, snapshots, c.want, err)
		}
	}
}
