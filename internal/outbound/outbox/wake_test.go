package outbox_test

import (
	"context"
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/outbound"
	"github.com/parley-chat/parley/internal/outbound/outbox"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
)

// Bob has two hooks in a room of three: /all, and /me for what is meant for him.
func TestWake_newsThatPassTheFilter_callOnceUntilTheAgentHasRead(t *testing.T) {
	w := newWorld(t)
	ann, bob, cid := w.join("tea", "Ann"), w.join("tea", "Bob"), w.join("tea", "Cid")
	person := w.person(bob)
	cursor := w.reads(bob.Token, "")
	all := w.asked(bob, "/all")
	me := w.asked(bob, "/me")
	me.ForMe = true
	w.subscribe(all)
	w.subscribe(me)
	says := func(by chat.Seated, req chat.SendRequest) func() {
		req.Token = by.Token
		return func() { w.say(req) }
	}
	reads := func() { cursor = w.reads(bob.Token, cursor) }
	returns := func() { cursor = w.reads(bob.Token, "") }
	pauses := func(yes bool) func() {
		return func() { w.supervise(chat.SuperviseRequest{Token: person, Paused: &yes}) }
	}
	for n, step := range []struct {
		what string
		do   func()
		want []string
	}{
		{"nothing has happened", func() {}, nil},
		{"a status in a large room", says(cid, chat.SendRequest{Text: "still at it", Kind: room.Status}), nil},
		{"words for Cid alone", says(ann, chat.SendRequest{Text: "psst, Cid", To: []string{"Cid"}}), nil},
		{"words for all", says(ann, chat.SendRequest{Text: "Shall we begin?"}), []string{"/all"}},
		{"more of them", says(cid, chat.SendRequest{Text: "I am ready."}), nil},
		{"words for Bob alone", says(ann, chat.SendRequest{Text: "psst, Bob", To: []string{"Bob"}}), []string{"/me"}},
		{"more of those", says(ann, chat.SendRequest{Text: "@Bob, are you there?"}), nil},
		{"Bob reads", reads, nil},
		{"Bob is named", says(ann, chat.SendRequest{Text: "@Bob, do you hear us?"}), []string{"/all", "/me"}},
		{"Bob returns", returns, nil},
		{"words for all after that", says(ann, chat.SendRequest{Text: "We wait for him."}), []string{"/all"}},
		{"Bob reads and answers", func() { reads(); says(bob, chat.SendRequest{Text: "Yes.", Cursor: cursor})() }, nil},
		{"Bob is paused", pauses(true), nil},
		{"Bob is named while paused", says(ann, chat.SendRequest{Text: "@Bob, good."}), nil},
		{"Bob may go on", pauses(false), []string{"/all", "/me"}},
		{"he has read nothing since", says(ann, chat.SendRequest{Text: "@Bob, welcome back."}), nil},
	} {
		step.do()
		if got := w.delivers(bob.Token); !slices.Equal(got, step.want) {
			t.Errorf("step %d, %s: called are %q, want %q", n, step.what, got, step.want)
		}
	}
	last := w.host.all()[len(w.host.all())-1]
	if last.unread != 3 { // paused, named, resumed
		t.Errorf("the last call says that %d are unread", last.unread)
	}
}

