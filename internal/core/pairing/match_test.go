package pairing_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/pairing"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/dynamotable"
	"github.com/parley-chat/parley/internal/store/table/sqlite/sqlitetest"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
	"github.com/parley-chat/parley/internal/testkit/dynamolocal"
)

// pairs reports whether ops pair two tickets.
func pairs(ops []table.Op) bool { return puts(ops, "MATCH#") && puts(ops, "META") }

// beforeWrite returns hooks that run happens before every chosen write.
func beforeWrite(chosen func(ops []table.Op) bool, happens func()) *tabletest.Hooks {
	return &tabletest.Hooks{Before: func(_ context.Context, c tabletest.Call) error {
		if chosen(c.Ops) {
			happens()
		}
		return nil
	}}
}

// beforePairing returns hooks that run happens once, right before the Write that
// pairs.
func beforePairing(happens func()) *tabletest.Hooks {
	var once sync.Once
	return beforeWrite(pairs, func() { once.Do(happens) })
}

func TestPairing_ownerLeavesBeforeTheClaim_isNotPaired(t *testing.T) {
	w := newWorld(t)
	w = w.elsewhere()
	ticket := w.ticket("Ann")
	bob := w.through(beforePairing(func() { w.queue(pairing.Request{Ticket: ticket, Leave: true}) }))
	if got := bob.queue(pairing.Request{AgentName: "Bob"}); got.Status != pairing.Waiting || got.Position != 1 {
		t.Fatalf("got %+v", got)
	}
}

func TestPairing_ticketExpiresBeforeTheClaim_isNotPaired(t *testing.T) {
	w := newWorld(t)
	w = w.elsewhere()
	w.ticket("Ann")
	bob := w.through(beforePairing(func() { w.clock.Advance(15 * time.Second) }))
	if got := bob.queue(pairing.Request{AgentName: "Bob", Wait: time.Minute}); got.Status != pairing.Waiting ||
		got.Position != 1 {
		t.Fatalf("got %+v", got)
	}
}

// seatPause is how long a call pauses before it reads a missing room again.
const seatPause = 20 * time.Millisecond

func TestPairing_matchVisibleBeforeItsRoom_readsAgain(t *testing.T) {
	w := newWorld(t)
	ticket := w.ticket("Ann")
	bob := w.queue(pairing.Request{AgentName: "Bob"})
	hidden := w.partition("ROOM#" + bob.Token[:7])
	for _, item := range hidden {
		w.write(table.Delete(item.Key, table.Always))
	}
	cold := onTable(t, w.clock, w.table, chat.Options{})
	ann := cold.inQueue(t.Context(), pairing.Request{Ticket: ticket}) // it polls for the room
	for _, item := range hidden {
		w.write(table.Put(item, table.Always))
	}
	w.clock.Advance(seatPause)
	met(t, take(t, ann), bob)
}

func TestPairing_claimedWhileItsOwnerLeaves_isPaired(t *testing.T) {
	w := newWorld(t)
	w = w.elsewhere()
	ticket := w.ticket("Ann")
	var bob pairing.Result
	claimed := func(ops []table.Op) bool { return puts(ops, "MATCH#") && bob.Token == "" }
	leaver := w.through(beforeWrite(claimed, func() {
		bob = w.queue(pairing.Request{AgentName: "Bob"})
	}))
	met(t, leaver.queue(pairing.Request{Ticket: ticket, Leave: true}), bob)
}

func TestPairing_claimedWhileItsOwnerReturns_isPaired(t *testing.T) {
	w := newWorld(t)
	w = w.elsewhere()
	ticket := w.ticket("Ann")
	var bob pairing.Result
	renewed := func(ops []table.Op) bool { return puts(ops, "TICKET#") && bob.Token == "" }
	owner := w.through(beforeWrite(renewed, func() {
		bob = w.queue(pairing.Request{AgentName: "Bob"})
	}))
	met(t, owner.queue(pairing.Request{Ticket: ticket}), bob)
}

func TestPairing_anotherClaimsFirst_slowerCallWaitsForTheNext(t *testing.T) {
	w := newWorld(t)
	w = w.elsewhere()
	ticket := w.ticket("Ann", "chess")
	var cid pairing.Result
	slow := w.through(beforePairing(func() {
		cid = w.queue(pairing.Request{AgentName: "Cid", Interests: []string{"chess"}})
	}))
	bob := slow.queue(pairing.Request{AgentName: "Bob"})
	met(t, w.comesBack(ticket), cid)
	if bob.Status != pairing.Waiting || bob.Position != 1 {
		t.Fatalf("got %+v", bob)
	}
	met(t, w.queue(pairing.Request{AgentName: "Dora"}), w.comesBack(bob.Ticket))
}

// losing returns hooks that lose the reply to every chosen write. happens says
// whether the write itself succeeds.
func losing(happens bool, chosen func(ops []table.Op) bool) *tabletest.Hooks {
	noReply := fmt.Errorf("%w: no reply", table.ErrUnavailable)
	return &tabletest.Hooks{
		Before: func(_ context.Context, c tabletest.Call) error {
			if !happens && chosen(c.Ops) {
				return noReply
			}
			return nil
		},
		After: func(_ context.Context, c *tabletest.Call) {
			if happens && chosen(c.Ops) {
				c.Err = noReply
			}
		},
	}
}

func TestPairing_replyLost_bothGetTheirPair(t *testing.T) {
	for _, happens := range []bool{true, false} {
		w := newWorld(t)
		w = w.elsewhere()
		ticket, lost := w.ticket("Ann"), false
		claimer := w.through(losing(happens, func(ops []table.Op) bool {
			if !pairs(ops) || lost {
				return false
			}
			lost = true
			return true
		}))
		bob := claimer.queue(pairing.Request{AgentName: "Bob"})
		met(t, w.comesBack(ticket), bob)
	}
}

