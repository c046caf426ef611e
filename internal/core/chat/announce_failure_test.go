package chat_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
)

// presenceFails returns a service in another process whose table fails reads and writes
// of single presences while fails says so, and how many it has failed.
func (w *world) presenceFails(fails func(c tabletest.Call, failed int) bool) (two *world, failed func() int) {
	var mu sync.Mutex
	n := 0
	h := &tabletest.Hooks{Table: w.table, Before: func(_ context.Context, c tabletest.Call) error {
		key := c.Key
		if c.Method == tabletest.Write {
			key = c.Ops[0].Item.Key
		}
		mu.Lock()
		defer mu.Unlock()
		if !strings.HasPrefix(key.Sort, "SEEN#") || !fails(c, n) {
			return nil
		}
		n++
		return fmt.Errorf("%w: no answer", table.ErrUnavailable)
	}}
	failed = func() int {
		mu.Lock()
		defer mu.Unlock()
		return n
	}
	return &world{t: w.t, clock: w.clock, table: w.table, watch: w.watch,
		Service: chat.New(h, chat.Options{Clock: w.watch})}, failed
}

// The write that announces a wait fails once. Others must not think for minutes that
// nobody waits: after 90 seconds a paired agent would lose its seat.
func TestWait_announcementFails_isMadeUpSoon(t *testing.T) {
	w := newWorld(t)
	one := w.another()
	two, failed := w.presenceFails(func(c tabletest.Call, failed int) bool {
		return c.Method == tabletest.Write && failed == 0
	})
	p := one.pair()
	wait := two.open(t.Context(), chat.WaitRequest{Token: p.bob.Token, Cursor: p.bob.Cursor, Wait: 10 * time.Minute})
	const soon = 10 * time.Second
	await(t, "a timer for another try", func() bool { return w.watch.count(soon) > 0 })
	w.clock.Advance(soon)
	await(t, "the wait is announced", func() bool { return one.seenElsewhere(p.ann, p.bob).State == "waiting" })
	if failed() != 1 {
		t.Errorf("%d writes failed", failed())
	}
	two.stillWaits("Bob", wait)
}

// The table fails to take an announcement, and then to tell what it has. What the process
// knows of its agent stays as it was: that it has used its token, and the last event when
// its wait began.
func TestWait_announcementAndReadFail_keepWhatIsKnown(t *testing.T) {
	w := newWorld(t)
	one := w.another()
	began := w.clock.Now()
	two, failed := w.presenceFails(func(c tabletest.Call, failed int) bool {
		late := w.clock.Since(began) > 2*time.Minute
		return late && (failed == 0 && c.Method == tabletest.Write || failed == 1 && c.Method == tabletest.Get)
	})
	p := one.pair()
	two.open(t.Context(), chat.WaitRequest{Token: p.bob.Token, Cursor: p.bob.Cursor, Wait: chat.MaxWait})
	announced := func() (until int64, used bool, head int64) {
		l := one.Store().Acquire(p.bob.Token[:7])
		defer l.Release()
		got, err := l.Seats().PresenceOf(t.Context(), 2)
		if err != nil {
			t.Fatal(err)
		}
		return got.UntilMs, got.Used, got.Head
	}
	first, _, _ := announced()
	looks := func() int { return w.watch.count(time.Minute) + w.watch.count(10*time.Second) }
	for again := first; again == first; again, _, _ = announced() {
		if w.clock.Since(began) > 15*time.Minute {
			t.Fatal("the wait is not announced again")
		}
		before := looks()
		w.clock.Advance(time.Minute)
		await(t, "the wait looks after its announcement", func() bool { return looks() > before })
	}
	if _, used, head := announced(); failed() != 2 || !used || head == 0 {
		t.Errorf("after %d failures: used %t, head %d", failed(), used, head)
	}
}
