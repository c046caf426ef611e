package outbox_test

import (
	"context"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
)

// A process begins while the table fails. Nobody tells the process of the message, so only a scan finds the hook.
func TestRun_scanFails_isRepeatedAfterTenSeconds(t *testing.T) {
	w := newWorld(t)
	var fails atomic.Bool
	w.table = &tabletest.Hooks{Table: w.table, Before: func(_ context.Context, c tabletest.Call) error {
		if fails.Load() && c.Method == tabletest.Query && c.Range.Partition == roomlog.HooksPartition {
			return table.ErrUnavailable
		}
		return nil
	}}
	w.begin()
	ann, bob := w.join("tea", "Ann"), w.join("tea", "Bob")
	w.subscribe(w.asked(bob, "/"))
	w.say(chat.SendRequest{Token: ann.Token, Text: "Shall we?"})
	fails.Store(true)
	w.run()
	w.timers(1)
	fails.Store(false)
	w.pass(10 * time.Second)
	if c := w.host.next(t); c.unread != 1 {
		t.Errorf("called is %+v", c)
	}
}

// Bob's call has failed and is to be repeated in 30 s. His client refreshes the hook after the pass has read the hook
// for the last time: the pass ends until the 30 s are over, but the job must not.
func TestRun_refreshAfterTheLastReadOfAPass_callsAtOnce(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.join("tea", "Ann"), w.join("tea", "Bob")
	asked := w.asked(bob, "/")
	var failed atomic.Bool
	w.table = &tabletest.Hooks{Table: w.table, After: func(_ context.Context, c *tabletest.Call) {
		if c.Method == tabletest.Get && roomlog.IsTold(c.Key) && failed.CompareAndSwap(true, false) {
			w.subscribe(asked)
		}
	}}
	w.begin()
	w.subscribe(asked)
	w.look(bob.Token, "")
	w.host.answer = func(call) int {
		w.host.answers(http.StatusOK)
		failed.Store(true)
		return http.StatusInternalServerError
	}
	w.run()
	w.say(chat.SendRequest{Token: ann.Token, Text: "Shall we?"})
	for range 2 {
		w.host.next(t)
	}
}
