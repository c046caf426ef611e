package roomlog

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
)

// busy returns a log whose next write does not end until release is called, and the store.
func busy(t *testing.T, single bool) (l *Log, release func()) {
	t.Helper()
	s := newStore(t)
	s.opts.SingleProcess = single
	l, err := s.newRoom(t, "tea", nil)
	if err != nil {
		t.Fatal(err)
	}
	leave := make(chan struct{})
	s.table = &tabletest.Hooks{Table: s.table, Before: func(_ context.Context, c tabletest.Call) error {
		if c.Method == tabletest.Write {
			<-leave
		}
		return nil
	}}
	return l, sync.OnceFunc(func() { close(leave) })
}

// A sender that writes for itself does not work for those behind it as well.
func TestAppend_behindASenderThatWrites_isWrittenWithoutIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, release := busy(t, true)
		var said sync.WaitGroup
		for _, text := range []string{"first", "second", "third"} {
			said.Go(func() {
				if err := l.say(t, text); err != nil {
					t.Error(err)
				}
			})
			synctest.Wait()
		}
		release()
		said.Wait()
		l.Release()
		synctest.Wait()
		if h := l.Peek(); h.AsOf != 4 || l.users != 0 {
			t.Errorf("the head is event %d and the log has %d users; want 4 and none", h.AsOf, l.users)
		}
	})
}

// Its table may be far away: with several processes the caller need not wait for it. What the rule answers belongs to
// the writer then.
func TestAppend_severalProcesses_callerLeavesDuringTheWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, release := busy(t, false)
		elsewhere := NewStore(l.store.table.(*tabletest.Hooks).Table, l.store.opts).Acquire(l.ID())
		ctx, cancel := context.WithCancel(t.Context())
		calls, left := 0, make(chan struct{})
		var got Answered[int]
		var err error
		go func() {
			defer close(left)
			got, err = Append(ctx, l, l.store.now(), func(Place) (Answered[int], error) {
				calls++
				return Answered[int]{Answer: calls,
					Events: []room.Event{{Type: room.Said, Seat: 1, Name: "Ann", Text: "hello"}}}, nil
			})
		}()
		synctest.Wait()
		cancel()
		<-left
		if !errors.Is(err, context.Canceled) || got.Answer != 0 || got.Events != nil {
			t.Errorf("got %+v, %v", got, err)
		}
		if err := elsewhere.say(t, "first"); err != nil {
			t.Fatal(err)
		}
		elsewhere.Release()
		release()
		l.Release()
		synctest.Wait()
		if h := l.Peek(); h.AsOf != 3 || calls != 2 || l.users != 0 {
			t.Errorf("after %d calls the head is event %d and the log has %d users; want 2, 3 and none", calls, h.AsOf,
				l.users)
		}
	})
}

// The panic of a call is contained. It must not take the room with it.
func TestAppend_oneOfTheBatchPanics_endsTheOthersAndNothingElse(t *testing.T) {
	s := newStore(t)
	l, err := s.newRoom(t, "tea", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Release()
	beside := &proposal{ctx: t.Context(), done: make(chan struct{}),
		propose: func(Place) (Change, error) { return Change{}, nil }}
	l.appender.queue = []*proposal{beside} // as if it had come while the other collected
	func() {
		defer func() {
			if recover() == nil {
				t.Error("no panic")
			}
		}()
		_ = l.does(t, func(Place) (Change, error) { panic("a bug") })
	}()
	select {
	case <-beside.done:
	default:
		t.Fatal("the other proposal of the batch has not ended")
	}
	if !errors.Is(beside.err, errPanic) {
		t.Errorf("the other proposal: %v", beside.err)
	}
	if err := l.say(t, "hello"); err != nil || l.Peek().AsOf != 2 {
		t.Errorf("afterwards: %v, at event %d", err, l.Peek().AsOf)
	}
}

// sleeper is a clock on which each timer fires at once.
type sleeper struct {
	*clockwork.FakeClock
	longest time.Duration // of its timers
}

func (s *sleeper) NewTimer(d time.Duration) clockwork.Timer {
	s.longest = max(s.longest, d)
	return s.FakeClock.NewTimer(0)
}

// Writers that lost the same race would lose the next one, too, if they waited equally long.
func TestBase_afterConflicts_waitsForAGrowingRandomTime(t *testing.T) {
	s := newStore(t)
	l, err := s.newRoom(t, "tea", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Release()
	for conflicts, most := range []time.Duration{0, 0, 30 * time.Millisecond, 60 * time.Millisecond} {
		clock := &sleeper{FakeClock: clockwork.NewFakeClockAt(s.now())}
		s.opts.Clock = clock
		for range 50 { // that all are in the shorter half happens once in 10^15 times
			if _, err := l.appender.base(t.Context(), conflicts); err != nil {
				t.Fatal(err)
			}
		}
		if clock.longest < most/2 || clock.longest > most || most > 0 && clock.longest == most/2 {
			t.Errorf("after %d conflicts the longest pause is %s, want up to %s", conflicts, clock.longest, most)
		}
	}
}
