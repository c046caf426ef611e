package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/a2aproject/a2a-go/v2/a2a"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/ratelimit"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/outbound"
	"github.com/parley-chat/parley/internal/outbound/outbox"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
)

// crowd is sixteen endpoints of a key, in two rooms, and a webhook of Ann's person. They think until they may answer.
type crowd struct {
	*endpoint
	hooks    *webhook
	anns     []string           // their tokens, one in each room
	bots     []roomlog.HookItem // the endpoints
	thinking chan struct{}      // has one for each endpoint that has begun to think
	answer   chan struct{}      // closed: they may answer
	under    atomic.Int32
	most     atomic.Int32
}

const crowded = outbound.MaxHooks - 4 // so that the caller may have other hooks

func newCrowd(w *world, o outbox.Options) *crowd {
	w.t.Helper()
	w.openMore(o)
	c := &crowd{endpoint: newEndpoint(w), thinking: make(chan struct{}, crowded), answer: make(chan struct{})}
	there := w.join("coffee", "Ann")
	c.anns = []string{c.ann.Token, there.Token}
	people := []string{c.person, w.person(there)}
	for _, ann := range c.anns {
		if _, err := c.UpdateRoom(c.ctx(), chat.UpdateRequest{Token: ann, Capacity: 40,
			AgentMessages: new(0)}); err != nil {
			w.t.Fatal(err)
		}
	}
	for n := 1; n < crowded; n++ {
		c.pass(10 * time.Second) // a minute has ten challenges
		if _, err := c.dispatcher.AddAgent(c.ctx(), people[n%2], c.of.url, fmt.Sprint("Bot", n)); err != nil {
			w.t.Fatal(err)
		}
	}
	c.hooks = &webhook{world: w, person: c.person, to: newReceiver(w.t), room: c.room, seat: c.seat - 2}
	c.hooks.add()
	all, err := w.Store().Hooks(w.ctx(), "")
	for _, x := range all {
		if x.Form == room.FormEndpoint {
			x.Principal = ident.KeyPrincipal("crowd") // an http address is added for callers on this machine alone
			err = errors.Join(err, w.table.Write(w.ctx(), roomlog.PutHook(x)))
			c.bots = append(c.bots, x)
		}
	}
	if err != nil {
		w.t.Fatal(err)
	}
	c.of.answers(func(a asked) a2a.Event {
		c.most.Store(max(c.most.Load(), c.under.Add(1)))
		c.thinking <- struct{}{}
		<-c.answer
		c.under.Add(-1)
		return says("So it is.")(a)
	})
	return c
}

// ask has Ann name all of them.
func (c *crowd) ask() {
	c.t.Helper()
	text := "What is it, @Bot"
	for n := 1; n < crowded; n++ {
		text += fmt.Sprint(", @Bot", n)
	}
	for _, ann := range c.anns {
		c.say(chat.SendRequest{Token: ann, Text: text + "?"})
	}
}

// openMore gives w, a process among several, other options.
func (w *world) openMore(o outbox.Options) {
	o.Clock = hurriedClock{w.clock}
	w.open(chat.Options{Clock: o.Clock}, o)
}

// deliverAtOnce has a process of its own deliver to each of the hooks at once. again has the times of the next
// deliveries.
func (c *crowd) deliverAtOnce(o outbox.Options, hooks ...roomlog.HookItem) (
	done *sync.WaitGroup, again chan time.Duration,
) {
	done, again = &sync.WaitGroup{}, make(chan time.Duration, len(hooks))
	for _, x := range hooks {
		w := c.another()
		w.openMore(o)
		done.Go(func() {
			if at := w.deliverTo(x); !at.IsZero() {
				again <- at.Sub(c.clock.Now())
			}
		})
	}
	return done, again
}

func TestSlots_manySlowEndpointsOfAKey_fourAreCalledAtOnceAndOthersGoOn(t *testing.T) {
	c := newCrowd(newWorld(t).another(), outbox.Options{})
	c.ask()
	done, again := c.deliverAtOnce(outbox.Options{}, c.bots...)
	for range 4 {
		<-c.thinking
	}
	for range crowded - 4 {
		select {
		case pause := <-again:
			if pause > time.Minute || pause < time.Second {
				t.Errorf("one without a slot gets its next pass in %v", pause)
			}
		case <-c.thinking: // told below, too
		}
	}
	c.hooks.deliver()
	if got := c.hooks.to.texts(); len(got) != 1 || !strings.HasPrefix(got[0], "What is it, @Bot") {
		t.Errorf("meanwhile the webhook has %q", got)
	}
	close(c.answer)
	done.Wait()
	for range crowded/4 + 1 {
		c.pass(10 * time.Second)
		done, _ = c.deliverAtOnce(outbox.Options{}, c.bots...)
		done.Wait()
	}
	if most := c.most.Load(); most != 4 || len(c.of.calls()) != crowded {
		t.Errorf("at most %d were called at once, and %d in all", most, len(c.of.calls()))
	}
}

