package outbox_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/outbound/outbox"
	"github.com/parley-chat/parley/internal/outbound/outcall"
	"github.com/parley-chat/parley/internal/testkit/secretscan"
)

// Bob has two hooks in a room of three: /all, and /me for what is meant for him.
func TestLook_newsThatPassTheFilter_callOnceUntilTheAgentHasRead(t *testing.T) {
	w := newWorld(t)
	ann, bob, cid := w.join("tea", "Ann"), w.join("tea", "Bob"), w.join("tea", "Cid")
	person := w.person(bob)
	cursor := w.look(bob.Token, "")
	all := w.asked(bob, "/all")
	me := w.asked(bob, "/me")
	me.ForMe = true
	w.subscribe(all)
	w.subscribe(me)
	says := func(by chat.Seated, req chat.SendRequest) func() {
		req.Token = by.Token
		return func() { w.say(req) }
	}
	reads := func() { cursor = w.look(bob.Token, cursor) }
	readsWithoutCursor := func() { cursor = w.look(bob.Token, "") }
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
		{"Bob reads without a cursor", readsWithoutCursor, nil},
		{"words for all after that", says(ann, chat.SendRequest{Text: "We wait for him."}), []string{"/all"}},
		{"Bob reads and answers", func() { reads(); says(bob, chat.SendRequest{Text: "Yes.", Cursor: cursor})() }, nil},
		{"Bob is paused", pauses(true), nil},
		{"Bob is named while paused", says(ann, chat.SendRequest{Text: "@Bob, good."}), nil},
		{"Bob may go on", pauses(false), []string{"/all", "/me"}},
		{"he has read nothing since", says(ann, chat.SendRequest{Text: "@Bob, welcome back."}), nil},
	} {
		step.do()
		if got := w.looks(bob.Token); !slices.Equal(got, step.want) {
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
func TestLook_whileTheAgentWaits_callsOnlyIfThatBringsNothing(t *testing.T) {
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
			got, _ := there.Wait(ctx, chat.WaitRequest{Token: bob.Token, Wait: 4 * time.Minute})
			waited <- got
		}()
		for !w.shows(ann.Token, "Bob", chat.AgentWaiting) {
			runtime.Gosched()
		}
		w.say(chat.SendRequest{Token: ann.Token, Text: "Shall we?"})
		want := []string{"/"}
		if !dies {
			want = nil
			pauses.act = func() {
				there.look(ann.Token, "")
				for len(waited) == 0 {
					runtime.Gosched()
				}
			}
		}
		if got := w.looks(bob.Token); !slices.Equal(got, want) {
			t.Errorf("the process of the wait dies %v: called are %q", dies, got)
		}
		if took := w.boxes.Since(start()); dies != (took == 15*time.Second) || took == 0 {
			t.Errorf("the process of the wait dies %v: the look took %v", dies, took)
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
func (w *world) shows(token, name string, want chat.AgentState) bool {
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
func TestRun_hostFails_isTriedFourTimesThenRestsUntilSomethingIsNewOrARefresh(t *testing.T) {
	w := newWorld(t)
	var seen struct {
		sync.Mutex
		calls, retries, failed int
	}
	w.open(chat.Options{Clock: w.clock, SingleProcess: true, MinBatch: 1}, outbox.Options{Clock: w.boxes, Alone: true,
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
	cursor := w.look(bob.Token, "")
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
	if age := w.box.Failing(); age != 12*time.Minute+30*time.Second {
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
		cursor = w.look(bob.Token, cursor)
		w.host.answers(end)
		w.say(chat.SendRequest{Token: ann.Token, Text: fmt.Sprintf("The next one is answered %d.", end)})
		called("after Bob has read")
		w.rests(bob.Token)
		if w.box.Failing() != 0 {
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

// The server has one place for calls, which another call holds. Bob is told of no failure, nobody counts one, and the
// first call that has a place is made as if there had been none.
func TestLook_noPlaceForTheCall_isNoFailureAndIsLookedAtAgain(t *testing.T) {
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
		t.Errorf("it looks again at %v, want %v: %v", again, want, err)
	}
	if got := w.subscribe(asked); !got.Active || got.Error != "" || full.Failing() != 0 {
		t.Errorf("its client is told %+v", got)
	}
	close(release)
	<-done
	if got := w.looks(bob.Token); !slices.Equal(got, []string{"/"}) {
		t.Errorf("with a place it calls %q", got)
	}
}

// rests fails if a hook of a seat is called or waits for a time, but for something new.
func (w *world) rests(token string) {
	w.t.Helper()
	w.idle()
	before := len(w.host.all())
	room, seat := w.seat(token)
	again, err := w.lookAll(w.ctx(), room, seat)
	if n := len(w.host.all()) - before; err != nil || n > 0 || !again.IsZero() {
		w.t.Errorf("a look calls %d times, wants to look again at %v: %v", n, again, err)
	}
}
