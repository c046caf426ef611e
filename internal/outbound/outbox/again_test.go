package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/outbound/outbox"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
)

// talk is a world in which Bob is called for what Ann says, and has read all so far.
func newTalk(t *testing.T) (w *world, ann, bob chat.Seated) {
	w = newWorld(t)
	ann, bob = w.join("tea", "Ann"), w.join("tea", "Bob")
	w.subscribe(w.asked(bob, "/"))
	w.look(bob.Token, "")
	return w, ann, bob
}

// says has an agent say something that nobody has said before.
func (w *world) says(s chat.Seated, n int) {
	w.t.Helper()
	w.say(chat.SendRequest{Token: s.Token, Text: fmt.Sprintf("This is message %d of many.", n)})
}

// The turn that a call begins may fail before it reads. Then the agent is called an hour later for what has come since.
func TestLook_agentThatDoesNotReadWhenCalled_isCalledAgainAfterAnHourForSomethingNew(t *testing.T) {
	w, ann, bob := newTalk(t)
	calls := func(what string, want int) {
		t.Helper()
		if got := w.looks(bob.Token); len(got) != want {
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
// the hour. Each look is one of a process that knows nothing, as on AWS. It reads the end of the log to know the room.
func TestLook_agentThatMayNotBeCalledIsNamedAgain_readsOnlyWhatIsNew(t *testing.T) {
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
					if _, err := e.lookAll(e.ctx(), e.room, e.seat); err != nil {
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
		looks := func() {
			t.Helper()
			if _, err := w.another().lookAll(w.ctx(), e.room, e.seat); err != nil {
				t.Fatal(err)
			}
		}
		e.asks("are you there?")
		looks()
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
			looks()
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
func TestLook_moreThanIsCounted_isSomethingNewAfterAnOutage(t *testing.T) {
	w, ann, bob := newTalk(t)
	for n := range chat.MostNews + 10 {
		w.says(ann, n)
	}
	w.host.answers(500)
	for range 4 {
		w.looks(bob.Token)
		w.pass(11 * time.Minute)
	}
	w.host.answers(200)
	w.says(ann, 1000)
	if got := w.looks(bob.Token); len(got) != 1 {
		t.Errorf("after the outage the calls are %v", got)
	}
}

// A disk that is full must not have a host called again and again that takes each call.
func TestRun_whatCannotBeStored_isNotCalledAgain(t *testing.T) {
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
	w.look(bob.Token, "")
	w.says(ann, 1)
	full.Store(true)
	w.run()
	for range 20 {
		w.timers(2) // the next scan, and the next look
		w.pass(10 * time.Second)
	}
	w.timers(2)
	full.Store(false)
	w.pass(10 * time.Second)
	for until := time.Now().Add(patience); ; runtime.Gosched() {
		progress, err := w.Store().Told(w.ctx(), w.hook())
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

// A call may take long, and what becomes of it must live as long as the hook that was refreshed meanwhile.
func TestLook_refreshDuringACall_keepsTheSeat(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.join("tea", "Ann"), w.join("tea", "Bob")
	asked := w.asked(bob, "/")
	asked.TTL = time.Hour
	w.subscribe(asked)
	w.look(bob.Token, "")
	w.says(ann, 1)
	w.pass(50 * time.Minute)
	w.host.answer = func(call) int {
		w.subscribe(asked)
		return 200
	}
	w.looks(bob.Token)
	w.pass(15 * time.Minute)
	at, _ := w.seat(bob.Token)
	if items := strings.Join(w.items(at), " "); strings.Count(items, w.hook().ID) != 2 {
		t.Errorf("after the end that it had before the refresh, the table has %s", items)
	}
}

// A person ends a hook that fails, while its next try is due.
func TestRun_hookThatFails_isEndedByThePersonForGood(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.join("tea", "Ann"), w.join("tea", "Bob")
	person := w.person(bob)
	asked := w.asked(bob, "/")
	id := w.subscribe(asked).ID
	w.look(bob.Token, "")
	w.host.answers(500)
	w.run()
	w.timers(1)
	w.says(ann, 1)
	w.host.next(t)
	w.timers(2)
	w.supervise(chat.SuperviseRequest{Token: person, EndHook: id})
	w.pass(30 * time.Second)
	w.idle()
	w.timers(1)
	if got, err := w.box.Subscribe(w.ctx(), asked); err == nil {
		t.Errorf("the refresh begins it again: %+v", got)
	}
}

// No process may have looked at a hook that was not refreshed: the agent itself finds that out.
func TestWait_hookThatHasExpired_isNotReliedOn(t *testing.T) {
	w, ann, bob := newTalk(t)
	w.pass(outbox.LongestLife + time.Minute)
	w.says(ann, 1)
	got, err := w.Wait(w.ctx(), chat.WaitRequest{Token: bob.Token})
	if err != nil || got.Hooked {
		t.Errorf("the agent is told that it is called: %v, %v", got.Hooked, err)
	}
	if at, _ := w.seat(bob.Token); len(w.items(at)) > 0 {
		t.Errorf("the table has %v", w.items(at))
	}
}