// What comes is handed to a call that waits. If nobody hands it out, since its process has died, the hook is called
// after 15 seconds.
func TestWake_whileTheAgentWaits_callsOnlyIfThatBringsNothing(t *testing.T) {
	for _, dies := range []bool{false, true} {
		w := newWorld(t)
		pauses := &actingClock{FakeClock: w.boxes}
		w.open(chat.Options{Clock: w.clock}, outbox.Options{Clock: pauses})
		ann, bob := w.join("tea", "Ann"), w.join("tea", "Bob")
		w.subscribe(w.asked(bob, "/"))
		there := w.another()
		polls := clockwork.NewFakeClockAt(start()) // it stands: the process sees only what another call reads
		there.open(chat.Options{Clock: polls}, outbox.Options{Clock: polls})
		ctx, end := context.WithCancel(w.ctx())
		waited := make(chan chat.Waited, 1)
		go func() {
			got, _ := there.Wait(ctx, chat.WaitRequest{Token: bob.Token, Cursor: bob.Cursor, Wait: 4 * time.Minute})
			waited <- got
		}()
		for !w.shows(ann.Token, "Bob", room.AgentWaiting) {
			runtime.Gosched()
		}
		w.say(chat.SendRequest{Token: ann.Token, Text: "Shall we?"})
		want := []string{"/"}
		if !dies {
			want = nil
			pauses.act = func() {
				there.reads(ann.Token, "")
				for len(waited) == 0 {
					runtime.Gosched()
				}
			}
		}
		if got := w.delivers(bob.Token); !slices.Equal(got, want) {
			t.Errorf("the process of the wait dies %v: called are %q", dies, got)
		}
		if took := w.boxes.Since(start()); dies != (took == 15*time.Second) || took == 0 {
			t.Errorf("the process of the wait dies %v: the pass took %v", dies, took)
		}
		end()
		if got := <-waited; dies != (len(got.Messages) == 0) {
			t.Errorf("the process of the wait dies %v: the wait brings %+v", dies, got)
		}
	}
}

// actingClock passes the time that somebody waits for, in which a test acts.
type actingClock struct {
	*clockwork.FakeClock
	act func()
}

func (c *actingClock) NewTimer(d time.Duration) clockwork.Timer {
	if c.act != nil {
		c.act()
	}
	return hurriedClock{c.FakeClock}.NewTimer(d)
}

// shows reports whether others see an agent in a state.
func (w *world) shows(token, name string, want room.AgentState) bool {
	w.t.Helper()
	got, err := w.RoomInfo(w.ctx(), chat.InfoRequest{Token: token})
	if err != nil {
		w.t.Fatal(err)
	}
	return slices.ContainsFunc(got.Room.Agents, func(a chat.AgentView) bool {
		return a.Name == name && a.State == want
	})
}

// The times are those that the calls are signed with.
func TestWake_hostFails_isTriedFourTimesThenRestsUntilSomethingIsNewOrARefresh(t *testing.T) {
	w := newWorld(t)
	var seen struct {
		sync.Mutex
		calls, retries, failed int
	}
	w.open(chat.Options{Clock: w.clock, SingleProcess: true, MinBatch: 1},
		outbox.Options{Clock: w.boxes, SingleProcess: true,
			Observe: func(c outbox.CallOutcome) {
				seen.Lock()
				defer seen.Unlock()
				seen.calls++
				if c.Retry {
					seen.retries++
				}
				if c.Failed {
					seen.failed++
				}
			}})
	ann, bob := w.join("tea", "Ann"), w.join("tea", "Bob")
	asked := w.asked(bob, "/")
	w.subscribe(asked)
	cursor := w.reads(bob.Token, "")
	w.run()
	w.timers(1) // its scan
	w.host.answers(http.StatusInternalServerError)
	var ids []string
	called := func(what string) {
		t.Helper()
		c := w.host.next(t)
		ids = append(ids, c.id)
		if c.at != w.boxes.Now().Unix() {
			t.Errorf("%s: a call is signed at %v, now is %v", what, time.Unix(c.at, 0).UTC(), w.boxes.Now())
		}
	}
	ladder := func(what string) {
		t.Helper()
		called(what)
		for _, pause := range []time.Duration{30 * time.Second, 2 * time.Minute, 10 * time.Minute} {
			w.timers(2)
			w.pass(pause - 1)
			w.timers(2)
			w.pass(1)
			called(what)
		}
		w.rests(bob.Token)
	}
	w.say(chat.SendRequest{Token: ann.Token, Text: "Shall we?"})
	ladder("the first failure")
	if age := w.dispatcher.Failing(); age != 12*time.Minute+30*time.Second {
		t.Errorf("the oldest failure is %v ago", age)
	}
	w.say(chat.SendRequest{Token: ann.Token, Text: "Hello?"})
	ladder("something new")
	if got := w.subscribe(asked); got.Active || got.Error != "http_500" {
		t.Errorf("its client is told %+v", got)
	}
	ladder("a refresh")
	if n := len(slices.Compact(slices.Clone(ids))); n != 1 {
		t.Errorf("what is unread since the same event was called with %d ids: %q", n, ids)
	}

	for _, end := range []int{http.StatusGone, http.StatusRequestEntityTooLarge, http.StatusNoContent} {
		cursor = w.reads(bob.Token, cursor)
		w.host.answers(end)
		w.say(chat.SendRequest{Token: ann.Token, Text: fmt.Sprintf("The next one is answered %d.", end)})
		called("after Bob has read")
		w.rests(bob.Token)
		if w.dispatcher.Failing() != 0 {
			t.Errorf("after %d it still fails", end)
		}
	}
	if got := w.subscribe(asked); !got.Active || got.Error != "" || !got.LastCall.Equal(w.boxes.Now()) {
		t.Errorf("in the end its client is told %+v", got)
	}
	if n := len(slices.Compact(slices.Clone(ids))); n != 4 || len(ids) != 15 {
		t.Errorf("called were %q", ids)
	}
	seen.Lock()
	defer seen.Unlock()
	if seen.calls != 15 || seen.retries != 9 || seen.failed != 14 {
		t.Errorf("counted were %d calls, %d retries, %d failures", seen.calls, seen.retries, seen.failed)
	}
}

