package outbox_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/outbound/outbox"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
)

// A host takes five seconds for each call. Each second somebody speaks in another one of four processes, and all four
// look. The webhook is called with each event once, an agent that does not read is called once in all.
func TestLook_slowHost_isCalledByOneProcessAtATime(t *testing.T) {
	onTables(t, func(t *testing.T, rounds int, one, two *world) {
		all := []*world{one, two, one.another(), one.another()}
		h := newWebhook(one)
		cid := one.join("tea", "Cid")
		one.subscribe(one.asked(cid, "/"))
		before := len(h.to.calls())
		var under atomic.Int32
		said := 0
		look := func() {
			for _, w := range all {
				if _, err := w.lookAll(w.ctx(), h.room, h.seat); err != nil {
					t.Error(err)
				}
				if _, err := w.lookAll(w.ctx(), h.room, h.seat+1); err != nil {
					t.Error(err)
				}
			}
		}
		second := func() {
			one.pass(time.Second)
			said++
			if said <= rounds/2 {
				all[said%4].says(h.ann, said)
				look()
			}
		}
		seconds := func() int {
			if under.Add(1) > 1 {
				t.Error("two calls are under way")
			}
			for range 5 {
				second()
			}
			under.Add(-1)
			return http.StatusOK
		}
		h.to.does(func(taken) int { return seconds() })
		for said < rounds/2 {
			second()
		}
		look()
		ids := map[string]bool{}
		for _, c := range h.to.calls()[before:] {
			ids[c.id] = true
		}
		if calls := len(h.to.calls()) - before; calls != len(ids) || len(h.to.texts()) != rounds/2 {
			t.Errorf("%d calls have %d ids, and bring %d of %d messages", calls, len(ids), len(h.to.texts()), rounds/2)
		}
		if wakes := len(one.host.all()); wakes != 1 {
			t.Errorf("the agent is called %d times", wakes)
		}
	})
}

// A process is cut off before each of its calls of the table in turn, and another one looks at once.
func TestLook_processThatEndsAnywhere_isFollowedWhenItsClaimHasEnded(t *testing.T) {
	h := newWebhook(newWorld(t).another())
	var want []string
	ended, waited := 0, 0
	for left := int64(0); ended == int(left); left++ {
		want = append(want, said(int(left)))
		h.says(h.ann, int(left))
		dying := h.mayDie()
		dying.left.Store(left)
		if _, err := dying.lookAll(h.ctx(), h.room, h.seat); err != nil {
			ended++
		}
		if _, again := h.look(); !again.IsZero() {
			waited++
			if again.Sub(h.boxes.Now()) > 26*time.Second {
				t.Errorf("after %d calls of the table it looks again in %v", left, again.Sub(h.boxes.Now()))
			}
			h.pass(again.Sub(h.boxes.Now()))
			h.look()
		}
		if got := h.to.texts(); !slices.Equal(got, want) {
			t.Fatalf("after %d calls of the table it has %q", left, got)
		}
	}
	if ended < 6 || waited == 0 {
		t.Errorf("a process has ended at %d moments, %d times with a claim", ended, waited)
	}
}

// The holder of a claim was frozen until another had made its call, and the next ones.
func TestLook_processFrozenPastItsClaim_putsNothingBack(t *testing.T) {
	h := newWebhook(newWorld(t).another())
	other := *h
	other.world = h.another()
	h.to.does(func(taken) int {
		h.to.answers(http.StatusOK)
		h.pass(26 * time.Second)
		if calls, _ := other.look(); calls != 2 {
			t.Errorf("it calls %d times", calls)
		}
		return http.StatusOK
	})
	h.says(h.ann, 1)
	h.says(h.ann, 2)
	if _, err := h.lookAll(h.ctx(), h.room, h.seat); err == nil {
		t.Error("it has written after its claim")
	}
	if calls, again := other.look(); calls != 0 || !again.IsZero() {
		t.Errorf("then it is called %d times, and again at %v", calls, again)
	}
}

// A driver that hears nothing of its write tries again, and finds what it wrote itself.
func TestLook_replyOfItsClaimIsLost_calls(t *testing.T) {
	w := newWorld(t)
	below, lost := w.table, 0
	w.table = &tabletest.Hooks{Table: below, After: func(ctx context.Context, c *tabletest.Call) {
		if len(c.Ops) == 1 && strings.HasPrefix(c.Ops[0].Item.Key.Sort, "CALL#") {
			lost++
			c.Err = below.Write(ctx, c.Ops...)
		}
	}}
	h := newWebhook(w.another())
	h.says(h.ann, 1)
	if calls, _ := h.look(); calls != 1 || lost != 1 {
		t.Errorf("after %d lost replies it is called %d times", lost, calls)
	}
}

// A machine dies during a call, and another one begins, or hears of something new: it makes the call once the claim has
// ended.
func TestRun_machineThatDiesDuringACall_isFollowedByTheTimerOfAnother(t *testing.T) {
	w := newWorld(t)
	w.open(chat.Options{Clock: hurriedClock{w.clock}}, outbox.Options{Clock: w.boxes})
	ann, bob := w.join("tea", "Ann"), w.join("tea", "Bob")
	w.subscribe(w.asked(bob, "/"))
	w.look(bob.Token, "")
	dying := w.mayDie()
	w.host.answer = func(call) int { dying.left.Store(0); return http.StatusOK }
	dying.says(ann, 1)
	at, seat := w.seat(bob.Token)
	if _, err := dying.lookAll(w.ctx(), at, seat); err == nil {
		t.Fatal("it has not died")
	}
	first := w.host.next(t)
	w.run()
	w.timers(2) // the scan, and the end of the claim
	w.says(ann, 2)
	w.idle()
	w.timers(2)
	if calls := len(w.host.all()); calls != 1 {
		t.Errorf("before the claim has ended there are %d calls", calls)
	}
	w.pass(30 * time.Second)
	if c := w.host.next(t); c.id != first.id || c.unread != 2 {
		t.Errorf("then called is %+v, after %+v", c, first)
	}
}
