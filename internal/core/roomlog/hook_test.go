package roomlog

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
)

// hookOf returns hook k of a seat of l, until an hour from now.
func (l *Log) hookOf(seat, k int) HookItem {
	return HookItem{ID: fmt.Sprintf("%032d", 10*seat+k), Room: l.ID(), Seat: seat, URL: "https://example.com/",
		UntilMs: l.store.now().Add(time.Hour).UnixMilli()}
}

// begins proposes that x begins.
func begins(x HookItem) func(Place) (Change, error) {
	return func(at Place) (Change, error) {
		h, now := at.Head, at.Now
		a, _ := h.Seated(x.Seat)
		return Change{Events: []room.Event{room.Caller{Agent: a}.BeginHook(x.ID, false)},
			Ops: []table.Op{PutHook(x), PutProgress(x, Progress{AtMs: now.UnixMilli()})}}, nil
	}
}

// leaves proposes that the agent of a seat leaves.
func leaves(seat int) func(Place) (Change, error) {
	return func(at Place) (Change, error) {
		h, now := at.Head, at.Now
		a, _ := h.Seated(seat)
		e := *a.Free(room.ReasonLeft)
		return Change{Events: []room.Event{e}, Ops: Vacate(&h.State, e, table.Always, now)}, nil
	}
}

// stored returns the sort keys of the items of hooks in the table.
func (l *Log) hooksStored(t *testing.T) (sorts []string) {
	t.Helper()
	for _, r := range []table.Range{{Partition: HooksPartition}, {Partition: roomPrefix + l.ID(), Prefix: seenPrefix}} {
		for item, err := range table.All(t.Context(), l.store.table, r) {
			if err != nil {
				t.Fatal(err)
			}
			if r.Partition == HooksPartition || strings.Contains(item.Key.Sort, hookSuffix) {
				sorts = append(sorts, item.Key.Sort)
			}
		}
	}
	return sorts
}

// The filter of the stream of a DynamoDB table looks for how the data of an event begins.
func TestAppend_eventThatCallsHooks_saysSoFirst(t *testing.T) {
	s := newStore(t)
	var called []string
	s.opts.Calls = func(id string, calls []room.Call) { called = append(called, fmt.Sprint(id, calls)) }
	l := s.furnished(t, 3)
	defer l.Release()
	if err := l.does(t, begins(l.hookOf(2, 1))); err != nil {
		t.Fatal(err)
	}
	if err := l.say(t, "hello"); err != nil {
		t.Fatal(err)
	}
	lost := errors.New("the reply is lost")
	whole := s.table
	s.table = &tabletest.Hooks{Table: whole, After: func(_ context.Context, c *tabletest.Call) {
		if c.Method == tabletest.Write {
			c.Err = lost
		}
	}}
	if err := l.say(t, "are you there?"); !errors.Is(err, lost) {
		t.Errorf("got %v", err)
	}
	s.table = whole
	l.appends(t, room.Event{Type: room.Said, Seat: 2, Name: "agent 2", Text: `{"call":[`})
	want := fmt.Sprint(l.ID(), []room.Call{{Seat: 2, Hook: l.hookOf(2, 1).ID}})
	if want := slices.Repeat([]string{want}, 3); !slices.Equal(called, want) {
		t.Errorf("told of %v, want %v", called, want)
	}
	var marked []int64
	events := table.Range{Partition: roomPrefix + l.ID(), Prefix: logPrefix}
	for item, err := range table.All(t.Context(), s.table, events) {
		if err != nil {
			t.Fatal(err)
		}
		e, err := decodeEvent(item)
		if err != nil {
			t.Fatal(err)
		}
		begins := strings.HasPrefix(string(item.Data), `{"call":[`)
		if e.Calls != nil || strings.HasPrefix(string(item.Data), `{"v":`) == begins {
			t.Errorf("event %d, read with %v, is %s", e.N, e.Calls, item.Data)
		}
		if begins {
			marked = append(marked, e.N)
		}
	}
	if last := l.Peek().AsOf; !slices.Equal(marked, []int64{last - 3, last - 2, last - 1}) {
		t.Errorf("marked are %v of %d", marked, last)
	}
}