// rests fails if a hook of a seat is called or waits for a time, but for something new.
func (w *world) rests(token string) {
	w.t.Helper()
	w.idle()
	before := len(w.host.all())
	room, seat := w.seat(token)
	again, err := w.deliverAll(w.ctx(), room, seat)
	if n := len(w.host.all()) - before; err != nil || n > 0 || !again.IsZero() {
		w.t.Errorf("a pass calls %d times, wants the next pass at %v: %v", n, again, err)
	}
}

// talk is a world in which Bob is called for what Ann says, and has read all so far.
func newTalk(t *testing.T) (w *world, ann, bob chat.Seated) {
	w = newWorld(t)
	ann, bob = w.join("tea", "Ann"), w.join("tea", "Bob")
	w.subscribe(w.asked(bob, "/"))
	w.reads(bob.Token, "")
	return w, ann, bob
}

// The turn that a call begins may fail before it reads. Then the agent is called an hour later for what has come since.
func TestWake_agentThatDoesNotReadWhenCalled_isCalledAgainAfterAnHourForSomethingNew(t *testing.T) {
	w, ann, bob := newTalk(t)
	calls := func(what string, want int) {
		t.Helper()
		if got := w.delivers(bob.Token); len(got) != want {
			t.Errorf("%s: %d calls, want %d", what, len(got), want)
		}
	}
	w.says(ann, 1)
	calls("the first message", 1)
	w.pass(2 * time.Hour)
	calls("two hours later", 0)
	w.says(ann, 2)
	calls("a second message", 1)
	w.pass(59 * time.Minute)
	w.says(ann, 3)
	calls("a third one", 0)
	w.pass(time.Minute)
	calls("an hour after the last call", 1)
	ids := map[string]bool{}
	for _, c := range w.host.all() {
		ids[c.id] = true
	}
	if len(ids) != 3 {
		t.Errorf("the calls have the ids %v", ids)
	}
}

