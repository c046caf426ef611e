package chat_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
)

// A process may end without a word in the middle of a long wait. So others see the wait
// announced for some minutes at a time.
func TestWait_ofHours_isSeenAsLongAsItsProcessLives(t *testing.T) {
	w := newWorld(t).another()
	p := w.pair()
	ctx, kill := context.WithCancel(t.Context())
	ended := w.open(ctx, chat.WaitRequest{Token: p.bob.Token, Cursor: p.bob.Cursor, Wait: core.MaxWait})
	for range 20 {
		w.clock.Advance(5 * time.Minute)
		w.passUntil("the wait is announced again",
			func() bool { return w.seenElsewhere(p.ann, p.bob).State == room.AgentWaiting })
	}
	kill()
	<-ended
	w.clock.Advance(7 * time.Minute)
	if got := w.seenElsewhere(p.ann, p.bob); got.State != room.AgentSilent {
		t.Errorf("seven minutes after its process ended Bob's agent is %s", got.State)
	}
}

// passUntil lets up to ten minutes pass until something has happened that is due by then. Before
// each step, a call that a timer woke sets its next one, so that no call sleeps through all of it.
func (w *world) passUntil(what string, happened func() bool) {
	w.t.Helper()
	end := w.clock.Now().Add(10 * time.Minute)
	await(w.t, what, func() bool {
		if happened() {
			return true
		}
		if w.watch.isAnswered() && w.clock.Now().Before(end) {
			w.clock.Advance(10 * time.Second)
		}
		return false
	})
}

// seenElsewhere is what a process that knows nothing yet shows one agent of another.
func (w *world) seenElsewhere(reader, of chat.Seated) chat.AgentView {
	w.t.Helper()
	for _, a := range w.another().info(reader.Token).Room.Agents {
		if a.Name == of.Name {
			return a
		}
	}
	w.t.Fatalf("%s has no seat", of.Name)
	return chat.AgentView{}
}

// An agent whose client has left a wait in one process, unseen, announces an absence to
// another.
func TestWait_ofHours_keepsTheAbsenceAnnouncedElsewhere(t *testing.T) {
	w := newWorld(t).another()
	p := w.pair()
	ctx, kill := context.WithCancel(t.Context())
	defer kill()
	ended := w.open(ctx, chat.WaitRequest{Token: p.bob.Token, Cursor: p.bob.Cursor, Wait: core.MaxWait})
	w.clock.Advance(30 * time.Second) // the wait is not announced again at the same moment
	back := w.clock.Now().Add(100 * time.Minute)
	if _, err := w.another().Wait(t.Context(),
		chat.WaitRequest{Token: p.bob.Token, Cursor: p.bob.Cursor,
			Absence: chat.Absence{Given: true, BackIn: 100 * time.Minute}}); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		before := w.written(p.bob)
		w.clock.Advance(5 * time.Minute)
		w.passUntil("the wait is announced again", func() bool { return w.written(p.bob) != before })
	}
	if got := w.seenElsewhere(p.ann, p.bob); got.BackIn != back.Sub(w.clock.Now()) {
		t.Errorf("Bob's agent is back in %v, want at %v", got.BackIn, back)
	}
	kill()
	<-ended
}

// A process that knows nothing of an absence gets another one from the agent, whom its person holds by then.
func TestWait_ofAHeldAgent_keepsTheAbsenceAnnouncedElsewhere(t *testing.T) {
	w := newWorld(t).another()
	p := w.pair()
	there := w.another()
	there.look(p.bob.Token, p.bob.Cursor)
	absent := func(at *world, d time.Duration) {
		if _, err := at.Wait(t.Context(), chat.WaitRequest{Token: p.bob.Token, Cursor: p.bob.Cursor,
			Absence: away(d)}); err != nil {
			t.Fatal(err)
		}
	}
	absent(w, 100*time.Minute)
	back := w.clock.Now().Add(100 * time.Minute)
	w.pauses(w.person(p.bob), true)
	w.clock.Advance(10 * time.Minute)
	absent(there, 5*time.Minute)
	if got := w.seenElsewhere(p.ann, p.bob); got.BackIn != back.Sub(w.clock.Now()) {
		t.Errorf("Bob's agent is back in %v, want at %v", got.BackIn, back)
	}
}

