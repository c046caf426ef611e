package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/a2aproject/a2a-go/v2/a2a"

	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
)

// isCalled fails if the agent of a hook has unread news and was not called since it has read.
func (w *world) isCalled(x roomlog.HookItem, what string) {
	w.t.Helper()
	news, err := w.News(w.ctx(), x, roomlog.Progress{})
	if err != nil || news.Gone {
		w.t.Fatalf("%s: %+v, %v", what, news, err)
	}
	id := fmt.Sprintf("evt_%s_%d", x.ID, news.Read)
	if news.Unread > 0 && !slices.ContainsFunc(w.host.all(), func(c call) bool {
		return c.id == id || strings.HasPrefix(c.id, id+"_")
	}) {
		w.t.Fatalf("%s: %d events after event %d are unread, and nobody was called for them", what, news.Unread,
			news.Read)
	}
}

// Ann speaks in one process, which delivers after it has written. Meanwhile Bob reads in another, and that
// process delivers, too, as it does after a call or in a scan. In every fourth round Bob does not
// read, so that calls are made even where he is always the faster one.
func TestPass_agentReadsWhileSomethingNewComes_noWakeIsLost(t *testing.T) {
	onTables(t, func(t *testing.T, rounds int, one, two *world) {
		ann, bob := one.join("tea", "Ann"), one.join("tea", "Bob")
		one.subscribe(one.asked(bob, "/"))
		at, seat := one.seat(bob.Token)
		x := one.hook()
		one.say(chat.SendRequest{Token: ann.Token, Text: "This is the first message."})
		cursor := two.reads(bob.Token, bob.Cursor) // so both processes know the same
		for round := range rounds {
			begin := make(chan struct{})
			var all sync.WaitGroup
			for _, do := range []func(){
				func() {
					one.say(chat.SendRequest{Token: ann.Token, Text: fmt.Sprintf("This is message %d of many.", round)})
					if _, err := one.deliverAll(one.ctx(), at, seat); err != nil {
						t.Error(err)
					}
				},
				func() {
					if round%4 == 0 {
						return
					}
					cursor = two.reads(bob.Token, cursor)
				},
				func() {
					if _, err := two.deliverAll(two.ctx(), at, seat); err != nil {
						t.Error(err)
					}
				},
			} {
				all.Go(func() { <-begin; do() })
			}
			close(begin)
			all.Wait()
			two.isCalled(x, fmt.Sprint("round ", round))
			one.pass(time.Second) // a room has two calls a second
		}
		times := map[string]bool{}
		for _, c := range one.host.all() {
			times[c.id] = true
		}
		if calls := len(one.host.all()); calls != len(times) {
			t.Errorf("%d calls have %d ids", calls, len(times))
		}
		if len(times) == 0 {
			t.Error("nobody was called")
		}
	})
}

// mortal is a process that is cut off from the table after some calls, as one that ends is.
type mortal struct {
	*world
	left atomic.Int64 // calls until then
}

// mayDie returns another process on the table of w, which is cut off when it is told.
func (w *world) mayDie() *mortal {
	m := &mortal{}
	m.left.Store(math.MaxInt64)
	x := *w
	x.table = &tabletest.Hooks{Table: w.table, Before: func(context.Context, tabletest.Call) error {
		if m.left.Add(-1) < 0 {
			return table.ErrUnavailable
		}
		return nil
	}}
	m.world = x.another()
	return m
}

// Two processes call for what both see, and one ends at some moment. Each question has one answer in the end, and each
// event has come to the webhook, in order.
func TestPass_severalProcessesOfWhichOneEnds_sayAndTellAllOnce(t *testing.T) {
	onTables(t, func(t *testing.T, rounds int, one, two *world) {
		e := newEndpoint(one)
		e.unlimited()
		h := &webhook{world: one, person: e.person, to: newReceiver(t), room: e.room}
		h.add()
		h.seat = e.seat - 2 // Ann's
		e.of.answers(func(a asked) a2a.Event {
			last := a.texts[len(a.texts)-1]
			if len(last)%2 == 0 {
				return task(a, a2a.TaskStateCompleted, last)
			}
			return says(last)(a)
		})
		deliver := func(w *world) (failed error) {
			for seat := h.seat; seat <= e.seat; seat++ {
				_, err := w.deliverAll(one.ctx(), e.room, seat)
				failed = errors.Join(failed, err)
			}
			return failed
		}
		var want, said []string
		died := 0
		for round := range rounds / 4 {
			text := fmt.Sprint("@Bot what is ", round)
			want = append(want, text+" > Ann: "+text)
			said = append(said, text, "Ann: "+text)
			third := two.mayDie()
			dies := func() {
				third.left.Store(rand.Int64N(24)) // a pass takes about as many
				if deliver(third.world) != nil {
					died++
				}
			}
			if round%2 > 0 {
				e.asks(text[len("@Bot "):])
				dies()
			} else {
				begin := make(chan struct{})
				var all sync.WaitGroup
				all.Go(func() {
					<-begin
					e.asks(text[len("@Bot "):])
					if err := deliver(one); err != nil {
						t.Error(err)
					}
				})
				all.Go(func() { <-begin; dies() })
				close(begin)
				all.Wait()
			}
			for range 3 { // what is repeated waits for the process that has ended, and two calls are apart
				e.pass(2 * time.Minute)
				if err := errors.Join(deliver(one), deliver(two)); err != nil {
					t.Fatal(err)
				}
			}
		}
		if got := e.said(); !slices.Equal(got, want) {
			t.Errorf("it has said %q", got)
		}
		if got := h.to.texts(); !slices.Equal(got, said) {
			t.Errorf("the webhook has %q", got)
		}
		t.Logf("%d calls, %d times a process ended", len(e.of.calls()), died)
	})
}

// The table loses replies, makes writes late and shows them in parts. Once it answers again, one pass finds what is
// unread, and nothing of a hook is left when that has ended.
func TestPass_tableThatLosesReplies_losesNoWake(t *testing.T) {
	for seed := range uint64(15) {
		w := newWorld(t)
		faulty := tabletest.NewFaulty(w.table, w.clock, seed, tabletest.Faults{})
		w.table = faulty
		w = w.another()
		ann, bob := w.join("tea", "Ann"), w.join("tea", "Bob")
		w.subscribe(w.asked(bob, "/"))
		at, seat := w.seat(bob.Token)
		x := w.hook()
		w.table = tabletest.NewFaulty(faulty, w.clock, seed, tabletest.Rough())
		rough := w.another()
		for n := range 12 {
			_, _ = rough.Send(rough.ctx(), chat.SendRequest{Token: ann.Token, Text: fmt.Sprintf("Message %d.", n)})
			_, _ = rough.deliverAll(rough.ctx(), at, seat)
			if n%3 == 2 {
				_, _ = rough.Wait(rough.ctx(), chat.WaitRequest{Token: bob.Token, Cursor: bob.Cursor})
				_, _ = rough.deliverAll(rough.ctx(), at, seat)
			}
		}
		w.table.(*tabletest.Faulty).Settle()
		after := rough.another()
		after.pass(time.Minute) // claims have ended
		if _, err := after.deliverAll(after.ctx(), at, seat); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		after.isCalled(x, fmt.Sprint("seed ", seed))
		if _, err := after.dispatcher.Unsubscribe(after.ctx(), after.asked(bob, "/")); err != nil {
			t.Fatal(err)
		}
		if left := after.items(at); len(left) > 0 {
			t.Errorf("seed %d: in the end the table has %q", seed, left)
		}
	}
}