// The process of a slot ends, and nobody gives it back.
func TestSlots_processEnds_slotIsFreeWhenItExpires(t *testing.T) {
	c := newCrowd(newWorld(t).another(), outbox.Options{})
	c.ask()
	close(c.answer)
	for _, x := range c.bots[:4] {
		dying := c.mayDie()
		c.of.answers(func(a asked) a2a.Event {
			dying.left.Store(0)
			return says("So it is.")(a)
		})
		if _, err := dying.dispatcher.Deliver(c.ctx(), x.Room, x.Seat, x.ID); err == nil {
			t.Fatal("it has not ended")
		}
	}
	c.of.answers(says("So it is."))
	deliver := func() (calls int) {
		before := len(c.of.calls())
		c.another().deliverTo(c.bots[4])
		return len(c.of.calls()) - before
	}
	before := deliver()
	c.pass(76 * time.Second)
	if after := deliver(); before != 0 || after != 1 {
		t.Errorf("while the slots are taken there are %d calls, later %d", before, after)
	}
}

// calledRoom makes a room, an account of its own, in which Ann says something for which so many hooks are called at
// /NAME. A seat has four at most.
func (w *world) calledRoom(name string, hooks int) (list []roomlog.HookItem) {
	w.t.Helper()
	ann := w.join(name, "Ann")
	var bob chat.Seated
	for n := range hooks {
		if n%4 == 0 {
			bob = w.join(name, fmt.Sprint("Bob", n))
		}
		w.pass(10 * time.Second) // a minute has ten challenges
		w.subscribe(w.asked(bob, fmt.Sprintf("/%s/%d", name, n)))
	}
	w.says(ann, 1)
	all, err := w.Store().Hooks(w.ctx(), "")
	if err != nil {
		w.t.Fatal(err)
	}
	at, _ := w.seat(ann.Token)
	return slices.DeleteFunc(all, func(x roomlog.HookItem) bool { return x.Room != at })
}

// deliverTo delivers to a hook, and returns when to deliver again.
func (w *world) deliverTo(x roomlog.HookItem) time.Time {
	again, err := w.dispatcher.Deliver(w.ctx(), x.Room, x.Seat, x.ID)
	if err != nil {
		w.t.Error(err)
	}
	return again
}

// taken returns how many slots are taken for the calls of an account, or of all.
func (w *world) taken(digest string) int {
	taken, err := w.Store().Calling(digest).Read(w.ctx(), table.Strong)
	if err != nil {
		w.t.Error(err)
	}
	return len(taken)
}

// Of four places an account takes two, however many of its addresses are slow.
func TestSlots_placesAndSlowHooksOfAnAccount_othersAreCalledAtOnce(t *testing.T) {
	o, w, answer := outbox.Options{Places: 4}, newWorld(t).another(), make(chan struct{})
	slow, quick, third, fourth := w.calledRoom("slow", 4), w.calledRoom("quick", 1), w.calledRoom("slow3", 1),
		w.calledRoom("slow4", 1)
	w.host.answer = func(c call) int {
		if strings.HasPrefix(c.path, "/slow") {
			<-answer
		}
		return http.StatusOK
	}
	ended := make(chan time.Duration, 4)
	var all sync.WaitGroup
	begin := func(hooks []roomlog.HookItem) (calls int) {
		for _, x := range hooks {
			p := w.another() // a process of its own
			p.openMore(o)
			all.Go(func() { ended <- p.deliverTo(x).Sub(w.clock.Now()) })
		}
		for range hooks {
			select {
			case <-w.host.heard:
				calls++
			case again := <-ended:
				if again != 10*time.Second {
					t.Errorf("one without a place gets its next pass in %v", again)
				}
			}
		}
		return calls
	}
	w.openMore(o)
	release := sync.OnceFunc(func() { close(answer) })
	defer all.Wait()
	defer release()
	if calls := begin(slow); calls != 2 {
		t.Fatalf("of four slow hooks of an account %d are called at once", calls)
	}
	if again := w.deliverTo(quick[0]); !again.IsZero() || len(w.host.all()) != 3 {
		t.Errorf("another account is called at %v", again)
	}
	<-w.host.heard
	begin(third)
	begin(fourth)
	fifth := w.calledRoom("fifth", 1)
	if again := w.deliverTo(fifth[0]); again.IsZero() || len(w.host.all()) != 5 {
		t.Errorf("with all places taken there are %d calls", len(w.host.all()))
	}
	release()
	all.Wait()
	w.pass(10 * time.Second)
	if again := w.deliverTo(fifth[0]); !again.IsZero() || w.taken("ALL") != 0 {
		t.Errorf("once places are free the next pass begins at %v, with %d taken", again, w.taken("ALL"))
	}
}

