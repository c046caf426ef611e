package outbox_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/store/table/tabletest"
)

// Another process has made the calls: the hook, what became of its calls, and the end of the log. For an agent the read
// position is one more.
func TestLook_nothingToDo_makesThreeReadsAndOfAnAgentFour(t *testing.T) {
	for what, c := range map[string]struct {
		most  int32
		begin func(*world) *endpoint
	}{
		"a wake": {4, func(w *world) *endpoint {
			e := &endpoint{world: w, ann: w.join("tea", "Ann"), cid: w.join("tea", "Cid")}
			w.subscribe(w.asked(e.cid, "/"))
			e.room, e.seat = w.seat(e.cid.Token)
			return e
		}},
		"a webhook": {3, func(w *world) *endpoint {
			h := newWebhook(w)
			return &endpoint{world: w, ann: h.ann, room: h.room, seat: h.seat}
		}},
		"an endpoint": {3, newEndpoint},
	} {
		w := newWorld(t)
		var reads atomic.Int32
		w.table = &tabletest.Hooks{Table: w.table, After: func(_ context.Context, c *tabletest.Call) {
			if c.Method != tabletest.Write {
				reads.Add(1)
			}
		}}
		e := c.begin(w.another())
		id, other := w.another().hook().ID, w.another()
		look := func(of *world) {
			t.Helper()
			if _, err := of.box.Deliver(of.ctx(), e.room, e.seat, id); err != nil {
				t.Fatal(err)
			}
		}
		look(other) // and so knows the room
		for n := range 3 {
			e.asks(said(n))
			look(e.world)
			e.pass(2 * time.Second)
			reads.Store(0)
			look(other)
			if reads.Load() > c.most || reads.Load() == 0 {
				t.Errorf("%s: a look after message %d makes %d reads", what, n, reads.Load())
			}
		}
	}
}
