package chat_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table/sqlite/sqlitetest"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
)

// toldOf fails unless the wait ends as a turn for a task.
func (w *world) toldOf(who string, wait <-chan answer, id string) {
	w.t.Helper()
	got := take(w.t, wait)
	wantStatus(w.t, who, got, chat.StatusTurn)
	if got.FreeTask != id || got.Situation.FreeTasks == 0 {
		w.t.Fatalf("%s is told of %q of %d, want %s", who, got.FreeTask, got.Situation.FreeTasks, id)
	}
}

func TestTask_added_wakesThoseToWhomItIsOfferedAndOneForEachFreeOne(t *testing.T) {
	w := newWorld(t)
	all := w.crowd("plans", "Ann", "Bob", "Cid", "Dan", "Eve", "Fay")
	waits := w.hold(all...)
	w.adds(all.of("Ann").Token, "sand", "paint > Fay", "hang < 1", "hang for Eve > Eve < 1")
	w.toldOf("Bob", waits[1], "t1")
	wantStatus(t, "Fay", take(t, waits[5]), chat.StatusMessages)
	for i, who := range []string{"Ann", "", "Cid", "Dan", "Eve"} {
		if who != "" {
			w.stillWaits(who, waits[i])
		}
	}
	again := w.hold(all.of("Bob"))
	w.task(all.of("Fay").Token, chat.CommandTake, "")
	w.task(all.of("Bob").Token, chat.CommandTake, "t1")
	w.stillWaits("Bob, who was told", again[0])
	w.does(chat.TaskRequest{Token: all.of("Bob").Token, Action: chat.CommandFinish, ID: "t1"})
	wantStatus(t, "Ann, who added it", take(t, waits[0]), chat.StatusMessages)
	wantStatus(t, "Eve, to whom what follows is offered", take(t, waits[4]), chat.StatusMessages)
	w.toldOf("Bob, who has no other", again[0], "t3")
	w.stillWaits("Cid", waits[2])
}

// No event says that an offer has lapsed, or that an agent has fallen silent. Those who are done get no
// turn to speak, but may do more.
func TestTask_offerLapsesOrHolderFallsSilent_wakesOne(t *testing.T) {
	for name, two := range map[string]bool{"one process": false, "two processes": true} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			there := w
			if two {
				w, there = w.another(), w.another()
			}
			all := w.crowd("plans", "Ann", "Bob", "Cid", "Dan")
			for _, s := range all[2:] {
				w.sends(chat.SendRequest{Token: s.Token, Text: "I am done", Kind: room.Done})
			}
			w.adds(all.of("Ann").Token, "sand > Bob", "paint > Bob")
			w.task(all.of("Bob").Token, chat.CommandTake, "t1")
			passed := time.Duration(0)
			for _, x := range []struct {
				after time.Duration
				id    string
			}{{room.OfferLife, "t2"}, {room.StallsAfter, "t1"}} {
				w.clock.Advance(x.after - passed - time.Minute)
				passed = x.after
				for i := range all[2:] {
					all[2+i].Cursor = w.look(all[2+i].Token, all[2+i].Cursor).Cursor
				}
				cid, dan := w.hold(all.of("Cid"))[0], there.hold(all.of("Dan"))[0]
				w.pass(time.Minute - time.Second)
				w.stillWaits("Cid", cid)
				there.stillWaits("Dan", dan)
				w.pass(time.Second)
				first, second := cid, dan
				await(t, "news of "+x.id, func() bool { return len(cid)+len(dan) > 0 })
				if len(dan) > 0 {
					first, second = dan, cid
				}
				w.toldOf("the first", first, x.id)
				w.stillWaits("the second", second)
				w.pass(time.Minute)
				w.stillWaits("the second", second)
				passed += time.Minute
				w.say(all.of("Ann").Token, "who heard of "+x.id+"?")
				w.pass(time.Second) // the other process polls
				passed += time.Second
				take(t, second)
			}
			if got := w.task(all.of("Dan").Token, chat.CommandTake, "t1"); got.Task.Was != "Bob" {
				t.Errorf("took %+v", got.Task)
			}
		})
	}
}

