package outbox_test

import (
	"context"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/outbound/outbox"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/dynamotable"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
	"github.com/parley-chat/parley/internal/testkit/dynamolocal"
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
		if c.Method == tabletest.Get && roomlog.IsProgress(c.Key) && failed.CompareAndSwap(true, false) {
			w.subscribe(asked)
		}
	}}
	w.begin()
	w.subscribe(asked)
	w.reads(bob.Token, "")
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

// A person ends a hook that fails, while its next try is due.
func TestRun_hookThatFails_isEndedByThePersonForGood(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.join("tea", "Ann"), w.join("tea", "Bob")
	person := w.person(bob)
	asked := w.asked(bob, "/")
	id := w.subscribe(asked).ID
	w.reads(bob.Token, "")
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
	if got, err := w.dispatcher.Subscribe(w.ctx(), asked); err == nil {
		t.Errorf("the refresh begins it again: %+v", got)
	}
}

// A machine dies during a call, and another one begins, or hears of something new: it makes the call once the claim has
// ended.
func TestRun_machineThatDiesDuringACall_isFollowedByTheTimerOfAnother(t *testing.T) {
	w := newWorld(t)
	w.open(chat.Options{Clock: hurriedClock{w.clock}}, outbox.Options{Clock: w.boxes})
	ann, bob := w.join("tea", "Ann"), w.join("tea", "Bob")
	w.subscribe(w.asked(bob, "/"))
	w.reads(bob.Token, "")
	dying := w.mayDie()
	w.host.answer = func(call) int { dying.left.Store(0); return http.StatusOK }
	dying.says(ann, 1)
	at, seat := w.seat(bob.Token)
	if _, err := dying.deliverAll(w.ctx(), at, seat); err == nil {
		t.Fatal("it has not died")
	}
	first := w.host.next(t)
	w.run()
	w.timers(2) // the scan, and the end of the claim
	w.says(ann, 2)
	w.idle()
	w.timers(2)
	if calls := len(w.host.all()); calls != 1 {
		t.Errorf("before the claim has ended there are %d calls", calls)
	}
	w.pass(30 * time.Second)
	if c := w.host.next(t); c.id != first.id || c.unread != 2 {
		t.Errorf("then called is %+v, after %+v", c, first)
	}
}

// A process dies between its message and the call, or nobody refreshes a hook: the scan of another finds it.
func TestRun_messageOfADeadProcess_isFoundByTheScan(t *testing.T) {
	clock := clockwork.NewFakeClockAt(start())
	db, _ := dynamolocal.NewTable(t, dynamotable.Options{Clock: clock})
	w := &world{t: t, clock: clock, boxes: clockwork.NewFakeClockAt(start()), table: db, host: newHost(t)}
	dead := w.another()
	w.open(chat.Options{Clock: hurriedClock{clock}}, outbox.Options{Clock: w.boxes})
	ann, bob := w.join("tea", "Ann"), w.join("tea", "Bob")
	person := w.person(bob)
	w.subscribe(w.asked(bob, "/"))
	w.run()
	w.timers(1)
	w.idle()
	dead.say(chat.SendRequest{Token: ann.Token, Text: "Shall we?"})
	w.pass(5 * time.Minute)
	if c := w.host.next(t); c.unread != 1 {
		t.Errorf("called is %+v", c)
	}
	cursor := w.reads(bob.Token, "")

	for range 23 { // hours, in which Bob keeps his seat by a call now and then
		w.timers(1)
		w.pass(time.Hour)
		cursor = w.reads(bob.Token, cursor)
	}
	w.timers(1)
	w.idle()
	w.pass(2 * time.Hour)
	w.timers(2) // what is not there may only not be visible yet
	w.pass(time.Second)
	at, _ := w.seat(bob.Token)
	for _, token := range []string{bob.Token, person} {
		w.hears(token, at, room.ReasonHookGone)
	}
	if got := len(w.host.all()); got != 1 {
		t.Errorf("the host was called %d times", got)
	}
}

func TestRun_hookWithAMalformedItem_keepsNoOtherFromItsCall(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.join("tea", "Ann"), w.join("tea", "Bob")
	w.subscribe(w.asked(bob, "/"))
	for n, data := range []string{"not JSON", `{"v":1,"room":7}`, `{"v":9999}`} { // before all others
		key := table.Key{Partition: roomlog.HooksPartition, Sort: fmt.Sprintf("%032d", n)}
		bad := table.Item{Key: key, Data: []byte(data)}
		if err := w.table.Write(w.ctx(), table.Put(bad, table.IfAbsent)); err != nil {
			t.Fatal(err)
		}
	}
	w.say(chat.SendRequest{Token: ann.Token, Text: "Shall we?"}) // while nobody makes calls
	w.run()
	if c := w.host.next(t); c.unread != 1 {
		t.Errorf("called is %+v", c)
	}
}