// What is stored of hooks goes in the Write that frees their seat, whatever else is in it, and the presence has the
// latest sign of life.
func TestWrite_seatsWithHooksAreFreed_theItemsGoInTheSameWrite(t *testing.T) {
	const agents = 24
	s := newStore(t)
	l := s.furnished(t, agents)
	defer l.Release()
	var batch []func(Place) (Change, error)
	for seat := 2; seat <= agents; seat++ {
		for k := range core.MaxSeatHooks - 1 {
			x := l.hookOf(seat, k)
			if err := l.does(t, begins(x)); err != nil {
				t.Fatal(err)
			}
			at := Progress{AtMs: s.now().Add(time.Duration(seat*10+k) * time.Second).UnixMilli()}
			if err := s.table.Write(t.Context(), PutProgress(x, at)); err != nil {
				t.Fatal(err)
			}
		}
		if seat <= 4 {
			batch = append(batch, begins(l.hookOf(seat, core.MaxSeatHooks)))
		}
		batch = append(batch, leaves(seat))
	}
	all, _, err := l.Items().Presence(t.Context(), table.Strong)
	want := s.now().Add(52 * time.Second).UnixMilli()
	if err != nil || all[5].HookedMs != want || all[1].HookedMs != 0 {
		t.Errorf("presence %+v, %v; want a sign of life of seat 5 at %d", all, err, want)
	}
	for len(batch) > 0 {
		w := newWrite(l.Peek())
		w.addProposals(proposals(batch...), s.now())
		batch = batch[len(w.entries):]
		keys := map[table.Key]bool{}
		for _, op := range w.ops {
			keys[op.Item.Key] = true
		}
		if len(keys) != len(w.ops) || len(w.ops) > table.MaxOps {
			t.Fatalf("%d ops on %d items", len(w.ops), len(keys))
		}
		if err := s.table.Write(t.Context(), w.ops...); err != nil {
			t.Fatal(err)
		}
		if err := l.commit(w, s.now()); err != nil {
			t.Fatal(err)
		}
		var want int // items of the seats that are taken
		for _, a := range l.Peek().Agents {
			want += 2 * len(a.Hooks)
		}
		if got := l.hooksStored(t); len(got) != want {
			t.Fatalf("of the hooks of %d agents there are the items %v, want %d", len(l.Peek().Agents), got, want)
		}
	}
	if n := len(l.Peek().Agents); n != 1 {
		t.Errorf("%d agents are left", n)
	}
	if _, err := Verify(t.Context(), s.table, l.ID()); err != nil {
		t.Error(err)
	}
}

// A program without the type Failing stored the same numbers beside the others.
func TestProgress_ofAnEarlierProgram_hasItsFailures(t *testing.T) {
	for stored, want := range map[string]Progress{
		`"at":5,"upto":3,"news":4,"read":2,"tries":2,"failing":6,"retry":9,"error":"timeout"}`: {AtMs: 5, Upto: 3,
			NotBeforeMs: 9, Error: "timeout", Failing: Failing{SinceMs: 6, Tries: 2},
			WakeProgress: WakeProgress{Read: 2, Told: 4}},
		// All tries of a webhook have failed: the next event begins them again.
		`"at":0,"upto":3,"news":4,"failing":6}`: {Upto: 3, Failing: Failing{SinceMs: 6},
			WakeProgress: WakeProgress{Told: 4}},
		`"at":0,"upto":3,"sent":4,"task":"t","poll":7,"lost":true,"tries":1}`: {Upto: 3,
			Failing: Failing{Tries: 1}, EndpointProgress: EndpointProgress{Sent: 4, Task: "t", PollMs: 7, Lost: true}},
	} {
		var got Progress
		err := Decode(table.Item{Data: fmt.Appendf(nil, `{"v":%d,%s`, room.Version, stored)}, &got)
		want.V = room.Version
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s is %+v, %v", stored, got, err)
		}
	}
}
