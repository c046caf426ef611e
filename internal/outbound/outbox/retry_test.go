package outbox_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
)

// beforeRefresh returns another process, in which a function runs once just before a hook is stored.
func (w *world) beforeRefresh(do func()) *world {
	var once sync.Once
	x := *w
	x.table = &tabletest.Hooks{Table: w.table, Before: func(_ context.Context, c tabletest.Call) error {
		if c.Method == tabletest.Write && c.Ops[0].Item.Key.Partition == "HOOKS" {
			once.Do(do)
		}
		return nil
	}}
	return x.another()
}

// once fails if somebody was called with an id twice.
func (h *webhook) once() {
	h.t.Helper()
	ids := map[string]bool{}
	for _, c := range h.to.calls() {
		if ids[c.id] {
			h.t.Errorf("%s comes twice, with %q", c.id, c.Data.Message.Text)
		}
		ids[c.id] = true
	}
}

// A person gives its webhook another secret, for which the process reads what is stored. Before it writes, another
// process makes two calls.
func TestRefresh_callsAreMadeMeanwhile_noneComesAgain(t *testing.T) {
	h := newWebhook(newWorld(t).another())
	h.says(h.ann, 1)
	h.says(h.ann, 2)
	person := *h
	person.world = h.beforeRefresh(func() {
		if calls, _ := h.deliver(); calls != 2 {
			t.Errorf("meanwhile it is called %d times", calls)
		}
	})
	person.add()
	h.to.mu.Lock()
	h.to.secret = person.to.secret
	h.to.mu.Unlock()
	h.says(h.ann, 3)
	h.pass(time.Minute) // claims have ended
	if calls, again := h.deliver(); calls != 1 || !again.IsZero() {
		t.Errorf("then it is called %d times, and again at %v", calls, again)
	}
	h.once()
}

// A refresh during a call that fails is not lost with what that stores: the next call is made at once, and of a webhook
// by the new secret. An agent keeps its seat for a day from then on.
func TestRefresh_duringACallThatFails_isTriedAtOnce(t *testing.T) {
	h := newWebhook(newWorld(t).another())
	cid := h.join("tea", "Cid")
	asked := h.asked(cid, "/")
	h.subscribe(asked)
	h.deliver() // for who has come
	h.says(h.ann, 1)
	h.to.does(func(taken) int {
		h.to.answers(http.StatusOK)
		person := *h
		person.world = h.another()
		h.pass(time.Second)
		person.add()
		return http.StatusUnauthorized
	})
	if calls, again := h.deliver(); calls != 2 || !again.IsZero() {
		t.Errorf("a webhook is called %d times, and again at %v", calls, again)
	}
	h.pass(room.HookLease - time.Minute)
	h.host.answer = func(call) int {
		h.host.answers(http.StatusOK)
		h.subscribe(asked)
		return http.StatusInternalServerError
	}
	if got := h.delivers(cid.Token); len(got) != 2 {
		t.Errorf("an agent is called %d times", len(got))
	}
	h.pass(room.HookLease - time.Minute)
	if _, err := h.HookSeat(h.ctx(), cid.Token); err != nil {
		t.Errorf("nearly a day after the refresh its seat is gone: %v", err)
	}
}

// A webhook that has failed five times is ended during the sixth call, and added again.
func TestPass_hookThatBeginsAgainDuringACall_knowsNothingOfThat(t *testing.T) {
	h := newWebhook(newWorld(t).another())
	other := *h
	other.world = h.another()
	h.says(h.ann, 1)
	h.to.answers(http.StatusInternalServerError)
	for range 5 {
		_, again := h.deliver()
		h.pass(again.Sub(h.clock.Now()))
	}
	h.to.does(func(taken) int {
		h.to.answers(http.StatusOK)
		if _, err := h.EndHook(h.ctx(), h.person, h.id); err != nil {
			t.Error(err)
		}
		h.pass(time.Second)
		other.add()
		return http.StatusInternalServerError
	})
	if _, again := h.deliver(); !again.IsZero() {
		t.Errorf("at first it is to be called again in %v", again.Sub(h.clock.Now()))
	}
	h.says(h.ann, 2)
	calls, again := other.deliver()
	progress, err := h.Store().Progress(h.ctx(), h.hook())
	if calls != 1 || !again.IsZero() || err != nil || progress.Failing.SinceMs != 0 || progress.Error != "" {
		t.Errorf("for what comes then it is called %d times, and again at %v; %+v, %v", calls, again, progress, err)
	}
}

// A call may take long, and what becomes of it must live as long as the hook that was refreshed meanwhile.
func TestRefresh_duringACall_keepsTheSeat(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.join("tea", "Ann"), w.join("tea", "Bob")
	asked := w.asked(bob, "/")
	asked.TTL = time.Hour
	w.subscribe(asked)
	w.reads(bob.Token, "")
	w.says(ann, 1)
	w.pass(50 * time.Minute)
	w.host.answer = func(call) int {
		w.subscribe(asked)
		return 200
	}
	w.delivers(bob.Token)
	w.pass(15 * time.Minute)
	at, _ := w.seat(bob.Token)
	if items := strings.Join(w.items(at), " "); strings.Count(items, w.hook().ID) != 2 {
		t.Errorf("after the end that it had before the refresh, the table has %s", items)
	}
}