// Much is unread that calls nobody, and then an agent is named again and again, which is not to be called again within
// the hour. Each pass is one of a process that knows nothing, as on AWS. It reads the end of the log to know the room.
func TestWake_agentThatMayNotBeCalledIsNamedAgain_readsOnlyWhatIsNew(t *testing.T) {
	const unread, names, mostEvents, mostUnits = 1200, 30, 60, 8
	for what, begin := range map[string]func(*world) (*endpoint, func()){
		"a subscription for_me": func(w *world) (*endpoint, func()) {
			e := &endpoint{world: w, ann: w.join("tea", "Ann"), cid: w.join("tea", "Cid")}
			bot := w.join("tea", "Bot")
			asked := w.asked(bot, "/")
			asked.ForMe = true
			w.subscribe(asked)
			e.room, e.seat = w.seat(bot.Token)
			return e, func() {}
		},
		"an endpoint after sixty calls": func(w *world) (*endpoint, func()) {
			e := newEndpoint(w)
			e.unlimited()
			e.of.answers(says(""))
			return e, func() {
				for n := range 59 {
					e.pass(2 * time.Second)
					e.asks(said(2*unread + n))
					if _, err := e.deliverAll(e.ctx(), e.room, e.seat); err != nil {
						t.Fatal(err)
					}
				}
			}
		},
	} {
		w := newWorld(t)
		var events, bytes atomic.Int64
		w.table = &tabletest.Hooks{Table: w.table, After: func(_ context.Context, c *tabletest.Call) {
			for _, item := range c.Page.Items {
				bytes.Add(int64(len(item.Data)))
				if strings.HasPrefix(item.Key.Sort, "LOG#") {
					events.Add(1)
				}
			}
			bytes.Add(int64(len(c.Item.Data)))
		}}
		w.begin()
		e, until := begin(w)
		deliver := func() {
			t.Helper()
			if _, err := w.another().deliverAll(w.ctx(), e.room, e.seat); err != nil {
				t.Fatal(err)
			}
		}
		e.asks("are you there?")
		deliver()
		until()
		for n := range unread {
			e.says(e.cid, n)
		}
		called := func() (n int) {
			if e.of != nil {
				n = len(e.of.calls())
			}
			return n + len(w.host.all())
		}
		worst, units, before := int64(0), int64(0), called()
		for n := range names {
			e.asks(said(unread + n))
			events.Store(0)
			bytes.Store(0)
			deliver()
			if n > 0 { // all is new for the first one
				worst, units = max(worst, events.Load()), max(units, bytes.Load()/4096)
			}
		}
		if worst > mostEvents || units > mostUnits || called() != before || before == 0 {
			t.Errorf("%s: beside %d unread events, a name costs %d events and %d units of reads, and all cost %d calls",
				what, unread, worst, units, called()-before)
		}
		t.Logf("%s: a name costs %d events and %d units of reads", what, worst, units)
	}
}

// A count of what is unread ends at some number. What comes after it is new all the same.
func TestWake_moreThanIsCounted_isSomethingNewAfterAnOutage(t *testing.T) {
	w, ann, bob := newTalk(t)
	for n := range core.MaxNews + 10 {
		w.says(ann, n)
	}
	w.host.answers(500)
	for range 4 {
		w.delivers(bob.Token)
		w.pass(11 * time.Minute)
	}
	w.host.answers(200)
	w.says(ann, 1000)
	if got := w.delivers(bob.Token); len(got) != 1 {
		t.Errorf("after the outage the calls are %v", got)
	}
}

// Perhaps no process has run a pass over a hook that was not refreshed: the agent itself finds that out.
func TestWait_hookThatHasExpired_isNotReliedOn(t *testing.T) {
	w, ann, bob := newTalk(t)
	w.pass(outbound.MaxHookLife + time.Minute)
	w.says(ann, 1)
	got, err := w.Wait(w.ctx(), chat.WaitRequest{Token: bob.Token, Cursor: bob.Cursor})
	if err != nil || got.Situation.Hooked {
		t.Errorf("the agent is told that it is called: %v, %v", got.Situation.Hooked, err)
	}
	if at, _ := w.seat(bob.Token); len(w.items(at)) > 0 {
		t.Errorf("the table has %v", w.items(at))
	}
}