// slow returns a world like that of newWorld. Once it is armed, the first call of its table for which is says so ends
// only after release; reached is closed before.
func slow(t *testing.T, is func(tabletest.Call) bool) (w *world, armed *atomic.Bool, reached chan struct{},
	release func()) {
	armed, reached = new(atomic.Bool), make(chan struct{})
	clock, goOn := clockwork.NewFakeClockAt(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)), make(chan struct{})
	below := &tabletest.Hooks{Table: sqlitetest.Open(t, clock), After: func(_ context.Context, c *tabletest.Call) {
		if is(*c) && armed.CompareAndSwap(true, false) {
			close(reached)
			<-goOn
		}
	}}
	release = sync.OnceFunc(func() { close(goOn) })
	t.Cleanup(release)
	return onTable(t, clock, below, chat.Options{SingleProcess: true, MinBatch: 1}), armed, reached, release
}

// Cid begins to wait after the task of Bob, who is silent, was taken, and before a look ends that began before that.
func TestTask_takenWhileALookReads_isNoNews(t *testing.T) {
	w, armed, reached, release := slow(t, func(c tabletest.Call) bool {
		return c.Method == tabletest.Query && strings.HasPrefix(c.Range.Prefix, "SEEN#")
	})
	all := w.crowd("plans", "Ann", "Bob", "Cid", "Dan")
	w.adds(all.of("Ann").Token, "sand", "paint")
	w.task(all.of("Bob").Token, chat.CommandTake, "t1")
	w.clock.Advance(room.StallsAfter)
	w.task(all.of("Dan").Token, chat.CommandTake, "t2")
	w.say(all.of("Ann").Token, "so that nobody looks yet whose turn it is")
	w.catchUp(all[2:])
	armed.Store(true)
	w.hold(all.of("Dan"))
	<-reached
	w.task(all.of("Ann").Token, chat.CommandTake, "t1")
	cid := w.hold(all.of("Cid"))[0]
	release()
	w.stillWaits("Cid", cid)
}

// Bob begins to wait while it is written that Cid is told of one of two tasks: the other is for Bob.
func TestTask_waitBeginsWhileAnotherIsProgress_tellsOfTheNext(t *testing.T) {
	w, armed, reached, release := slow(t, func(c tabletest.Call) bool {
		return c.Method == tabletest.Write && strings.HasPrefix(c.Ops[0].Item.Key.Sort, "FREE#")
	})
	all := w.crowd("plans", "Ann", "Bob", "Cid")
	cid := w.hold(all.of("Cid"))[0]
	armed.Store(true)
	w.adds(all.of("Ann").Token, "sand", "paint")
	<-reached
	bob := w.hold(all.of("Bob"))[0]
	w.stillWaits("Cid", cid)
	release()
	w.toldOf("Cid", cid, "t1")
	w.toldOf("Bob", bob, "t2")
}

// While it is written that Bob is told of the task, Bob's client calls again, or gives up: the news is not lost.
func TestTask_waitEndsWhileItIsClaimed_tellsTheNextWaitOrAnother(t *testing.T) {
	for name, again := range map[string]bool{"Bob waits again": true, "Cid waits": false} {
		t.Run(name, func(t *testing.T) {
			w, armed, reached, release := slow(t, func(c tabletest.Call) bool {
				return c.Method == tabletest.Write && strings.HasPrefix(c.Ops[0].Item.Key.Sort, "FREE#")
			})
			all := w.crowd("plans", "Ann", "Bob", "Cid")
			ctx, giveUp := context.WithCancel(t.Context())
			defer giveUp()
			s := all.of("Bob")
			bob := w.open(ctx, chat.WaitRequest{Token: s.Token, Cursor: s.Cursor, Wait: longWait})
			cid := w.hold(all.of("Cid"))[0]
			armed.Store(true)
			w.adds(all.of("Ann").Token, "sand")
			<-reached
			told, who := cid, "Cid"
			if again {
				told, who = w.hold(s)[0], "Bob"
				wantStatus(t, "the older wait", take(t, bob), chat.StatusSuperseded)
			} else {
				giveUp()
				<-bob
			}
			release()
			w.toldOf(who, told, "t1")
			if again {
				w.stillWaits("Cid", cid)
			}
		})
	}
}

