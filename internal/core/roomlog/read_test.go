package roomlog

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"testing"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
)

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