// written is the stored presence of an agent's seat.
func (w *world) written(of chat.Seated) string {
	w.t.Helper()
	token, err := ident.ParseToken(of.Token)
	if err != nil {
		w.t.Fatal(err)
	}
	item, err := w.table.Get(w.t.Context(), roomlog.PresenceKey(token.Room, token.Seat), table.Strong)
	if err != nil {
		w.t.Fatal(err)
	}
	return string(item.Data)
}

// Bob says that he will be back in an hour. A minute later he makes a call.
func TestAbsence_endsOnlyWithAWaitOfItsAgentOrByItsWord(t *testing.T) {
	for name, c := range map[string]struct {
		calls func(w *world, bob chat.Seated)
		ends  bool
		state room.AgentState // "" if it does not matter
	}{
		"a message that waits": {func(w *world, bob chat.Seated) {
			w.sending(chat.SendRequest{Token: bob.Token, Cursor: bob.Cursor, Text: "one thing more",
				Wait: 40 * time.Second})
		}, false, ""},
		"a shell line": {func(w *world, bob chat.Seated) { w.shell(bob) }, false, room.AgentStandby},
		"a wait":       {func(w *world, bob chat.Seated) { w.hold(bob) }, true, room.AgentWaiting},
		"a wait that announces another": {func(w *world, bob chat.Seated) {
			w.open(w.t.Context(), chat.WaitRequest{Token: bob.Token, Cursor: bob.Cursor, Wait: time.Minute,
				Absence: away(59 * time.Minute)})
		}, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			p := w.pair()
			w.leaves(p.bob, time.Hour)
			w.clock.Advance(time.Minute)
			c.calls(w, p.bob)
			for _, w := range []*world{w, w.elsewhere()} {
				if got := agentIn(t, w.info(p.ann.Token).Room, "Bob"); (got.BackIn == 0) != c.ends ||
					c.state != "" && got.State != c.state {
					t.Errorf("Ann sees %+v", got)
				}
			}
		})
	}
}

// Bob waits, and at once says in another call that he goes away.
func TestAbsence_announcedAtOnceWithAWait_hidesNoWait(t *testing.T) {
	onEachTable(t, func(t *testing.T, services ...*world) {
		here := onTable(t, services[0].clock, services[0].table, chat.Options{SingleProcess: len(services) == 1})
		there := here
		if len(services) > 1 {
			there = here.another()
		}
		p := here.pair()
		for i := range 25 {
			here.clock.Advance(5 * time.Minute)
			ctx, end := context.WithCancel(t.Context())
			ended := here.waiting(ctx, chat.WaitRequest{Token: p.bob.Token, Cursor: p.bob.Cursor, Wait: time.Minute})
			there.sends(chat.SendRequest{Token: p.bob.Token, Text: fmt.Sprint("later ", i), Absence: away(time.Hour)})
			await(t, "Bob is seen to wait", func() bool {
				return here.seenElsewhere(p.ann, p.bob).State == room.AgentWaiting
			})
			end()
			<-ended
		}
	})
}

