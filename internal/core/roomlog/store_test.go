package roomlog

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/base/ident"
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

// say appends a message of seat 1.
func (l *Log) say(t *testing.T, text string) error {
	return l.Append(t.Context(), &Proposal{Propose: func(*room.Head, time.Time) (Change, error) {
		return Change{Events: []room.Event{{Type: room.Said, Seat: 1, Name: "Ann", Text: text}}}, nil
	}})
}

func TestStore_idleLogs_areDroppedLongestIdleFirst(t *testing.T) {
	s := newStore(t)
	var ids []string
	for i := range 5 {
		l, err := s.newRoom(t, fmt.Sprintf("room %d", i), nil)
		if err != nil {
			t.Fatal(err)
		}
		s.opts.CacheBytes = 3 * l.bytes.Load()
		ids = append(ids, l.ID())
		l.Release()
	}
	if all, idle := s.Cached(); all != 3 || idle != 3 {
		t.Fatalf("%d logs are cached, %d idle", all, idle)
	}
	for i, want := range []bool{false, false, true, true, true} {
		if s.logs[ids[i]] != nil != want {
			t.Errorf("log %d is cached: %v", i, !want)
		}
	}
	for _, id := range ids { // a dropped log is loaded again
		l := s.Acquire(id)
		if err := l.say(t, "hello"); err != nil || l.Peek().AsOf != 2 {
			t.Errorf("%+v, %v", l.Peek(), err)
		}
		l.Release()
	}
}

