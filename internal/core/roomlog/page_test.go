package roomlog

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/room"
)

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
	if u, ok := l.Peek().Recent.Said(1); l.Peek().AsOf != 301 || !ok || u.N != 301 {
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
	l.fill(t, 100, func(int64) room.Event { return room.Event{Text: strings.Repeat("x", core.MaxText), To: []int{2}} })
	bob := room.Caller{Agent: room.Agent{Seat: 2, Since: room.Mark{N: 1}}}
	events, more, err := l.Pages(bob, PageEvents).Before(t.Context(), 102)
	if bytes := len(events) * core.MaxText; err != nil || !more || bytes < 800_000 || bytes > 1<<20 {
		t.Errorf("%d bytes in one page, more %v, %v", bytes, more, err)
	}
}

// However many calls of one caller wait to read a room, the first of another caller there is the
// next, and the first of another room goes in at once, or before any more of them.
func TestBeginRead_crowdOfOneCaller_goesNotAheadOfOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewStore(nil, Options{})
		ctx, leave := context.WithCancel(t.Context())
		var begun []string
		end, crowd := make(chan struct{}), make(chan struct{})
		read := func(room, caller string, end chan struct{}) {
			l := s.Acquire(room)
			go func() {
				defer l.Release()
				if done, err := l.BeginRead(ident.WithAddress(ctx, caller)); err == nil {
					begun = append(begun, room+" "+caller)
					<-end
					done()
				}
			}()
			synctest.Wait()
		}
		next := func(want string) {
			t.Helper()
			before := len(begun)
			crowd <- struct{}{}
			synctest.Wait()
			if got := begun[before:]; !slices.Equal(got, []string{want}) {
				t.Errorf("after one of the crowd comes %q, want %q", got, want)
			}
		}
		for range 100 {
			read("plans", "mallory", crowd)
		}
		if len(begun) != readsOfRoom {
			t.Errorf("%d calls read one room, want %d", len(begun), readsOfRoom)
		}
		read("plans", "ann", end)
		next("plans ann")
		for other := range readsAtOnce - readsOfRoom {
			read(fmt.Sprint("other ", other), "bob", end)
		}
		if len(begun) != 1+readsAtOnce {
			t.Errorf("%d calls read at once, want %d", len(begun)-1, readsAtOnce)
		}
		read("late", "bob", end)
		next("late bob")
		leave()
		synctest.Wait()
		close(end)
		close(crowd)
	})
}
