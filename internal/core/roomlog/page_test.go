package roomlog

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
)

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

// A reader walks past what it may not see in large pages, of which it gets outlines only,
// and sees the rest in small ones, whole.
func TestPages_pastHiddenMessages_haveOutlinesOfThem(t *testing.T) {
	const hidden, every = 1600, 400
	s := newStore(t)
	l, err := s.newRoom(t, "plans", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Release()
	l.fill(t, hidden, func(n int64) room.Event {
		if n%every == 0 {
			return room.Event{Text: "To all."}
		}
		return room.Event{Text: "To seat 2.", To: []int{2}}
	})
	for _, c := range []struct {
		seat, pages, whole int
	}{{3, 6, hidden / every}, {2, 16 + 1, hidden}} {
		a := room.Agent{Seat: c.seat, Since: room.Mark{N: 1}}
		for step, from := range map[int64]int64{1: 1, -1: hidden + 2} {
			pages := l.Pages(room.Caller{Agent: a}, 25)
			read := map[int64]func() ([]room.Event, bool, error){
				1:  func() ([]room.Event, bool, error) { return pages.After(t.Context(), from) },
				-1: func() ([]room.Event, bool, error) { return pages.Before(t.Context(), from) },
			}[step]
			count, whole := 0, 0
			for more := true; more; count++ {
				var events []room.Event
				events, more, err = read()
				if err != nil {
					t.Fatal(err)
				}
				for _, e := range events {
					from += step
					if e.N != from {
						t.Fatalf("seat %d: event %d comes after %d", c.seat, e.N, from-step)
					}
					if (room.Caller{Agent: a}).Sees(e) && e.Text != "" {
						whole++
					} else if (room.Caller{Agent: a}).Sees(e) && e.Type == room.Said {
						t.Fatalf("seat %d lacks the text of event %d", c.seat, e.N)
					}
				}
			}
			if whole != c.whole || count > c.pages+1 {
				t.Errorf("seat %d, step %d: %d messages in %d pages; want %d in about %d", c.seat, step, whole, count,
					c.whole, c.pages)
			}
		}
	}
}

// A wait that has to walk past what it may not see leaves the head as it would be if it
// had read all of it.
func TestRead_pastHiddenMessages_advancesTheHead(t *testing.T) {
	s := newStore(t)
	l, err := s.newRoom(t, "plans", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Release()
	l.fill(t, 300, func(int64) room.Event { return room.Event{Text: "To seat 2.", To: []int{2}} })
	pages := l.Pages(room.Caller{Agent: room.Agent{Seat: 3, Since: room.Mark{N: 1}}}, PageEvents)
	for n := int64(1); n < 301; {
		l.mu.Lock()
		l.tail = tail{} // else it would say that nothing more is known
		l.mu.Unlock()
		events, err := pages.Read(t.Context(), n)
		if err != nil || len(events) == 0 {
			t.Fatalf("%d events after %d, %v", len(events), n, err)
		}
		n = events[len(events)-1].N
	}
	if u, ok := l.Peek().Recent.Said(1); l.Peek().AsOf != 301 || !ok || u.N != 301 ||
		u.Fingerprint != (room.Event{Text: "To seat 2.", To: []int{2}}).Fingerprint() {
		t.Errorf("the head is at event %d, and Ann's last message is %+v", l.Peek().AsOf, u)
	}
}

// A page of the longest texts ends at a megabyte.
func TestPages_ofTheLongestTexts_haveAMegabyteAtMost(t *testing.T) {
	s := newStore(t)
	l, err := s.newRoom(t, "plans", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Release()
	l.fill(t, 100, func(int64) room.Event { return room.Event{Text: strings.Repeat("x", room.MaxText), To: []int{2}} })
	bob := room.Caller{Agent: room.Agent{Seat: 2, Since: room.Mark{N: 1}}}
	events, more, err := l.Pages(bob, PageEvents).Before(t.Context(), 102)
	if bytes := len(events) * room.MaxText; err != nil || !more || bytes < 800_000 || bytes > 1<<20 {
		t.Errorf("%d bytes in one page, more %v, %v", bytes, more, err)
	}
}

// A process that was busy elsewhere while much was said in a room need not read all of it.
func TestCurrent_farBehind_loads(t *testing.T) {
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
func TestCurrent_headOfAnHourAgo_isLoaded(t *testing.T) {
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