func TestStore_logsInUseFillTheCache_anEighthIsLeftToIdleOnes(t *testing.T) {
	s := newStore(t)
	create := func(n int) *Log {
		l, err := s.newRoom(t, fmt.Sprintf("room %03d", n), nil)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	for n := range 16 {
		defer create(n).Release()
	}
	s.opts.CacheBytes = s.bytes.Load()
	for n := range 10 {
		create(100 + n).Release()
	}
	if all, idle := s.Cached(); all != 18 || idle != 2 {
		t.Errorf("%d logs are cached, %d idle", all, idle)
	}
}

func TestStore_everythingDropped_countsNothing(t *testing.T) {
	s := newStore(t)
	s.opts.CacheBytes = 0
	l := s.fill(t, "tea", []func(string) []room.Event{crowd, questions})
	if err := l.Recall(t.Context(), time.Time{}); err != nil {
		t.Fatal(err)
	}
	l.Release()
	s.Acquire("nosuch1").Release()
	all := 1
	// the last append has ended for its caller first
	for late := time.Now().Add(time.Minute); all > 0 && time.Now().Before(late); runtime.Gosched() {
		all, _ = s.Cached()
	}
	if all != 0 || s.bytes.Load() != 0 || s.idleBytes != 0 {
		t.Errorf("%d logs count as %d bytes, of which %d are idle", all, s.bytes.Load(), s.idleBytes)
	}
}

// TestCreate_deserted_retiresTheOldLogOnce has two calls start one name over.
func TestCreate_deserted_retiresTheOldLogOnce(t *testing.T) {
	s := newStore(t)
	old, err := s.newRoom(t, "tea", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer old.Release()
	if _, err := s.newRoom(t, "tea", old); err != ErrNameMoved {
		t.Fatalf("a room in use starts over: %v", err)
	}
	leave := &Proposal{Propose: func(*room.Head, time.Time) (Change, error) {
		return Change{Events: []room.Event{{Type: room.Left, Seat: 1, Name: "Ann", Reason: room.ReasonLeft}}}, nil
	}}
	if err := old.Append(t.Context(), leave); err != nil {
		t.Fatal(err)
	}
	next, err := s.newRoom(t, "tea", old)
	if err != nil {
		t.Fatal(err)
	}
	defer next.Release()
	if _, err := s.newRoom(t, "tea", old); err != ErrNameMoved {
		t.Errorf("the name starts over twice: %v", err)
	}
	id, err := s.Resolve(t.Context(), "tea")
	if h := old.Peek(); err != nil || id != next.ID() || !h.Retired || h.AsOf != 3 {
		t.Errorf("the name leads to %s, %v; the old room is %+v", id, err, old.Peek())
	}
}

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

// TestWrite_twoNewNames_areTwoWrites: only a Write can tell whether a name is free.
func TestWrite_twoNewNames_areTwoWrites(t *testing.T) {
	rename := func(to string) *Proposal {
		return &Proposal{Propose: func(*room.Head, time.Time) (Change, error) {
			return Change{Events: []room.Event{{Type: room.Changed, Changed: &room.Changes{Room: &to}, Key: to}}}, nil
		}}
	}
	describe := &Proposal{Propose: func(h *room.Head, _ time.Time) (Change, error) {
		return Change{Events: []room.Event{{Type: room.Changed, Changed: &room.Changes{Description: &h.Name}}}}, nil
	}}
	now := time.UnixMilli(1)
	w := newWrite(&room.Head{State: room.State{
		ID: "room", Settings: room.Settings{Name: "plans", Key: "plans"}, ExpiresMs: now.Add(room.Life).UnixMilli(),
	}})
	w.addProposals([]*Proposal{rename("one"), describe, rename("two")}, now)
	if len(w.entries) != 2 || w.head.Name != "one" || w.head.Description != "one" {
		t.Errorf("%d proposals in one write, which makes %+v", len(w.entries), w.head.Settings)
	}
}

func TestLayout_ofARoom_holdsItsItems(t *testing.T) {
	s := newStore(t)
	l, err := s.newRoom(t, "tea", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Release()
	at := LayoutOf(l.ID(), "tea")
	meta, err := s.table.Get(t.Context(), at.Meta, table.Strong)
	if err != nil {
		t.Fatal(err)
	}
	name, err := s.table.Get(t.Context(), at.Name, table.Strong)
	if err != nil {
		t.Fatal(err)
	}
	key, err1 := NameIn(meta)
	id, err2 := LeadsTo(name)
	if key != "tea" || id != l.ID() || err1 != nil || err2 != nil || len(id) != ident.RoomChars {
		t.Errorf("%q %q, %v, %v", key, id, err1, err2)
	}
}

// TestRead_laterEventIsVisibleFirst_waitsForTheGapToClose hides event 3 from two
// queries, as a read beside a Write may.
func TestRead_laterEventIsVisibleFirst_waitsForTheGapToClose(t *testing.T) {
	here := newStore(t)
	l, err := here.newRoom(t, "tea", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Release()
	for i := range 3 { // events 2, 3 and 4
		if err := l.say(t, fmt.Sprint("text ", i)); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		after int64
		want  []int64 // of the first answer
	}{{1, []int64{2}}, {2, []int64{3, 4}}} {
		hidden := 2
		hooks := &tabletest.Hooks{Table: here.table, After: func(_ context.Context, call *tabletest.Call) {
			if call.Method != "Query" || hidden == 0 {
				return
			}
			hidden--
			call.Page.Items = slices.DeleteFunc(call.Page.Items,
				func(i table.Item) bool { return i.Key == EventKey(l.ID(), 3) })
		}}
		clock := clockwork.NewFakeClockAt(here.now())
		r := reader{NewStore(hooks, Options{Clock: clock, MinBatch: 1, CacheBytes: 1 << 20, Logger: here.opts.Logger}),
			l.ID()}
		got := make(chan []room.Event, 1)
		go func() {
			events, _, err := r.after(t.Context(), c.after, pageEvents, strongly)
			if err != nil {
				t.Error(err)
			}
			got <- events
		}()
		var events []room.Event
		for events == nil {
			select {
			case events = <-got:
			default:
				clock.Advance(PartialPause)
				runtime.Gosched()
			}
		}
		var numbers []int64
		for _, e := range events {
			numbers = append(numbers, e.N)
		}
		if !slices.Equal(numbers, c.want) {
			t.Errorf("after event %d: %v, want %v", c.after, numbers, c.want)
		}
	}
}
