package outbox_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/core/ratelimit"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
)

// The cases are those above Deliver. Case 6 is TestLook_whileTheAgentWaits_callsOnlyIfThatBringsNothing, too.
func TestDeliver_cases(t *testing.T) {
	type outcome struct {
		calls  int
		took   time.Duration // by the clock of the test
		again  time.Duration // after the pass; 0: once something new comes
		exists bool          // the hook still exists
	}
	says := func(h *webhook, _ *roomlog.HookItem) { h.says(h.ann, 1) }
	for _, c := range []struct {
		name    string
		prepare func(*webhook, *roomlog.HookItem)
		left    time.Duration // until the process ends; 0: it does not
		want    outcome
	}{
		{"Ann's hook has no news: the pass ends.",
			func(*webhook, *roomlog.HookItem) {}, 0, outcome{exists: true}},
		{"Her hook has news: the pass calls the hook, and reads again.", says, 0,
			outcome{calls: 1, exists: true}},
		{"Another process has the claim of the call: the next pass begins when the claim ends.",
			func(h *webhook, x *roomlog.HookItem) {
				says(h, x)
				progress, err := h.Store().Told(h.ctx(), *x)
				if err != nil {
					t.Fatal(err)
				}
				until := h.clock.Now().Add(25 * time.Second)
				if taken, err := h.Store().ClaimCall(h.ctx(), *x, progress.N, until); err != nil || !taken.IsZero() {
					t.Fatal(taken, err)
				}
			}, 0, outcome{again: 25 * time.Second, exists: true}},
		{"Her account has made 120 calls in this minute: the next pass begins when a call is allowed.",
			func(h *webhook, x *roomlog.HookItem) {
				says(h, x)
				for range ratelimit.Calls {
					h.Limits().Call(h.room)
				}
			}, 0, outcome{again: time.Minute / ratelimit.Calls, exists: true}},
		{"Her process ends in 20 s, and a call takes up to 25 s: the next pass begins at once.", says,
			20 * time.Second, outcome{again: -1, exists: true}},
		{"Ann waits, so the wait gets the news: the pass pauses for a second at a time, and calls after 15 s.",
			func(h *webhook, x *roomlog.HookItem) {
				h.subscribe(h.asked(h.ann, "/"))
				of, seat := h.world.seat(h.ann.Token)
				all, err := h.Store().Hooks(h.ctx(), "")
				if err != nil {
					t.Fatal(err)
				}
				for _, other := range all {
					if other.Seat == seat {
						*x = other
					}
				}
				h.says(h.bob, 1)
				waits := room.Presence{AtMs: h.clock.Now().UnixMilli(), Used: true,
					UntilMs: h.clock.Now().Add(4 * time.Minute).UnixMilli()}
				if err := h.table.Write(h.ctx(), roomlog.PutPresence(of, room.Agent{Seat: seat}, waits)); err != nil {
					t.Fatal(err)
				}
			}, 0, outcome{calls: 1, took: 15 * time.Second, exists: true}},
		{"The hook is missing: the pass reads again after a second, and then ends the hook.",
			func(_ *webhook, x *roomlog.HookItem) { x.ID = "none" }, 0, outcome{took: time.Second}},
		{"The host answers that the hook is gone: the pass ends the hook.",
			func(h *webhook, x *roomlog.HookItem) {
				says(h, x)
				h.to.answers(http.StatusGone)
			}, 0, outcome{calls: 1}},
	} {
		h := newWebhook(newWorld(t).another())
		x, err := h.Store().Hook(t.Context(), h.id)
		if err != nil {
			t.Fatal(err)
		}
		c.prepare(h, &x)
		ctx, began := h.ctx(), h.clock.Now()
		if c.left > 0 {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, c.left)
			defer cancel()
		}
		at, err := h.box.Deliver(ctx, x.Room, x.Seat, x.ID)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		_, err = h.Store().Hook(t.Context(), x.ID)
		got := outcome{calls: len(h.to.calls()) + len(h.host.all()), took: h.clock.Since(began), exists: err == nil}
		switch now := h.clock.Now(); {
		case at.Equal(now):
			got.again = -1
		case !at.IsZero():
			got.again = at.Sub(now)
		}
		if got != c.want {
			t.Errorf("%s: got %+v, want %+v", c.name, got, c.want)
		}
	}
}
