package outbox_test

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/a2aproject/a2a-go/v2/a2a"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/outbox"
	"github.com/parley-chat/parley/internal/room"
)

// crowd is a room with as many endpoints as an account may have beside a webhook of Ann's person. They think until they
// may answer.
type crowd struct {
	*endpoint
	hooks    *webhook
	thinking chan struct{} // has one for each endpoint that has begun to think
	answer   chan struct{} // closed: they may answer
	under    atomic.Int32
	most     atomic.Int32
}

const crowded = outbox.MaxHooks - 1

func newCrowd(w *world, o outbox.Options) *crowd {
	w.t.Helper()
	w.openMore(o)
	c := &crowd{endpoint: newEndpoint(w), thinking: make(chan struct{}, crowded), answer: make(chan struct{})}
	if _, err := c.UpdateRoom(c.ctx(), chat.UpdateRequest{Token: c.ann.Token, Capacity: 40}); err != nil {
		w.t.Fatal(err)
	}
	for n := 1; n < crowded; n++ {
		c.pass(10 * time.Second) // a minute has ten challenges
		if _, err := c.box.AddAgent(c.ctx(), c.person, c.of.url, fmt.Sprint("Bot", n)); err != nil {
			w.t.Fatal(err)
		}
	}
	c.unlimited()
	c.hooks = &webhook{world: w, person: c.person, to: newReceiver(w.t), room: c.room, seat: c.seat - 2}
	c.hooks.add()
	c.of.answers(func(a asked) a2a.Event {
		c.most.Store(max(c.most.Load(), c.under.Add(1)))
		c.thinking <- struct{}{}
		<-c.answer
		c.under.Add(-1)
		return says("So it is.")(a)
	})
	return c
}

// openMore gives w, a process among several, other options.
func (w *world) openMore(o outbox.Options) {
	o.Clock = hurriedClock{w.clock}
	w.open(chat.Options{Clock: o.Clock}, o)
}

// looks has a process of its own look at each of the seats at once. It returns when some may look again.
func (c *crowd) looks(o outbox.Options, seats ...int) (done *sync.WaitGroup, again chan time.Duration) {
	done, again = &sync.WaitGroup{}, make(chan time.Duration, len(seats))
	for _, seat := range seats {
		w := c.another()
		w.openMore(o)
		done.Go(func() {
			at, err := w.lookAll(w.ctx(), c.room, seat)
			if err != nil {
				c.t.Error(err)
			}
			if !at.IsZero() {
				again <- at.Sub(c.clock.Now())
			}
		})
	}
	return done, again
}

// seats are those of the endpoints.
func (c *crowd) seats() (list []int) {
	for n := range crowded {
		list = append(list, c.seat+n)
	}
	return list
}

func TestSlots_manySlowEndpointsOfAnAccount_fourAreCalledAtOnceAndOthersGoOn(t *testing.T) {
	c := newCrowd(newWorld(t).another(), outbox.Options{})
	c.say(chat.SendRequest{Token: c.ann.Token, Text: "What is it?", Kind: room.Request})
	done, again := c.looks(outbox.Options{}, c.seats()...)
	for range 4 {
		<-c.thinking
	}
	for range crowded - 4 {
		if pause := <-again; pause > time.Minute || pause < time.Second {
			t.Errorf("one without a slot looks again in %v", pause)
		}
	}
	c.hooks.look()
	if got := c.hooks.to.texts(); !slices.Equal(got, []string{"What is it?"}) {
		t.Errorf("meanwhile the webhook has %q", got)
	}
	close(c.answer)
	done.Wait()
	for range crowded/4 + 1 {
		c.pass(10 * time.Second)
		done, _ = c.looks(outbox.Options{}, c.seats()...)
		done.Wait()
	}
	if most := c.most.Load(); most != 4 || len(c.of.calls()) != crowded {
		t.Errorf("at most %d were called at once, and %d in all", most, len(c.of.calls()))
	}
}

// The process of a slot ends, and nobody gives it back.
func TestSlots_processEnds_slotIsFreeWhenItExpires(t *testing.T) {
	c := newCrowd(newWorld(t).another(), outbox.Options{})
	c.say(chat.SendRequest{Token: c.ann.Token, Text: "What is it?", Kind: room.Request})
	close(c.answer)
	for n := range 4 {
		dying := c.mayDie()
		c.of.answers(func(a asked) a2a.Event {
			dying.left.Store(0)
			return says("So it is.")(a)
		})
		if _, err := dying.lookAll(c.ctx(), c.room, c.seat+n); err == nil {
			t.Fatal("it has not ended")
		}
	}
	c.of.answers(says("So it is."))
	look := func() (calls int) {
		before := len(c.of.calls())
		done, _ := c.looks(outbox.Options{}, c.seat+4)
		done.Wait()
		return len(c.of.calls()) - before
	}
	before := look()
	c.pass(76 * time.Second)
	if after := look(); before != 0 || after != 1 {
		t.Errorf("while the slots are taken there are %d calls, later %d", before, after)
	}
}

// With three places for all, four endpoints and a webhook have to share them.
func TestSlots_placesForAll_boundTheCallsOfAllForms(t *testing.T) {
	o := outbox.Options{Places: 3}
	c := newCrowd(newWorld(t).another(), o)
	c.say(chat.SendRequest{Token: c.ann.Token, Text: "What is it?", Kind: room.Request})
	done, again := c.looks(o, c.seats()[:4]...)
	for range 3 {
		<-c.thinking
	}
	<-again
	calls, at := c.hooks.look()
	if calls != 0 || at.Sub(c.clock.Now()) != 10*time.Second {
		t.Errorf("without a place the webhook is called %d times, and again in %v", calls, at.Sub(c.clock.Now()))
	}
	close(c.answer)
	done.Wait()
	c.pass(10 * time.Second)
	c.hooks.to.answers(http.StatusOK)
	if c.hooks.look(); len(c.hooks.to.calls()) == 0 {
		t.Error("with a place it is not called")
	}
}
