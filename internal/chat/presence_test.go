package chat_test

import (
	"context"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/room"
	"github.com/parley-chat/parley/internal/table/tabletest"
)

// agentIn returns the agent of this name.
func agentIn(t *testing.T, r chat.Room, name string) chat.Agent {
	t.Helper()
	for _, a := range r.Agents {
		if a.Name == name {
			return a
		}
	}
	t.Fatalf("%s is not among %v", name, seats(r))
	panic("unreachable")
}

func TestPresence_consecutiveWaits_writeOncePerMinuteAtMost(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	var writes atomic.Int64 // of presence
	counter := &tabletest.Hooks{Table: w.table, Before: func(_ context.Context, c tabletest.Call) error {
		for _, op := range c.Ops {
			if strings.HasPrefix(op.Item.Key.Sort, "SEEN#") {
				writes.Add(1)
			}
		}
		return nil
	}}
	w = onTable(t, w.clock, counter, chat.Options{SingleProcess: true, MinBatch: 1})
	began := w.clock.Now()
	for _, seconds := range []int{20, 50, 7, 50, 29, 50, 50, 50} {
		d := time.Duration(seconds) * time.Second
		wait := w.open(t.Context(), chat.WaitRequest{Token: p.bob.Token, Cursor: p.bob.Cursor, Wait: d}, 1)
		w.clock.Advance(d)
		wantStatus(t, "Bob", take(t, wait), chat.StatusQuiet)
	}
	minutes := int64(w.clock.Since(began) / time.Minute)
	if got := writes.Load(); got > minutes+1 || got < minutes/2 {
		t.Errorf("presence was written %d times in %d minutes", got, minutes)
	}
}

func TestPresence_betweenTwoWaits_isWaitingForOtherProcesses(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	here, there := onTable(t, w.clock, w.table, chat.Options{}), w.elsewhere()
	state := func(after string, want chat.State) {
		t.Helper()
		if got := agentIn(t, there.info(p.ann.Token).Room, "Bob").State; got != want {
			t.Errorf("%s: %s, want %s", after, got, want)
		}
	}
	wait := here.waiting(t.Context(), chat.WaitRequest{Token: p.bob.Token, Cursor: p.bob.Cursor, Wait: 50 * time.Second})
	here.blocked(2)
	state("while it waits", chat.Waiting)
	w.clock.Advance(50 * time.Second)
	wantStatus(t, "Bob", take(t, wait), chat.StatusQuiet)
	w.clock.Advance(5 * time.Second)
	state("5 s later", chat.Waiting)
	wait = here.waiting(t.Context(), chat.WaitRequest{Token: p.bob.Token, Cursor: p.bob.Cursor, Wait: 50 * time.Second})
	here.blocked(3) // one is the timer of the next stored presence, due in 5 s
	w.clock.Advance(12 * time.Second)
	await(t, "the stored presence of the next wait", func() bool {
		return agentIn(t, there.info(p.ann.Token).Room, "Bob").State == chat.Waiting
	})
	w.clock.Advance(38 * time.Second)
	wantStatus(t, "Bob", take(t, wait), chat.StatusQuiet)
	w.clock.Advance(20 * time.Second)
	state("20 s after the last wait", chat.Silent)
}

func TestPresence_standbyWait_isStandby(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	wait := w.waiting(t.Context(), chat.WaitRequest{Token: p.bob.Token, Cursor: p.bob.Cursor, Wait: time.Minute, Standby: true})
	w.blocked(1)
	for who, other := range map[string]*world{"here": w, "elsewhere": w.elsewhere()} {
		if got := agentIn(t, other.info(p.ann.Token).Room, "Bob").State; got != chat.Standby {
			t.Errorf("%s: %s", who, got)
		}
	}
	w.clock.Advance(time.Minute)
	wantStatus(t, "Bob", take(t, wait), chat.StatusQuiet)
	w.clock.Advance(time.Second)
	if got := agentIn(t, w.info(p.ann.Token).Room, "Bob").State; got != chat.Standby {
		t.Errorf("before its loop waits again: %s", got)
	}
	w.clock.Advance(time.Minute)
	if got := agentIn(t, w.info(p.ann.Token).Room, "Bob").State; got != chat.Silent {
		t.Errorf("after its loop ended: %s", got)
	}
}

// A status message ends no wait in a room of three.
func TestPresence_waitElsewhere_isWaitingAfterAStatusMessage(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	here, there := onTable(t, w.clock, w.table, chat.Options{}), w.elsewhere()
	here.waiting(t.Context(), chat.WaitRequest{Token: p.cid.Token, Cursor: p.cid.Cursor, Wait: 50 * time.Second})
	here.blocked(2)
	there.sayAs(p.ann.Token, room.Status, "half done")
	if got := agentIn(t, there.info(p.ann.Token).Room, "Cid").State; got != chat.Waiting {
		t.Errorf("after a status message: %s", got)
	}
	there.say(p.ann.Token, "and now to you all")
	if got := agentIn(t, there.info(p.ann.Token).Room, "Cid").State; got == chat.Waiting {
		t.Errorf("after a message that ends its wait: %s", got)
	}
}

