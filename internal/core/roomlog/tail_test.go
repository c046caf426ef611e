package roomlog

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
)

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
		got := l.Unread(room.Caller{Agent: agents[c.viewer-1]})(c.read, agents[1])
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
	if got := l.Unread(room.Caller{Agent: agents[0]})(3, agents[1]); got != nil {
		t.Errorf("it counts %d", *got)
	}
	if got := l.Unread(room.Caller{Agent: agents[0]})(4, agents[1]); got == nil || *got != tailEvents {
		t.Errorf("of the cached tail it counts %v", got)
	}
	if n := reads.Load(); n != 0 {
		t.Errorf("it read %d times", n)
	}
}

func TestPollEvery_isRarerTheLongerNothingWasSaid(t *testing.T) {
	for age, want := range map[time.Duration]time.Duration{
		-time.Minute:                 100 * time.Millisecond, // the clock of another process is ahead
		0:                            100 * time.Millisecond,
		time.Second:                  100 * time.Millisecond,
		2 * time.Second:              200 * time.Millisecond,
		5 * time.Second:              500 * time.Millisecond,
		10*time.Minute - time.Second: 500 * time.Millisecond,
		10 * time.Minute:             time.Second,
		24 * time.Hour:               time.Second,
	} {
		if got := PollEvery(age); got != want {
			t.Errorf("the tail is read every %v if the last event is %v old, want every %v", got, age, want)
		}
	}
}