// Of 1,000 hooks 100 lead to hosts that do not answer. All others are called while those still hang.
func TestRun_hostsThatHang_holdUpNoOther(t *testing.T) {
	w := newWorld(t)
	release := make(chan struct{})
	defer close(release)
	w.host.answer = func(c call) int {
		if strings.HasPrefix(c.path, "/hang") {
			<-release
		}
		return http.StatusOK
	}
	const rooms, each = 250, 4 // 1,000 hooks
	for n := range rooms {
		name := fmt.Sprintf("room %d", n)
		ann, bob := w.join(name, "Ann"), w.join(name, "Bob")
		at, err := w.HookSeat(w.ctx(), bob.Token)
		if err != nil {
			t.Fatal(err)
		}
		for k := range each {
			path := fmt.Sprintf("/%d", k)
			if n*each+k < 100 { // the first, in 25 rooms
				path = fmt.Sprintf("/hang%d", k)
			}
			x := roomlog.HookItem{Room: at.Room, Seat: at.Seat, URL: w.host.url + path,
				Secret: secret, Principal: ident.Local,
				SinceMs: start().UnixMilli(), UntilMs: start().Add(time.Hour).UnixMilli()}
			x.ID = chat.HookID(ident.Local, x.URL, outbox.EventName, at, false)
			if _, err := w.BeginHook(w.ctx(), bob.Token, x); err != nil {
				t.Fatal(err)
			}
		}
		w.say(chat.SendRequest{Token: ann.Token, Text: "Shall we?"})
	}
	began := time.Now()
	stop := w.run()
	for others := 0; others < 900; {
		if c := w.host.next(t); !strings.HasPrefix(c.path, "/hang") {
			others++
		}
	}
	t.Logf("900 hooks were called in %v", time.Since(began))
	stop()
}

// hears waits until an agent or its person is told that the hook in a room has ended. It fails if they are told twice,
// or if something is left of the hook.
func (w *world) hears(token, id string, why room.Reason) {
	w.t.Helper()
	for until := time.Now().Add(patience); ; {
		page, err := w.History(w.ctx(), chat.HistoryRequest{Token: token})
		if err != nil {
			w.t.Fatal(err)
		}
		ended := 0
		for _, m := range page.Messages {
			if m.Type == chat.EventHook && m.Reason == why {
				ended++
			}
		}
		if ended > 0 {
			if left := w.items(id); ended > 1 || len(left) > 0 {
				w.t.Errorf("it has ended %d times, and the table has %q", ended, left)
			}
			return
		}
		if time.Now().After(until) {
			w.t.Fatalf("nobody is told that the hook has ended: %+v", page.Messages)
		}
		runtime.Gosched()
	}
}

// Each ends the hook of Bob, or has nobody called for it. Ann then speaks.
func TestRun_hookThatIsOver_callsNobodyAndLeavesNothing(t *testing.T) {
	type scene struct {
		*world
		ann, bob chat.Seated
		admitted bool
	}
	for _, c := range []struct {
		what string
		do   func(s *scene)
		keep bool // the items, which are another server's
	}{
		{"its seat is left", func(s *scene) {
			if _, err := s.LeaveRoom(s.ctx(), chat.LeaveRequest{Token: s.bob.Token}); err != nil {
				t.Fatal(err)
			}
		}, false},
		{"another is called Bob", func(s *scene) {
			if _, err := s.ManageAgent(s.ctx(), chat.ManageRequest{Token: s.ann.Token, Agents: []string{"Bob"},
				Action: room.Kick}); err != nil {
				t.Fatal(err)
			}
			s.join("tea", "Bob")
		}, false},
		{"its room is closed", func(s *scene) {
			if _, err := s.UpdateRoom(s.ctx(), chat.UpdateRequest{Token: s.ann.Token, Close: true}); err != nil {
				t.Fatal(err)
			}
		}, false},
		{"its key is revoked", func(s *scene) { s.admitted = false }, false},
		{"its table was copied", func(s *scene) {
			s.open(chat.Options{Clock: s.clock}, outbox.Options{Clock: s.boxes, Public: "https://copy.example"})
		}, true},
	} {
		s := &scene{world: newWorld(t), admitted: true}
		s.open(chat.Options{Clock: s.clock, SingleProcess: true, MinBatch: 1}, outbox.Options{Clock: s.boxes,
			Admits: func(_ context.Context, _, by string) (bool, error) { return s.admitted && by == signIn, nil }})
		s.ann, s.bob = s.join("tea", "Ann"), s.join("tea", "Bob")
		s.subscribe(s.asked(s.bob, "/"))
		id, _ := s.seat(s.bob.Token)
		c.do(s)
		stop := s.run()
		s.timers(1)
		_, _ = s.Send(s.ctx(), chat.SendRequest{Token: s.ann.Token, Text: "Shall we?"}) // not in a room that is closed
		until := time.Now().Add(patience)
		for ; !s.dispatcher.Idle() || !c.keep && len(s.items(id)) > 0; runtime.Gosched() {
			s.boxes.Advance(time.Millisecond)
			if time.Now().After(until) {
				t.Fatalf("%s: left is %q", c.what, s.items(id))
			}
		}
		if left := s.items(id); c.keep != (len(left) == 2) {
			t.Errorf("%s: left is %q", c.what, left)
		}
		stop()
		if got := s.host.all(); len(got) > 0 {
			t.Errorf("%s: called are %+v", c.what, got)
		}
	}
}
