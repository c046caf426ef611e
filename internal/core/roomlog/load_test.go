package roomlog

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/core/room"
)

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

// The snapshot of a Write is visible before its event, which has the talk state.
func TestLoad_snapshotIsAheadOfTheLog_readsAgain(t *testing.T) {
	r := reader{newStore(t), "abcdefg"}
	h := room.NewHead(room.State{ID: r.id, AsOf: 2, LastTalk: 2})
	if _, err := r.withTalk(t.Context(), h, []room.Event{{N: 1}}); err != errPartial {
		t.Errorf("got %v, want %v", err, errPartial)
	}
}