func TestActivity_isShownForAnHourInEveryProcess(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	doing := func(what string) {
		t.Helper()
		if _, err := w.Wait(t.Context(), chat.WaitRequest{Token: p.bob.Token, Cursor: p.bob.Cursor, Activity: what}); err != nil {
			t.Fatal(err)
		}
	}
	shown := func(want string) {
		t.Helper()
		for _, other := range []*world{w, w.elsewhere()} {
			if got := agentIn(t, other.info(p.ann.Token).Room, "Bob").Activity; got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		}
	}
	shown("")
	doing("reading the tests")
	shown("reading the tests")
	doing("mending one")
	shown("mending one")
	w.look(p.bob.Token, p.bob.Cursor) // without an activity
	shown("mending one")
	for range 5 {
		w.clock.Advance(10 * time.Minute)
		w.look(p.bob.Token, p.bob.Cursor)
	}
	shown("mending one")
	w.clock.Advance(10 * time.Minute) // one hour since it was set
	w.look(p.bob.Token, p.bob.Cursor)
	shown("")
}

func TestActivity_invalid_isRefused(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	for name, what := range map[string]string{
		"too long": strings.Repeat("x", chat.MaxActivity+1), "a token": "key " + p.ann.Token, "controls": "a\x1b[2Jb", "broken": "a\xff",
	} {
		_, err := w.Wait(t.Context(), chat.WaitRequest{Token: p.bob.Token, Activity: what})
		if fault.CodeOf(err) != fault.InvalidArgument {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := agentIn(t, w.info(p.ann.Token).Room, "Bob").Activity; got != "" {
		t.Errorf("shown: %q", got)
	}
}

// await polls until ok returns true.
func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for limit := time.Now().Add(20 * time.Second); !ok(); runtime.Gosched() {
		if time.Now().After(limit) {
			t.Fatal(what + " did not come")
		}
	}
}

func TestPresence_away_endsWithAMessageFromAnotherProcess(t *testing.T) {
	w := newWorld(t)
	w = w.elsewhere()
	p := w.pair()
	there := w.elsewhere()
	there.look(p.bob.Token, "")
	if _, err := w.Wait(t.Context(), chat.WaitRequest{Token: p.bob.Token, BackIn: time.Hour}); err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(time.Minute)
	there.say(p.bob.Token, "back again")
	for _, w := range []*world{w, there} {
		if got := w.info(p.ann.Token).Room.Agents[1]; got.State != chat.Silent {
			t.Errorf("after his return Bob is %+v", got)
		}
	}
}

func TestPresence_stateAndIdleTime_areTheSameInEveryProcess(t *testing.T) {
	w := newWorld(t)
	w = onTable(t, w.clock, w.table, chat.Options{})
	there := onTable(t, w.clock, w.table, chat.Options{})
	p := w.pair()
	bob := func(w *world) chat.Agent { return w.info(p.ann.Token).Room.Agents[1] }
	for _, w := range []*world{w, there} {
		w.clock.Advance(30 * time.Second)
		if got := bob(w); got.State != chat.Silent || got.Idle == 0 {
			t.Errorf("after the join Bob is %+v", got)
		}
	}
	open := w.open(t.Context(), chat.WaitRequest{Token: p.bob.Token, Cursor: p.bob.Cursor, Wait: time.Minute}, 2)
	for _, w := range []*world{w, there} {
		if got := bob(w); got.State != chat.Waiting || got.Idle != 0 {
			t.Errorf("in a wait Bob is %+v", got)
		}
	}
	w.clock.Advance(time.Minute)
	take(t, open)
	if _, err := w.Wait(t.Context(), chat.WaitRequest{Token: p.bob.Token, BackIn: 10 * time.Minute}); err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(4 * time.Minute)
	for _, w := range []*world{w, there} {
		if got := bob(w); got.State != chat.Away || got.BackIn != 6*time.Minute || got.Idle != 4*time.Minute {
			t.Errorf("while away Bob is %+v", got)
		}
	}
	there.look(p.bob.Token, "") // the other process has not read it
	for _, w := range []*world{w, there} {
		if got := bob(w); got.State != chat.Away || got.BackIn != 6*time.Minute || got.Idle != 0 {
			t.Errorf("after a poll Bob is %+v", got)
		}
	}
	w.say(p.bob.Token, "back again")
	for _, w := range []*world{w, there} {
		if got := bob(w); got.State != chat.Silent || got.Idle != 0 {
			t.Errorf("after his return Bob is %+v", got)
		}
	}
}

// An agent that waits in another process is about to return once a message was sent.
func TestPresence_waitElsewhere_endsWithAMessage(t *testing.T) {
	w := newWorld(t)
	w = onTable(t, w.clock, w.table, chat.Options{})
	there := onTable(t, w.clock, w.table, chat.Options{})
	p := w.pair()
	ctx, cancel := context.WithCancel(t.Context())
	open := w.open(ctx, chat.WaitRequest{Token: p.bob.Token, Cursor: p.bob.Cursor, Wait: time.Minute}, 2)
	if got := there.info(p.ann.Token).Room.Agents[1].State; got != chat.Waiting {
		t.Errorf("in his wait Bob is %s", got)
	}
	there.say(p.ann.Token, "hello")
	if got := there.info(p.ann.Token).Room.Agents[1].State; got != chat.Silent {
		t.Errorf("after a message Bob is %s", got)
	}
	cancel()
	<-open
}

func TestPresence_canceledWait_isSilent(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	ctx, cancel := context.WithCancel(t.Context())
	open := w.open(ctx, chat.WaitRequest{Token: p.bob.Token, Cursor: p.bob.Cursor, Wait: time.Minute}, 1)
	if got := w.info(p.ann.Token).Room.Agents[1].State; got != chat.Waiting {
		t.Errorf("in his wait Bob is %s", got)
	}
	cancel()
	<-open
	if got := w.info(p.ann.Token).Room.Agents[1].State; got != chat.Silent {
		t.Errorf("after the cancellation Bob is %s", got)
	}
}
