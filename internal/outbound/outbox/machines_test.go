package outbox_test

import (
	"math/rand/v2"
	"net/http"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/outbound/outbox"
)

// machine is one of several on a table, whose dispatcher runs. It may die.
type machine struct {
	*mortal
	stop func()
}

func (w *world) machine() *machine {
	m := &machine{mortal: w.mayDie()}
	m.open(chat.Options{Clock: hurriedClock{m.clock}}, outbox.Options{Clock: m.clock})
	m.stop = m.run()
	return m
}

// dies ends m, which was cut off from the table before.
func (m *machine) dies() {
	m.left.Store(0)
	m.stop()
}

// machines are two of them. Time passes for both alike.
type machines [2]*machine

// idle waits until neither runs a job.
func (m machines) idle() {
	m[0].idle()
	m[1].idle()
}

// step is how much time passes at once: claims live longer.
const step = 20 * time.Second

// becomes waits until something is so.
func becomes(t *testing.T, what string, is func() bool) {
	t.Helper()
	for until := time.Now().Add(patience); !is(); runtime.Gosched() {
		if time.Now().After(until) {
			t.Fatal("it does not become so: ", what)
		}
	}
}

// Two machines call for one table, and both scan all hooks when they begin. A webhook with much unread, and as many
// endpoints of a key as that may have, are slow. Another webhook is told at once what is said on either machine, an
// agent that does not read is called once in all, and nothing is called twice. Then machines die at any moment.
func TestRun_twoMachinesOnATable_callOnceAndFollowOneThatDies(t *testing.T) {
	onTables(t, func(t *testing.T, rounds int, w, _ *world) {
		slow, quick := newWebhookIn(w, "slow"), newWebhookIn(w, "quick")
		dan, eve := w.join("den", "Dan"), w.join("den", "Eve")
		w.subscribe(w.asked(eve, "/"))
		bots := newCrowd(w, outbox.Options{})
		bots.ask()
		var told, unread []string
		if _, err := w.UpdateRoom(w.ctx(), chat.UpdateRequest{Token: slow.ann.Token,
			AgentMessages: new(0)}); err != nil {
			t.Fatal(err)
		}
		for n := range rounds * rounds / 20 { // by night a thousand on a file
			unread = append(unread, said(n))
			slow.says(slow.ann, n)
		}
		var under atomic.Int32
		held := make(chan struct{})
		release := sync.OnceFunc(func() { close(held); close(bots.answer) })
		defer release()
		slow.to.does(func(taken) int {
			if under.Add(1) > 1 {
				t.Error("two calls of the slow host are under way")
			}
			<-held
			under.Add(-1)
			return http.StatusOK
		})
		all := machines{w.machine(), w.machine()}
		for range 4 {
			<-bots.thinking
		}
		becomes(t, "the slow host is called", func() bool { return len(slow.to.calls()) > 0 })
		for n := range 16 { // seconds, in which a claim does not end
			told = append(told, said(n))
			all[n%2].says(quick.ann, n)
			all[n%2].says(dan, n)
			becomes(t, "slow hosts hold up no other", func() bool { return len(quick.to.texts()) == len(told) })
			w.pass(time.Second)
		}
		if calls, most := len(slow.to.calls()), bots.most.Load(); calls != 1 || most != 4 {
			t.Errorf("meanwhile the slow host has %d calls, and %d endpoints", calls, most)
		}
		release()
		called := func() int { return len(slow.to.texts()) + len(bots.of.calls()) }
		all.idle()
		for n := called(); n < len(unread)+crowded; n = called() {
			w.pass(step)
			becomes(t, "they go on", func() bool { return called() > n })
			all.idle()
		}
		for what, n := range map[string][2]int{"the quick host": {len(quick.to.calls()), len(told)},
			"the slow host": {len(slow.to.calls()), len(unread)}, "endpoints": {len(bots.of.calls()), crowded},
			"an agent that does not read": {len(w.host.all()), 1}} {
			if n[0] != n[1] {
				t.Errorf("%s: %d calls for %d things", what, n[0], n[1])
			}
		}
		if got := slow.to.texts(); !slices.Equal(got, unread) {
			t.Errorf("the slow host is told %q", got)
		}

		kills := rounds / 5
		for n := range kills {
			dying := all[n%2]
			told = append(told, said(len(told)))
			quick.says(quick.ann, len(told)-1)
			dying.left.Store(rand.Int64N(12)) // a pass takes about as many calls of the table
			for _, m := range []*machine{dying, all[1-n%2]} {
				m.dispatcher.Notify(quick.room, []room.Call{{Seat: quick.seat, Hook: quick.id}})
			}
			dying.idle()
			dying.dies()
			becomes(t, "the other follows", func() bool {
				all.idle()
				is := slices.Equal(quick.to.texts(), told)
				if !is {
					w.pass(step)
				}
				return is
			})
			all[n%2] = w.machine()
		}
		calls := len(quick.to.calls())
		t.Logf("%d calls for %d events; during each of the last %d a machine died", calls, len(told), kills)
		if calls > len(told)+kills {
			t.Error("a machine that dies makes more than one call again")
		}
	})
}