// Many are called because of one word, by one process: all at once, as it keeps one instance.
func TestSlots_placesAndHooksOfAProcess_takeOnePlace(t *testing.T) {
	w, answer := newWorld(t).another(), make(chan struct{})
	hooks := w.calledRoom("tea", 12)
	w.openMore(outbox.Options{Places: 1})
	w.host.answer = func(call) int { <-answer; return http.StatusOK }
	var all sync.WaitGroup
	later := make(chan time.Time, len(hooks))
	for _, x := range hooks {
		all.Go(func() {
			if again := w.deliverTo(x); !again.IsZero() {
				later <- again
			}
		})
	}
	for range hooks {
		select {
		case <-w.host.heard:
		case again := <-later:
			t.Errorf("one is called at %v only", again)
		}
	}
	if w.taken("ALL") != 1 {
		t.Errorf("they take %d places", w.taken("ALL"))
	}
	close(answer)
	all.Wait()
	if w.taken("ALL") != 0 || w.taken(chat.HookPrefix(hooks[0].Room)) != 0 {
		t.Error("a place or a slot is not given back")
	}
}

// A pass that has more to deliver leaves its place to another account between two calls.
func TestSlots_passThatGoesOn_takesAPlaceForEachCall(t *testing.T) {
	o := outbox.Options{Places: 1}
	other := newWorld(t).another()
	x := other.calledRoom("other", 1)[0]
	w, between := other.another(), 0
	w.table = &tabletest.Hooks{Table: w.table, Before: func(_ context.Context, c tabletest.Call) error {
		if c.Method == tabletest.Write && roomlog.IsProgress(c.Ops[0].Item.Key) {
			between++
			if again := other.deliverTo(x); !again.IsZero() {
				t.Errorf("between two calls another has no place until %v", again)
			}
		}
		return nil
	}}
	w = w.another()
	h := newWebhook(w)
	h.openMore(o)
	other.openMore(o)
	h.says(h.ann, 1)
	h.says(h.ann, 2)
	if calls, _ := h.deliver(); calls != 2 || between != 2 || len(w.host.all()) != 1 {
		t.Errorf("%d calls, %d times between, and %d of the other", calls, between, len(w.host.all()))
	}
}

// On several machines a pass has no deadline: it goes on while there is more to deliver.
func TestSlots_endpointIsCalledForLong_eachCallHasASlot(t *testing.T) {
	e := newEndpoint(newWorld(t).another())
	e.unlimited()
	calls := 0
	e.of.answers(func(a asked) a2a.Event {
		calls++
		if calls < 4 {
			e.asks(fmt.Sprint("And ", calls, "?"))
		}
		e.pass(45 * time.Second)
		if n := e.taken(chat.HookPrefix(e.room)); n != 1 {
			t.Errorf("call %d has %d slots", calls, n)
		}
		return says("So it is.")(a)
	})
	e.asks("What is it?")
	e.deliver()
	if calls != 4 {
		t.Errorf("%d calls", calls)
	}
}

// The table refuses the write of the slot that another process has.
func TestSlots_tableFails_slotOfAnotherStays(t *testing.T) {
	o := outbox.Options{Places: 1}
	w := newWorld(t).another()
	one, two := w.calledRoom("one", 1)[0], w.calledRoom("two", 1)[0]
	w.openMore(o)
	below, refused := w.another(), 0
	below.table = &tabletest.Hooks{Table: w.table, Before: func(_ context.Context, c tabletest.Call) error {
		if c.Method == tabletest.Write && c.Ops[0].Item.Key.Partition == "CALLING#ALL" && refused == 0 {
			refused++
			return table.ErrUnavailable
		}
		return nil
	}}
	second := below.another()
	second.openMore(o)
	w.host.answer = func(call) int {
		if _, err := second.dispatcher.Deliver(w.ctx(), two.Room, two.Seat, two.ID); err == nil {
			t.Error("the table has not refused the write")
		}
		if n := w.taken("ALL"); n != 1 {
			t.Errorf("%d places are taken during a call", n)
		}
		return http.StatusOK
	}
	w.deliverTo(one)
}

// While there is no place, passes over a hook use up one of the calls that the limit allows.
func TestSlots_noPlace_keepsTheCallThatTheLimitAllows(t *testing.T) {
	w := newWorld(t).another()
	x := w.calledRoom("tea", 1)[0]
	w.openMore(outbox.Options{Places: 1})
	now := w.clock.Now()
	if ok, err := w.Store().Calling("ALL").Acquire(w.ctx(), "0", "", now, now.Add(time.Hour)); !ok || err != nil {
		t.Fatal(err)
	}
	for range ratelimit.Calls {
		w.deliverTo(x)
		w.deliverTo(x) // while it is not due
		progress, err := w.Store().Progress(w.ctx(), x)
		if progress.NotBeforeMs == 0 || err != nil {
			t.Fatalf("there was a call, or %v", err)
		}
		progress.NotBeforeMs = 0
		if err := w.table.Write(w.ctx(), roomlog.PutProgress(x, progress)); err != nil {
			t.Fatal(err)
		}
	}
	if wait := w.Limits().Call(x.Room).Sub(w.clock.Now()); wait > 0 {
		t.Errorf("after passes without a call the account waits for %v", wait)
	}
}