// The claimer's process loses the table right after it wrote the pair.
func TestPairing_claimerCrashesAfterIt_bothGetTheirPairElsewhere(t *testing.T) {
	w := newWorld(t)
	w = w.elsewhere()
	var dead atomic.Bool
	ann, bobs := w.ticket("Ann"), ""
	claimer := w.through(&tabletest.Hooks{
		Before: func(_ context.Context, c tabletest.Call) error {
			if dead.Load() {
				return table.ErrUnavailable
			}
			if pairs(c.Ops) {
				dead.Store(true)
			}
			return nil
		},
		After: func(_ context.Context, c *tabletest.Call) {
			if dead.Load() {
				c.Err = table.ErrUnavailable
			}
		},
	})
	bobs = claimer.queue(pairing.Request{AgentName: "Bob"}).Ticket
	met(t, w.comesBack(ann), w.comesBack(bobs))
}

func TestPairing_youngerFailsBeforeItsClaim_olderClaims(t *testing.T) {
	w := newWorld(t)
	waiting := w.inQueue(t.Context(), pairing.Request{AgentName: "Ann", Wait: time.Minute})
	broken := w.through(&tabletest.Hooks{Before: func(_ context.Context, c tabletest.Call) error {
		if c.Method == tabletest.Query {
			return table.ErrUnavailable
		}
		return nil
	}})
	ticket := broken.queue(pairing.Request{AgentName: "Bob"}).Ticket
	for until := w.clock.Now().Add(6 * time.Second); w.clock.Now().Before(until); w.blockedOr(1, waiting) {
		w.clock.Advance(100 * time.Millisecond)
	}
	met(t, take(t, waiting), w.comesBack(ticket))
}

func TestPairing_ticketOfACallThatFailed_isNeverPaired(t *testing.T) {
	for _, happens := range []bool{true, false} {
		w := newWorld(t)
		w = w.elsewhere()
		var late []table.Op
		broken := w.through(losing(happens, func(ops []table.Op) bool {
			if !puts(ops, "TICKET#") {
				return false
			}
			late = ops
			return true
		}))
		_, err := broken.pairing.EnterQueue(t.Context(), pairing.Request{AgentName: "Ann"})
		wants(t, err, fault.Unavailable)
		if !happens {
			w.write(late...) // the write arrives late
		}
		bob := w.queue(pairing.Request{AgentName: "Bob"})
		if bob.Status != pairing.Waiting {
			t.Fatalf("got %+v", bob)
		}
		met(t, w.queue(pairing.Request{AgentName: "Cid"}), w.comesBack(bob.Ticket))
	}
}

// onRealClocks runs a test by the system clock with one process on a file, with two
// on a file, and with two on DynamoDB.
func onRealClocks(t *testing.T, test func(t *testing.T, processes ...process)) {
	clock := clockwork.NewRealClock()
	t.Run("one process", func(t *testing.T) {
		b := sqlitetest.Open(t, clock)
		test(t, newProcess(b, chat.Options{Clock: clock, SingleProcess: true, MinBatch: 1}))
	})
	t.Run("two processes", func(t *testing.T) {
		b := sqlitetest.Open(t, clock)
		test(t, newProcess(b, chat.Options{Clock: clock}), newProcess(b, chat.Options{Clock: clock}))
	})
	t.Run("two processes on DynamoDB", func(t *testing.T) {
		db, _ := dynamolocal.NewTable(t, dynamotable.Options{})
		test(t, newProcess(db, chat.Options{Clock: clock}), newProcess(db, chat.Options{Clock: clock}))
	})
}

func TestPairing_fortyAtOnce_makeTwentyPairs(t *testing.T) {
	pairAll(t, 40)
}

func TestSoak_hundredAtOnce_makeFiftyPairs(t *testing.T) {
	soak(t)
	pairAll(t, 100)
}

// pairAll has that many agents enter a queue at once, with interests and without.
func pairAll(t *testing.T, agents int) {
	t.Helper()
	for name, likes := range map[string]func(i int) []string{
		"without interests": func(int) []string { return nil },
		"with interests": func(i int) []string {
			return []string{fmt.Sprintf("interest %d", i%7), fmt.Sprintf("other interest %d", i%5)}
		},
	} {
		t.Run(name, func(t *testing.T) {
			onRealClocks(t, func(t *testing.T, processes ...process) { enterAll(t, agents, processes, likes) })
		})
	}
}

// enterAll has n agents enter at once.
func enterAll(t *testing.T, n int, processes []process, likes func(i int) []string) {
	t.Helper()
	got := make([]pairing.Result, n)
	errs := make([]error, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			req := pairing.Request{AgentName: fmt.Sprintf("Agent %d", i), Interests: likes(i), Wait: 2 * time.Minute}
			for errs[i] == nil && got[i].Status != pairing.Paired {
				got[i], errs[i] = processes[i%len(processes)].pairing.EnterQueue(t.Context(), req)
				req.Ticket = got[i].Ticket
			}
		})
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	rooms := map[string][]pairing.Result{}
	for _, q := range got {
		rooms[q.Room.Name] = append(rooms[q.Room.Name], q)
	}
	if len(rooms) != n/2 {
		t.Errorf("%d rooms", len(rooms))
	}
	for name, in := range rooms {
		if len(in) != 2 {
			t.Fatalf("%d agents in %s", len(in), name)
		}
		met(t, in[0], in[1])
	}
}