// Ann, who added it, and Bob want the task that Cid has taken. Cid does something, and falls silent for the rest of the
// time. What it did to the task then is refused, and it learns who has it.
func TestTask_ofAHolderThatWaitsOrIsAway_stallsOnlyAfterIt(t *testing.T) {
	waits := func(wait func(w *world, cid chat.Seated) <-chan answer) func(*world, chat.Seated) {
		return func(w *world, cid chat.Seated) {
			ended := wait(w, cid)
			w.pass(longWait)
			wantStatus(w.t, "Cid", take(w.t, ended), chat.StatusQuiet)
		}
	}
	for name, c := range map[string]struct {
		does  func(w *world, cid chat.Seated)
		lasts time.Duration
	}{
		"looks in": {func(w *world, cid chat.Seated) {
			w.clock.Advance(10 * time.Minute)
			w.look(cid.Token, cid.Cursor)
		}, 10 * time.Minute},
		"waits": {waits(func(w *world, cid chat.Seated) <-chan answer {
			return w.hold(cid)[0]
		}), longWait},
		"leaves a program on standby": {waits((*world).shell), longWait},
		"says that it will be away":   {func(w *world, cid chat.Seated) { w.leaves(cid, time.Hour) }, time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			p := w.company()
			w.adds(p.ann.Token, "sand")
			w.task(p.cid.Token, chat.CommandTake, "t1")
			w.sayAs(p.cid.Token, room.Done, "I sand, and need no turn")
			p.cid.Cursor = w.look(p.cid.Token, p.cid.Cursor).Cursor
			end := w.clock.Now().Add(c.lasts + room.StallsAfter)
			c.does(w, p.cid)
			w.clock.Advance(end.Sub(w.clock.Now()) - time.Minute)
			taking := chat.TaskRequest{Token: p.ann.Token, Action: chat.CommandTake, ID: "t1"}
			for _, x := range []*world{w, w.elsewhere()} {
				_, err := x.Task(t.Context(), taking)
				var refused *fault.Error
				wants(t, err, fault.InvalidArgument)
				if !errors.As(err, &refused) || refused.By != "Cid" {
					t.Errorf("got %v", err)
				}
			}
			w.clock.Advance(time.Minute)
			if got := w.does(taking); got.Task.Was != "Cid" {
				t.Errorf("took %+v", got.Task)
			}
			_, err := w.Task(t.Context(), chat.TaskRequest{Token: p.cid.Token, Action: chat.CommandNext, ID: "t1"})
			var late *fault.Error
			wants(t, err, fault.InvalidArgument)
			if !errors.As(err, &late) || late.By != "Ann" ||
				!strings.Contains(late.Message, "send_message") {
				t.Errorf("a late end: %v", err)
			}
		})
	}
}

// Both changes are one: nobody who waits is told of a task that is taken with them.
func TestTask_next_finishesOneAndTakesTheNext(t *testing.T) {
	w := newWorld(t)
	all := w.crowd("plans", "Ann", "Bob", "Cid")
	ann, bob, cid := all.of("Ann"), all.of("Bob"), all.of("Cid")
	w.adds(ann.Token, "sand", "paint < 1", "hang < 1")
	next := func(id string) chat.TaskRequest {
		return chat.TaskRequest{Token: bob.Token, Action: chat.CommandNext, ID: id, Text: "done: " + id}
	}
	w.task(cid.Token, chat.CommandTake, "t1")
	_, err := w.Task(t.Context(), next("t1"))
	wants(t, err, fault.InvalidArgument)
	w.task(cid.Token, chat.CommandRelease, "t1")
	w.task(bob.Token, chat.CommandTake, "t1")
	w.catchUp(all)
	waits := w.hold(all.of("Cid"), all.of("Ann"))
	for range 2 { // the second time as if the answer had been lost
		if got := w.does(next("t1")); got.Task == nil || got.Task.ID != "t2" || !got.Task.Mine {
			t.Fatalf("got %+v", got)
		}
	}
	w.toldOf("Cid", waits[0], "t3")
	w.stillWaits("Ann, who added it, while the work goes on", waits[1])
	w.task(cid.Token, chat.CommandTake, "t3")
	got := w.does(next("t2"))
	wantStatus(t, "Ann, once Bob has nothing more", take(t, waits[1]), chat.StatusMessages)
	if got.Task == nil || got.Task.ID != "t2" || got.Task.State != chat.TaskDone || got.Task.Result != "done: t2" {
		t.Errorf("with none free: %+v", got.Task)
	}
	want := []string{"t3 hang taken Cid"}
	if left := w.tasks(ann.Token); !slices.Equal(left, want) {
		t.Errorf("left is %q", left)
	}
}