// A message is said before its absence is stored: the same call again says nothing more, and stores the absence.
func TestAbsence_cannotBeStored_isUnavailable(t *testing.T) {
	onEachTable(t, func(t *testing.T, services ...*world) {
		w, broken := services[0], false
		p := w.pair()
		w.Service = chat.New(&tabletest.Hooks{Table: w.table, Before: func(_ context.Context, c tabletest.Call) error {
			if broken && c.Method == tabletest.Write && strings.HasPrefix(c.Ops[0].Item.Key.Sort, "SEEN#") {
				return table.ErrUnavailable
			}
			return nil
		}}, chat.Options{Clock: hurriedClock{w.clock}, SingleProcess: len(services) == 1, MinBatch: 1})
		w.clock.Advance(5 * time.Minute)
		waits := chat.WaitRequest{Token: p.bob.Token, Cursor: p.bob.Cursor, Absence: away(time.Hour)}
		says := chat.SendRequest{Token: p.bob.Token, Cursor: p.bob.Cursor, Text: "I go for lunch now",
			Absence: away(time.Hour)}
		broken = true
		_, err := w.Wait(t.Context(), waits)
		wants(t, err, fault.Unavailable)
		for range 2 {
			_, err = w.Send(t.Context(), says)
			wants(t, err, fault.Unavailable)
		}
		broken = false
		if got := agentIn(t, w.elsewhere().info(p.ann.Token).Room, "Bob"); got.BackIn != 0 {
			t.Errorf("Bob is seen to be away: %+v", got)
		}
		if sent, err := w.Send(t.Context(), says); err != nil || !sent.Duplicate || sent.Waited.AwayUntil.IsZero() {
			t.Errorf("the same again: %+v, %v", sent, err)
		}
		if got := agentIn(t, w.elsewhere().info(p.ann.Token).Room, "Bob"); got.State != room.AgentAway {
			t.Errorf("then Bob is seen as %+v", got)
		}
	})
}

func TestFirstWait_endedForWantOfOthers_theNextOneLasts(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	w.leaves(p.bob, 10*time.Minute)
	first, err := w.Wait(t.Context(), chat.WaitRequest{Token: p.ann.Token, Cursor: p.ann.Cursor, Wait: time.Minute})
	if err != nil || !first.Situation.OthersGone {
		t.Fatalf("got %+v, %v", first, err)
	}
	next := w.open(t.Context(), chat.WaitRequest{Token: p.ann.Token, Cursor: first.Cursor, Wait: time.Minute})
	w.pass(59 * time.Second)
	w.stillWaits("Ann", next) // nor is she given the turn, since nobody would hear her
	w.pass(time.Second)
	got := take(t, next)
	if got.Situation.OthersGone || !read(t, p.ann.Token, got.Cursor).ToldOthersAway {
		t.Errorf("the next wait gets %+v", got)
	}
	w.say(p.bob.Token, "I am here after all")
	got = w.look(p.ann.Token, got.Cursor)
	if read(t, p.ann.Token, got.Cursor).ToldOthersAway {
		t.Error("the cursor remembers it although Bob has spoken")
	}
}

func TestFirstWait_allOthersHaveLeft_returnsAtOnceAsAllDone(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	w.leave(p.bob.Token)
	cursor := w.look(p.ann.Token, p.ann.Cursor).Cursor
	first, err := w.Wait(t.Context(), chat.WaitRequest{Token: p.ann.Token, Cursor: cursor, Wait: time.Minute})
	if err != nil || first.Status != chat.StatusAllDone || !first.Situation.OthersGone {
		t.Fatalf("got %+v, %v", first, err)
	}
	next := w.open(t.Context(), chat.WaitRequest{Token: p.ann.Token, Cursor: first.Cursor, Wait: time.Minute})
	w.stillWaits("Ann", next)
	w.join("plans", "Cid")
	wantStatus(t, "Ann", take(t, next), chat.StatusMessages)
}

func TestFirstWait_unlessAllOthersAreAway_waits(t *testing.T) {
	for name, c := range map[string]struct {
		cid func(w *world, p company) // Bob is away
	}{
		"one is busy": {cid: func(w *world, p company) { w.look(p.cid.Token, p.cid.Cursor) }},
		"one waits":   {cid: func(w *world, p company) { w.hold(p.cid) }},
		// it may answer
		"one is on standby": {cid: func(w *world, p company) { w.leaves(p.cid, time.Hour); w.shell(p.cid) }},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			p := w.company()
			w.leaves(p.bob, 10*time.Minute)
			c.cid(w, p)
			w.stillWaits("Ann", w.hold(p.ann)[0])
		})
	}
	w := newWorld(t)
	w.stillWaits("Ann, who was always alone", w.hold(w.join("plans", "Ann"))[0])
}

