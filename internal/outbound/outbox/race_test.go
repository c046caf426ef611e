package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/a2aproject/a2a-go/v2/a2a"
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

// hook returns the only hook of the table.
func (w *world) hook() roomlog.HookItem {
	w.t.Helper()
	all, err := w.Store().Hooks(w.ctx(), "")
	if err != nil || len(all) != 1 {
		w.t.Fatalf("the table has %d hooks: %v", len(all), err)
	}
	return all[0]
}

// isCalled fails if the agent of a hook has unread news and was not called since it has read.
func (w *world) isCalled(x roomlog.HookItem, what string) {
	w.t.Helper()
	news, err := w.News(w.ctx(), x, roomlog.Told{})
	if err != nil || news.Gone {
		w.t.Fatalf("%s: %+v, %v", what, news, err)
	}
	id := fmt.Sprintf("evt_%s_%d", x.ID, news.Read)
	if news.Unread > 0 && !slices.ContainsFunc(w.host.all(), func(c call) bool {
		return c.id == id || strings.HasPrefix(c.id, id+"_")
	}) {
		w.t.Fatalf("%s: %d events after event %d are unread, and nobody was called for them", what, news.Unread,
			news.Read)
	}
}

// Ann speaks in one process, which looks after it has written. Meanwhile Bob reads in another, with a cursor or
// without, and that process looks, too, as it does after a call or in a scan. In every fourth round Bob does not read,
// so that calls are made even where he is always the faster one.
func TestLook_agentReadsWhileSomethingNewComes_noWakeIsLost(t *testing.T) {
	onTables(t, func(t *testing.T, rounds int, one, two *world) {
		ann, bob := one.join("tea", "Ann"), one.join("tea", "Bob")
		one.subscribe(one.asked(bob, "/"))
		at, seat := one.seat(bob.Token)
		x := one.hook()
		cursor := two.look(bob.Token, "")
		for round := range rounds {
			begin := make(chan struct{})
			var all sync.WaitGroup
			for _, do := range []func(){
				func() {
					one.say(chat.SendRequest{Token: ann.Token, Text: fmt.Sprintf("This is message %d of many.", round)})
					if _, err := one.lookAll(one.ctx(), at, seat); err != nil {
						t.Error(err)
					}
				},
				func() {
					if round%4 == 0 {
						return
					}
					if round%3 > 0 {
						cursor = ""
					}
					cursor = two.look(bob.Token, cursor)
				},
				func() {
					if _, err := two.lookAll(two.ctx(), at, seat); err != nil {
						t.Error(err)
					}
				},
			} {
				all.Go(func() { <-begin; do() })
			}
			close(begin)
			all.Wait()
			two.isCalled(x, fmt.Sprint("round ", round))
			one.pass(time.Second) // a room has two calls a second
		}
		times := map[string]bool{}
		for _, c := range one.host.all() {
			times[c.id] = true
		}
		if calls := len(one.host.all()); calls != len(times) {
			t.Errorf("%d calls have %d ids", calls, len(times))
		}
		if len(times) == 0 {
			t.Error("nobody was called")
		}
	})
}

// mortal is a process that is cut off from the table after some calls, as one that ends is.
type mortal struct {
	*world
	left atomic.Int64 // calls until then
}

// mayDie returns another process on the table of w, which is cut off when it is told.
func (w *world) mayDie() *mortal {
	m := &mortal{}
	m.left.Store(math.MaxInt64)
	x := *w
	x.table = &tabletest.Hooks{Table: w.table, Before: func(context.Context, tabletest.Call) error {
		if m.left.Add(-1) < 0 {
			return table.ErrUnavailable
		}
		return nil
	}}
	m.world = x.another()
	return m
}

