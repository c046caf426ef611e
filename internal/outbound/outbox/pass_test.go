package outbox_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/ratelimit"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/outbound/outbox"
	"github.com/parley-chat/parley/internal/outbound/outcall"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
	"github.com/parley-chat/parley/internal/testkit/secretscan"
)

// The cases are those above Deliver. Case 6 is TestWake_whileTheAgentWaits_callsOnlyIfThatBringsNothing, too.
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
				progress, err := h.Store().Progress(h.ctx(), *x)
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
		at, err := h.dispatcher.Deliver(ctx, x.Room, x.Seat, x.ID)
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

// A newer program has begun a hook for Bob's person. To this program Bob is not on standby, and no pass calls or
// changes the hook, although its life is near its end. Bob's person sees the hook, and can end it.
func TestDeliver_formOfANewerProgram_isNotCalledAndNotChanged(t *testing.T) {
	w := newWorld(t).another()
	ann, bob := w.join("tea", "Ann"), w.join("tea", "Bob")
	at, seat := w.seat(bob.Token)
	newer := roomlog.HookItem{ID: chat.HookID(ident.Local, w.host.url, "newer", chat.HookSeat{}, false), Room: at,
		Seat: seat, Form: "newer", URL: w.host.url + "/", Secret: secret, Principal: ident.Local,
		SinceMs: w.clock.Now().UnixMilli(), UntilMs: w.clock.Now().Add(time.Hour).UnixMilli()}
	lasts := roomlog.Progress{LastMs: newer.SinceMs}
	log := w.Store().Acquire(at)
	defer log.Release()
	_, err := roomlog.Append(w.ctx(), log, w.clock.Now(), func(at roomlog.Place) (roomlog.Change, error) {
		head := at.Head
		agent, _ := head.Seated(seat)
		begins := room.Caller{Agent: agent, Device: "device"}.BeginWebhook(newer.ID)
		begins.Hook.Form = newer.Form
		return roomlog.Change{Events: []room.Event{begins},
			Ops: []table.Op{roomlog.PutHook(newer), roomlog.PutProgress(newer, lasts)}}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	w.says(ann, 1)
	if paths := w.delivers(bob.Token); len(paths) > 0 {
		t.Errorf("called are %q", paths)
	}
	stored, err := w.Store().Hook(w.ctx(), newer.ID)
	progress, failed := w.Store().Progress(w.ctx(), newer)
	if err != nil || failed != nil || stored.UntilMs != newer.UntilMs || progress.N != 0 {
		t.Errorf("stored are %+v, %v, and %+v, %v", stored, err, progress, failed)
	}
	info, err := w.RoomInfo(w.ctx(), chat.InfoRequest{Token: ann.Token})
	if err != nil || info.Room.Agents[seat-1].State == room.AgentStandby {
		t.Errorf("Ann sees %+v, %v", info.Room.Agents, err)
	}
	person := w.person(bob)
	hooks := w.supervise(chat.SuperviseRequest{Token: person}).Hooks
	if len(hooks) != 1 || !hooks[0].Form.IsOfPerson() {
		t.Errorf("Bob's person sees %+v", hooks)
	}
	hooks = w.supervise(chat.SuperviseRequest{Token: person, EndHook: newer.ID}).Hooks
	if len(hooks) > 0 {
		t.Errorf("after its end there are %+v", hooks)
	}
}

// A disk that is full must not have a host called again and again that takes each call.
func TestPass_outcomeThatCannotBeStored_isNoSecondCall(t *testing.T) {
	w := newWorld(t)
	var full atomic.Bool
	w.table = &tabletest.Hooks{Table: w.table, Before: func(_ context.Context, c tabletest.Call) error {
		if full.Load() && c.Method == tabletest.Write {
			return errors.New("the disk is full")
		}
		return nil
	}}
	w.begin()
	ann, bob := w.join("tea", "Ann"), w.join("tea", "Bob")
	w.subscribe(w.asked(bob, "/"))
	w.reads(bob.Token, "")
	w.says(ann, 1)
	full.Store(true)
	w.run()
	for range 20 {
		w.timers(2) // the next scan, and the next pass
		w.pass(10 * time.Second)
	}
	w.timers(2)
	full.Store(false)
	w.pass(10 * time.Second)
	for until := time.Now().Add(patience); ; runtime.Gosched() {
		progress, err := w.Store().Progress(w.ctx(), w.hook())
		if err == nil && progress.Settled {
			break
		}
		if time.Now().After(until) {
			t.Fatalf("in the end %+v, %v is stored", progress, err)
		}
	}
	w.idle()
	if calls := len(w.host.all()); calls != 1 {
		t.Errorf("%d calls", calls)
	}
}

// The server has one place for calls, which another call holds. Bob is told of no failure, nobody counts one, and the
// first call that has a place is made as if there had been none.
func TestPass_noPlaceForTheCall_isNoFailureAndIsTriedAgain(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.join("tea", "Ann"), w.join("tea", "Bob")
	asked := w.asked(bob, "/")
	w.subscribe(asked)
	w.say(chat.SendRequest{Token: ann.Token, Text: "Shall we?"})
	calling, release, done := make(chan struct{}), make(chan struct{}), make(chan struct{})
	out := outcall.New(outcall.Options{Loopback: true, Together: 1, Time: 20 * time.Millisecond,
		Dial: func(context.Context, string, string) (net.Conn, error) {
			close(calling)
			<-release
			return nil, net.ErrClosed
		}})
	go func() {
		defer close(done)
		_, _ = out.Post(t.Context(), outcall.Call{URL: w.host.url, Secret: secret}) // fails in the end
	}()
	<-calling
	full := outbox.New(outbox.Options{Rooms: w.Service, Out: out, Local: true, Clock: w.boxes,
		Logger: secretscan.Logger(t), Observe: func(c outbox.CallOutcome) { t.Errorf("counted is %+v", c) }})
	at, seat := w.seat(bob.Token)
	again, err := full.Deliver(w.ctx(), at, seat, w.hook().ID)
	if want := w.boxes.Now().Add(10 * time.Second); err != nil || !again.Equal(want) {
		t.Errorf("the next pass begins at %v, want %v: %v", again, want, err)
	}
	if got := w.subscribe(asked); !got.Active || got.Error != "" || full.Failing() != 0 {
		t.Errorf("its client is told %+v", got)
	}
	close(release)
	<-done
	if got := w.delivers(bob.Token); !slices.Equal(got, []string{"/"}) {
		t.Errorf("with a place it calls %q", got)
	}
}

// A host takes five seconds for each call. Each second somebody speaks in another one of four processes, and all four
// deliver. The webhook is called with each event once, an agent that does not read is called once in all.
func TestPass_slowHost_isCalledByOneProcessAtATime(t *testing.T) {
	onTables(t, func(t *testing.T, rounds int, one, two *world) {
		all := []*world{one, two, one.another(), one.another()}
		h := newWebhook(one)
		cid := one.join("tea", "Cid")
		one.subscribe(one.asked(cid, "/"))
		before := len(h.to.calls())
		var under atomic.Int32
		said := 0
		deliver := func() {
			for _, w := range all {
				if _, err := w.deliverAll(w.ctx(), h.room, h.seat); err != nil {
					t.Error(err)
				}
				if _, err := w.deliverAll(w.ctx(), h.room, h.seat+1); err != nil {
					t.Error(err)
				}
			}
		}
		second := func() {
			one.pass(time.Second)
			said++
			if said <= rounds/2 {
				all[said%4].says(h.ann, said)
				deliver()
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
		deliver()
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

// A process is cut off before each of its calls of the table in turn, and another process delivers at once.
func TestPass_processThatEndsAnywhere_isFollowedWhenItsClaimHasEnded(t *testing.T) {
	h := newWebhook(newWorld(t).another())
	var want []string
	ended, waited := 0, 0
	for left := int64(0); ended == int(left); left++ {
		want = append(want, said(int(left)))
		h.says(h.ann, int(left))
		dying := h.mayDie()
		dying.left.Store(left)
		if _, err := dying.deliverAll(h.ctx(), h.room, h.seat); err != nil {
			ended++
		}
		if _, again := h.deliver(); !again.IsZero() {
			waited++
			if again.Sub(h.boxes.Now()) > 26*time.Second {
				t.Errorf("after %d calls of the table the next pass begins in %v", left, again.Sub(h.boxes.Now()))
			}
			h.pass(again.Sub(h.boxes.Now()))
			h.deliver()
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
func TestPass_processFrozenPastItsClaim_putsNothingBack(t *testing.T) {
	h := newWebhook(newWorld(t).another())
	other := *h
	other.world = h.another()
	h.to.does(func(taken) int {
		h.to.answers(http.StatusOK)
		h.pass(26 * time.Second)
		if calls, _ := other.deliver(); calls != 2 {
			t.Errorf("it calls %d times", calls)
		}
		return http.StatusOK
	})
	h.says(h.ann, 1)
	h.says(h.ann, 2)
	if _, err := h.deliverAll(h.ctx(), h.room, h.seat); err == nil {
		t.Error("it has written after its claim")
	}
	if calls, again := other.deliver(); calls != 0 || !again.IsZero() {
		t.Errorf("then it is called %d times, and again at %v", calls, again)
	}
}

// A driver that hears nothing of its write tries again, and finds what it wrote itself.
func TestPass_replyOfItsClaimIsLost_calls(t *testing.T) {
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
	if calls, _ := h.deliver(); calls != 1 || lost != 1 {
		t.Errorf("after %d lost replies it is called %d times", lost, calls)
	}
}

// Another process has made the calls: the hook, what became of its calls, and the end of the log. For an agent the read
// position is one more.
func TestPass_nothingToDo_makesThreeReadsAndOfAnAgentFour(t *testing.T) {
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
		deliver := func(of *world) {
			t.Helper()
			if _, err := of.dispatcher.Deliver(of.ctx(), e.room, e.seat, id); err != nil {
				t.Fatal(err)
			}
		}
		deliver(other) // and so knows the room
		for n := range 3 {
			e.asks(said(n))
			deliver(e.world)
			e.pass(2 * time.Second)
			reads.Store(0)
			deliver(other)
			if reads.Load() > c.most || reads.Load() == 0 {
				t.Errorf("%s: a pass after message %d makes %d reads", what, n, reads.Load())
			}
		}
	}
}

// A hook begins with an event and an item, in one Write of which a reader may see one before the other.
func TestPass_beginningOfAHookSeenInPart_keepsIt(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.join("tea", "Ann"), w.join("tea", "Bob")
	w.subscribe(w.asked(bob, "/"))
	w.say(chat.SendRequest{Token: ann.Token, Text: "Shall we?"})
	seen := 0
	w.table = &tabletest.Hooks{Table: w.table, After: func(_ context.Context, c *tabletest.Call) {
		if c.Method == tabletest.Get && c.Key.Partition == "HOOKS" {
			seen++
			if seen == 1 {
				c.Item, c.Err = table.Item{}, table.ErrNotFound
			}
		}
	}}
	if got := w.another().delivers(bob.Token); len(got) != 1 {
		t.Errorf("called are %q, after %d reads of what is stored of the hook", got, seen)
	}
}

// A hook fails while its client ends it: what became of the call is not stored.
func TestPass_hookEndsWhileItIsCalled_leavesNothing(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.join("tea", "Ann"), w.join("tea", "Bob")
	asked := w.asked(bob, "/")
	w.subscribe(asked)
	w.host.answer = func(call) int {
		if _, err := w.dispatcher.Unsubscribe(w.ctx(), asked); err != nil {
			t.Error(err)
		}
		return http.StatusInternalServerError
	}
	w.say(chat.SendRequest{Token: ann.Token, Text: "Shall we?"})
	other := w.another()
	if got := other.delivers(bob.Token); !slices.Equal(got, []string{"/"}) {
		t.Errorf("called are %q", got)
	}
	if at, _ := w.seat(bob.Token); len(w.items(at)) > 0 {
		t.Errorf("the table has %q", w.items(at))
	}
}
