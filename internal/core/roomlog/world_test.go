package roomlog

import (
	"context"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/sqlite/sqlitetest"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
)

// newStore returns a store on a table in a file that no other process writes.
func newStore(t *testing.T) *Store {
	t.Helper()
	clock := clockwork.NewFakeClockAt(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	b := sqlitetest.Open(t, clock)
	return NewStore(b, Options{
		Clock: clock, SingleProcess: true, MinBatch: 1, CacheBytes: 1 << 20, Logger: slog.New(slog.DiscardHandler),
	})
}

// newRoom creates a room with one agent. The caller must release its log.
func (s *Store) newRoom(t *testing.T, name string, old *Log) (*Log, error) {
	t.Helper()
	l, _, err := s.Create(t.Context(), Creation{Old: old, Begin: func(h *room.Head, now time.Time) (Change, error) {
		e := room.Event{Type: room.Joined, Seat: 1, Name: "Ann",
			Agent: &room.Agent{Seat: 1, Name: "Ann", Key: "ann", Role: room.Admin, Joined: 1, Since: room.Mark{N: 1}}}
		e.Settings = &room.Settings{Name: name, Key: name, Type: room.Group, Capacity: 2}
		return Change{Events: []room.Event{e}}, nil
	}})
	return l, err
}

// does appends what rule returns.
func (l *Log) does(t *testing.T, rule func(Place) (Change, error)) error {
	_, err := Append(t.Context(), l, l.store.now(), rule)
	return err
}

// proposals returns a batch of rules.
func proposals(rules ...func(Place) (Change, error)) (batch []*proposal) {
	for _, rule := range rules {
		batch = append(batch, &proposal{propose: rule})
	}
	return batch
}

// say appends a message of seat 1.
func (l *Log) say(t *testing.T, text string) error {
	return l.does(t, func(Place) (Change, error) {
		return Change{Events: []room.Event{{Type: room.Said, Seat: 1, Name: "Ann", Text: text}}}, nil
	})
}

// fill continues the log by n messages of seat 1, as message makes them.
func (l *Log) fill(t *testing.T, n int, message func(n int64) room.Event) {
	t.Helper()
	var ops []table.Op
	last := l.Peek()
	for i := range int64(n) {
		e := message(last.AsOf + 1 + i)
		e.V, e.N, e.ID, e.LastChange, e.AtMs, e.Type, e.Seat, e.Name = room.Version, last.AsOf+1+i, "filled",
			last.LastChange, last.HeadMs, room.Said, 1, "Ann"
		ops = append(ops, putEvent(l.ID(), e))
		if len(ops) == 50 || i+1 == int64(n) {
			if err := l.store.table.Write(t.Context(), ops...); err != nil {
				t.Fatal(err)
			}
			ops = nil
		}
	}
}

// countReads counts the reads of a table.
func countReads(n *atomic.Int64) func(context.Context, *tabletest.Call) {
	return func(_ context.Context, c *tabletest.Call) {
		if c.Method != tabletest.Write {
			n.Add(1)
		}
	}
}

// countOps counts the ops that are written to a table.
func countOps(n *atomic.Int64) func(context.Context, *tabletest.Call) {
	return func(_ context.Context, c *tabletest.Call) { n.Add(int64(len(c.Ops))) }
}

// cold returns the room as a process loads it that knows nothing, and how many reads
// that took.
func cold(t *testing.T, s *Store, id string) (h *room.Head, reads int64) {
	t.Helper()
	var n atomic.Int64
	hooks := &tabletest.Hooks{Table: s.table}
	hooks.After = countReads(&n)
	other := NewStore(hooks, Options{Clock: s.opts.Clock, MinBatch: 1, CacheBytes: 1 << 20, Logger: s.opts.Logger})
	l := other.Acquire(id)
	defer l.Release()
	h, err := l.Cached(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return h, n.Load()
}