// presenceFails returns a service in another process whose table fails reads and writes
// of single presences while fails says so, and how many it has failed.
func (w *world) presenceFails(fails func(c tabletest.Call, failed int) bool) (two *world, failed func() int) {
	var mu sync.Mutex
	n := 0
	h := &tabletest.Hooks{Table: w.table, Before: func(_ context.Context, c tabletest.Call) error {
		key := c.Key
		if c.Method == tabletest.Write {
			key = c.Ops[0].Item.Key
		}
		mu.Lock()
		defer mu.Unlock()
		if !strings.HasPrefix(key.Sort, "SEEN#") || !fails(c, n) {
			return nil
		}
		n++
		return fmt.Errorf("%w: no answer", table.ErrUnavailable)
	}}
	failed = func() int {
		mu.Lock()
		defer mu.Unlock()
		return n
	}
	return &world{t: w.t, clock: w.clock, table: w.table, watch: w.watch,
		Service: chat.New(h, chat.Options{Clock: w.watch})}, failed
}

// The write that announces a wait fails once. Others must not think for minutes that
// nobody waits: after five minutes a paired agent would lose its seat.
func TestWait_announcementFails_isMadeUpSoon(t *testing.T) {
	w := newWorld(t)
	one := w.another()
	two, failed := w.presenceFails(func(c tabletest.Call, failed int) bool {
		return c.Method == tabletest.Write && failed == 0
	})
	p := one.pair()
	wait := two.open(t.Context(), chat.WaitRequest{Token: p.bob.Token, Cursor: p.bob.Cursor, Wait: 10 * time.Minute})
	const soon = 10 * time.Second
	await(t, "a timer for another try", func() bool { return w.watch.count(soon) > 0 })
	w.clock.Advance(soon)
	await(t, "the wait is announced", func() bool { return one.seenElsewhere(p.ann, p.bob).State == "waiting" })
	if failed() != 1 {
		t.Errorf("%d writes failed", failed())
	}
	two.stillWaits("Bob", wait)
}

// The table fails to take an announcement, and then to tell what it has. What the process
// knows of its agent stays as it was: that it has used its token, and the last event when
// its wait began.
func TestWait_announcementAndReadFail_keepWhatIsKnown(t *testing.T) {
	w := newWorld(t)
	one := w.another()
	began := w.clock.Now()
	two, failed := w.presenceFails(func(c tabletest.Call, failed int) bool {
		late := w.clock.Since(began) > 2*time.Minute
		return late && (failed == 0 && c.Method == tabletest.Write || failed == 1 && c.Method == tabletest.Get)
	})
	p := one.pair()
	two.open(t.Context(), chat.WaitRequest{Token: p.bob.Token, Cursor: p.bob.Cursor, Wait: core.MaxWait})
	announced := func() (until int64, used bool, head int64) {
		l := one.Store().Acquire(p.bob.Token[:7])
		defer l.Release()
		got, err := l.Items().PresenceOf(t.Context(), w.seatOf(p.bob))
		if err != nil {
			t.Fatal(err)
		}
		return got.UntilMs, got.Used, got.WaitFrom
	}
	first, _, _ := announced()
	looks := func() int { return w.watch.count(time.Minute) + w.watch.count(10*time.Second) }
	for again := first; again == first; again, _, _ = announced() {
		if w.clock.Since(began) > 15*time.Minute {
			t.Fatal("the wait is not announced again")
		}
		before := looks()
		w.clock.Advance(time.Minute)
		await(t, "the wait looks after its announcement", func() bool { return looks() > before })
	}
	if _, used, head := announced(); failed() != 2 || !used || head == 0 {
		t.Errorf("after %d failures: used %t, head %d", failed(), used, head)
	}
}
