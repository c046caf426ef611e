package roomlog

import (
	"context"
	"fmt"
	"reflect"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
)

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

// The snapshot holds no talk state, so a process that loads a room finds it in the
// event that changed it last, wherever that lies.
func TestLoad_talkState_isThatOfTheLog(t *testing.T) {
	for name, c := range map[string]struct {
		later     int // messages after the last change of the talk
		proposals bool
		reads     int64
	}{
		"among the events that a load reads": {3, true, 2},
		"before them":                        {headEvents + 10, false, 3},
		"before them, with a proposal":       {headEvents + 10, true, 4},
	} {
		t.Run(name, func(t *testing.T) {
			s, l := newCompany(t)
			l.do(t, room.Event{Type: room.Said, Seat: 3, Kind: room.Done, Text: "that is all"})
			if c.proposals {
				l.agree(t, 2, l.propose(t, "noon", []int{2, 3}, room.Event{}))
			}
			l.do(t, room.Event{Type: room.Said, Seat: 1, Kind: room.Request, Text: "who comes?", Ask: []int{2}})
			for n := range c.later {
				l.do(t, room.Event{Type: room.Said, Seat: 1, Text: fmt.Sprint("word ", n)})
			}
			want := l.Peek()
			got, reads := cold(t, s, l.ID())
			if len(want.Talk.Open) == 0 || len(want.Talk.Done) == 0 || len(want.Proposals) == 0 == c.proposals {
				t.Fatalf("the test shows nothing: %+v, %+v", want.Talk, want.Proposals)
			}
			if !reflect.DeepEqual(got.Talk, want.Talk) || !sameEvents(got.Proposals, want.Proposals) ||
				got.LastTalk != want.LastTalk || got.Messages != want.Messages || got.AsOf != want.AsOf {
				t.Errorf("loaded as %+v of event %d with %+v,\nwant %+v of event %d with %+v",
					got.Talk, got.LastTalk, got.Proposals, want.Talk, want.LastTalk, want.Proposals)
			}
			if reads != c.reads {
				t.Errorf("that took %d reads, want %d", reads, c.reads)
			}
		})
	}
}

func sameEvents(a, b []room.Event) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].ID != b[i].ID {
			return false
		}
	}
	return true
}

// A process that loads the room while a proposal is open stores the agreement as well
// as one that has seen it.
func TestLoad_openProposal_canBeAgreedTo(t *testing.T) {
	s, l := newCompany(t)
	p := l.propose(t, "noon", []int{2}, room.Event{})
	for n := range headEvents + 5 {
		l.do(t, room.Event{Type: room.Said, Seat: 1, Text: fmt.Sprint("word ", n)})
	}
	other := NewStore(s.table, Options{Clock: s.opts.Clock, MinBatch: 1, CacheBytes: 1 << 20, Logger: s.opts.Logger})
	there := other.Acquire(l.ID())
	defer there.Release()
	there.agree(t, 2, p)
	if texts, _ := there.agreements(t, 1, 5); len(texts) != 1 || texts[0] != "Ann: noon" {
		t.Errorf("on record: %q", texts)
	}
}

// Nobody owes an answer to what has expired.
func TestLoad_talkStateHasExpired_isEmpty(t *testing.T) {
	s, l := newCompany(t)
	clock := s.opts.Clock.(*clockwork.FakeClock)
	l.do(t, room.Event{Type: room.Said, Seat: 1, Kind: room.Request, Text: "who comes?", Ask: []int{2}})
	for range 3 {
		clock.Advance(20 * 24 * time.Hour)
		l.do(t, room.Event{Type: room.Said, Seat: 1, Text: "still here"})
	}
	got, _ := cold(t, s, l.ID())
	if len(got.Talk.Open) != 0 || got.AsOf != l.Peek().AsOf {
		t.Errorf("loaded as %+v at event %d", got.Talk, got.AsOf)
	}
}

// The talk state travels with the event that changes it, so a message is one op.
func TestAppend_messageThatChangesTheTalk_isOnePut(t *testing.T) {
	s, l := newCompany(t)
	var ops atomic.Int64
	hooks := &tabletest.Hooks{Table: s.table}
	hooks.After = countOps(&ops)
	other := NewStore(hooks, Options{Clock: s.opts.Clock, MinBatch: 1, CacheBytes: 1 << 20, Logger: s.opts.Logger})
	there := other.Acquire(l.ID())
	defer there.Release()
	for _, e := range []room.Event{
		{Type: room.Said, Seat: 1, Text: "hello"},
		{Type: room.Said, Seat: 1, Kind: room.Request, Text: "who comes?", Ask: []int{2, 3}},
		{Type: room.Said, Seat: 2, Text: "I do", ReplyTo: 5, ReSeat: 1},
		{Type: room.Said, Seat: 3, Kind: room.Done, Text: "not me"},
		{Type: room.Said, Seat: 1, Withdraws: 5},
	} {
		ops.Store(0)
		there.do(t, e)
		if ops.Load() != 1 {
			t.Errorf("%+v took %d ops", e, ops.Load())
		}
	}
}

func TestUnread_countsWhatBothAgentsSee(t *testing.T) {
	_, l := newCompany(t) // events 1 to 3
	for _, e := range []room.Event{
		{Seat: 1, Text: "to all"},                          // 4
		{Seat: 2, Text: "Bob's own"},                       // 5
		{Seat: 1, Text: "to Bob", To: []int{2}},            // 6
		{Seat: 3, Text: "to Ann", To: []int{1}},            // 7
		{Seat: 3, Text: "a status", Kind: room.Status},     // 8
		{Seat: 3, Text: "to Ann and Bob", To: []int{1, 2}}, // 9
	} {
		e.Type = room.Said
		l.do(t, e)
	}
	agents := l.Peek().Agents
	for _, c := range []struct {
		read   int64
		viewer int // a seat
		want   int
	}{
		{0, 1, 4}, // 4, 6, 8 and 9
		{0, 3, 3}, // 4, 8 and 9: Cid does not see what Ann told Bob
		{4, 1, 3}, // 6, 8 and 9
		{9, 1, 0},
		{99, 1, 0}, // a process that knows less than another
	} {
		got := l.Seats().Unread(room.Caller{Agent: agents[c.viewer-1]})(c.read, agents[1])
		if got == nil || *got != c.want {
			t.Errorf("after event %d, as seat %d sees it, Bob has %v unread, want %d", c.read, c.viewer, got, c.want)
		}
	}
}

func TestUnread_behindTheCachedTail_isUnknown(t *testing.T) {
	s, l := newCompany(t)
	for n := range tailEvents + 1 {
		l.do(t, room.Event{Type: room.Said, Seat: 1, Text: fmt.Sprint("word ", n)})
	}
	agents := l.Peek().Agents
	var reads atomic.Int64
	s.table = &tabletest.Hooks{Table: s.table, After: countReads(&reads)}
	if got := l.Seats().Unread(room.Caller{Agent: agents[0]})(3, agents[1]); got != nil {
		t.Errorf("it counts %d", *got)
	}
	if got := l.Seats().Unread(room.Caller{Agent: agents[0]})(4, agents[1]); got == nil || *got != tailEvents {
		t.Errorf("of the cached tail it counts %v", got)
	}
	if n := reads.Load(); n != 0 {
		t.Errorf("it read %d times", n)
	}
}