// Two processes call for what both see, and one ends at some moment. Each question has one answer in the end, and each
// event has come to the webhook, in order.
func TestLook_severalProcessesOfWhichOneEnds_sayAndTellAllOnce(t *testing.T) {
	onTables(t, func(t *testing.T, rounds int, one, two *world) {
		e := newEndpoint(one)
		e.unlimited()
		h := &webhook{world: one, person: e.person, to: newReceiver(t), room: e.room}
		h.add()
		h.seat = e.seat - 2 // Ann's
		e.of.answers(func(a asked) a2a.Event {
			last := a.texts[len(a.texts)-1]
			if len(last)%2 == 0 {
				return task(a, a2a.TaskStateCompleted, last)
			}
			return says(last)(a)
		})
		look := func(w *world) (failed error) {
			for seat := h.seat; seat <= e.seat; seat++ {
				_, err := w.lookAll(one.ctx(), e.room, seat)
				failed = errors.Join(failed, err)
			}
			return failed
		}
		var want, said []string
		died := 0
		for round := range rounds / 4 {
			text := fmt.Sprint("@Bot what is ", round)
			want = append(want, text+" > Ann: "+text)
			said = append(said, text, "Ann: "+text)
			third := two.mayDie()
			dies := func() {
				third.left.Store(rand.Int64N(24)) // a look takes about as many
				if look(third.world) != nil {
					died++
				}
			}
			if round%2 > 0 {
				e.asks(text[len("@Bot "):])
				dies()
			} else {
				begin := make(chan struct{})
				var all sync.WaitGroup
				all.Go(func() {
					<-begin
					e.asks(text[len("@Bot "):])
					if err := look(one); err != nil {
						t.Error(err)
					}
				})
				all.Go(func() { <-begin; dies() })
				close(begin)
				all.Wait()
			}
			for range 3 { // what is repeated waits for the process that has ended, and two calls are apart
				e.pass(2 * time.Minute)
				if err := errors.Join(look(one), look(two)); err != nil {
					t.Fatal(err)
				}
			}
		}
		if got := e.said(); !slices.Equal(got, want) {
			t.Errorf("it has said %q", got)
		}
		if got := h.to.texts(); !slices.Equal(got, said) {
			t.Errorf("the webhook has %q", got)
		}
		t.Logf("%d calls, %d times a process ended", len(e.of.calls()), died)
	})
}

// The table loses replies, makes writes late and shows them in parts. Once it answers again, one look finds what is
// unread, and nothing of a hook is left when that has ended.
func TestLook_tableThatLosesReplies_losesNoWake(t *testing.T) {
	for seed := range uint64(15) {
		w := newWorld(t)
		faulty := tabletest.NewFaulty(w.table, w.clock, seed, tabletest.Faults{})
		w.table = faulty
		w = w.another()
		ann, bob := w.join("tea", "Ann"), w.join("tea", "Bob")
		w.subscribe(w.asked(bob, "/"))
		at, seat := w.seat(bob.Token)
		x := w.hook()
		w.table = tabletest.NewFaulty(faulty, w.clock, seed, tabletest.Rough())
		rough := w.another()
		for n := range 12 {
			_, _ = rough.Send(rough.ctx(), chat.SendRequest{Token: ann.Token, Text: fmt.Sprintf("Message %d.", n)})
			_, _ = rough.lookAll(rough.ctx(), at, seat)
			if n%3 == 2 {
				_, _ = rough.Wait(rough.ctx(), chat.WaitRequest{Token: bob.Token})
				_, _ = rough.lookAll(rough.ctx(), at, seat)
			}
		}
		w.table.(*tabletest.Faulty).Settle()
		after := rough.another()
		after.pass(time.Minute) // claims have ended
		if _, err := after.lookAll(after.ctx(), at, seat); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		after.isCalled(x, fmt.Sprint("seed ", seed))
		if _, err := after.box.Unsubscribe(after.ctx(), after.asked(bob, "/")); err != nil {
			t.Fatal(err)
		}
		if left := after.items(at); len(left) > 0 {
			t.Errorf("seed %d: in the end the table has %q", seed, left)
		}
	}
}

// A hook begins with an event and an item, in one Write of which a reader may see one before the other.
func TestLook_beginningOfAHookSeenInPart_keepsIt(t *testing.T) {
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
	if got := w.another().looks(bob.Token); len(got) != 1 {
		t.Errorf("called are %q, after %d looks at what is stored of the hook", got, seen)
	}
}

// A process dies between its message and the call, or nobody refreshes a hook: the scan of another finds it.
func TestRun_whatNobodyTells_isFoundByTheScan(t *testing.T) {
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
	cursor := w.look(bob.Token, "")

	for range 23 { // hours, in which Bob keeps his seat by a call now and then
		w.timers(1)
		w.pass(time.Hour)
		cursor = w.look(bob.Token, cursor)
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
