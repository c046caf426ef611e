package chat_test

import (
	"context"
	"fmt"
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

// agentIn returns an agent as another of its room sees it.
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

func TestPresence_ofOneWaitAfterAnother_isWrittenOnceAMinuteAtMost(t *testing.T) {
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

func TestPresence_betweenTwoWaits_anotherProcessSeesTheAgentWaitOn(t *testing.T) {
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
	here.blocked(3) // and the timer of the note that is due in 5 s
	w.clock.Advance(12 * time.Second)
	await(t, "the note of the next wait", func() bool {
		return agentIn(t, there.info(p.ann.Token).Room, "Bob").State == chat.Waiting
	})
	w.clock.Advance(38 * time.Second)
	wantStatus(t, "Bob", take(t, wait), chat.StatusQuiet)
	w.clock.Advance(20 * time.Second)
	state("20 s after the last wait", chat.Silent)
}

func TestPresence_ofWhoStandsBy_isStandby(t *testing.T) {
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
		t.Errorf("while its loop begins anew: %s", got)
	}
	w.clock.Advance(time.Minute)
	if got := agentIn(t, w.info(p.ann.Token).Room, "Bob").State; got != chat.Silent {
		t.Errorf("when its loop has ended: %s", got)
	}
}

// TestPresence_ofWhoWaitsElsewhere_isWaitingAfterWhatWakesNobody: a report ends no
// wait in a room of three.
func TestPresence_ofWhoWaitsElsewhere_isWaitingAfterWhatWakesNobody(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	here, there := onTable(t, w.clock, w.table, chat.Options{}), w.elsewhere()
	here.waiting(t.Context(), chat.WaitRequest{Token: p.cid.Token, Cursor: p.cid.Cursor, Wait: 50 * time.Second})
	here.blocked(2)
	there.sayAs(p.ann.Token, room.Status, "half done")
	if got := agentIn(t, there.info(p.ann.Token).Room, "Cid").State; got != chat.Waiting {
		t.Errorf("after a report: %s", got)
	}
	there.say(p.ann.Token, "and now to you all")
	if got := agentIn(t, there.info(p.ann.Token).Room, "Cid").State; got == chat.Waiting {
		t.Errorf("after a word that ends its wait: %s", got)
	}
}

func TestActivity_isShownBesideTheName_inEveryProcess(t *testing.T) {
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
	w.look(p.bob.Token, p.bob.Cursor) // says nothing of it
	shown("mending one")
	for range 5 {
		w.clock.Advance(10 * time.Minute)
		w.look(p.bob.Token, p.bob.Cursor)
	}
	shown("mending one")
	w.clock.Advance(10 * time.Minute) // an hour since it was said
	w.look(p.bob.Token, p.bob.Cursor)
	shown("")
}

func TestActivity_thatCannotBeShown_isRefused(t *testing.T) {
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

func TestCompany_isToldInAQuietResultOnlyWhenItHasChanged(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	quiet := func() []chat.Agent {
		t.Helper()
		got := w.look(p.ann.Token, p.ann.Cursor)
		wantStatus(t, "Ann", got, chat.StatusQuiet)
		return got.Agents
	}
	if got := quiet(); got != nil {
		t.Errorf("told again what the last result told: %v", got)
	}
	w.look(p.bob.Token, p.bob.Cursor)
	w.clock.Advance(time.Minute)
	if got := quiet(); got != nil {
		t.Errorf("told of a pause of a minute: %v", got)
	}
	if _, err := w.Wait(t.Context(), chat.WaitRequest{Token: p.bob.Token, Cursor: p.bob.Cursor, BackIn: 10 * time.Minute}); err != nil {
		t.Fatal(err)
	}
	if got := quiet(); len(got) != 2 || got[1].State != chat.Away {
		t.Errorf("Bob has gone away, told %v", got)
	}
	if got := quiet(); got != nil {
		t.Errorf("told twice: %v", got)
	}
	w.clock.Advance(11 * time.Minute)
	if got := quiet(); len(got) != 2 || got[1].State != chat.Silent {
		t.Errorf("Bob is not back in time, told %v", got)
	}
}

func TestCompany_aboveTen_isTheirNumberAndWhoWaits(t *testing.T) {
	w := newWorld(t)
	var names []string
	for i := range 30 {
		names = append(names, fmt.Sprintf("Agent %02d", i))
	}
	all := w.crowd("hall", names...)
	for i := 2; i < 15; i++ {
		w.waiting(t.Context(), chat.WaitRequest{Token: all[i].Token, Cursor: all[i].Cursor, Wait: time.Minute})
	}
	w.blocked(13)
	w.leave(all[1].Token)
	got := w.look(all[0].Token, all[0].Cursor)
	if got.Seated != 29 || got.AllWaiting != 13 || len(got.Agents) != 10 {
		t.Fatalf("%d seated, %d waiting, %d told", got.Seated, got.AllWaiting, len(got.Agents))
	}
	for _, a := range got.Agents {
		if a.State != chat.Waiting {
			t.Errorf("%s is %s", a.Name, a.State)
		}
	}
	w.Stop()
}

// await polls until ok, for what happens beside the test.
func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for limit := time.Now().Add(20 * time.Second); !ok(); runtime.Gosched() {
		if time.Now().After(limit) {
			t.Fatal(what + " did not come")
		}
	}
}
