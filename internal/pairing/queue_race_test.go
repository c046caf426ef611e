package pairing_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/dynamolocal"
	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/pairing"
	"github.com/parley-chat/parley/internal/table"
	"github.com/parley-chat/parley/internal/table/dynamotable"
	"github.com/parley-chat/parley/internal/table/tabletest"
)

// through returns another service whose table has the hooks.
func (w *world) through(h *tabletest.Hooks) *world {
	h.Table = w.table
	return &world{t: w.t, clock: w.clock, table: h, Service: chat.New(h, chat.Options{Clock: hurriedClock{w.clock}})}
}

// puts reports whether one of ops puts an item whose sort key begins so.
func puts(ops []table.Op, prefix string) bool {
	for _, op := range ops {
		if !op.Delete && strings.HasPrefix(op.Item.Key.Sort, prefix) {
			return true
		}
	}
	return false
}

// pairs reports whether ops are those that pair two tickets.
func pairs(ops []table.Op) bool { return puts(ops, "MATCH#") && puts(ops, "META") }

// beforeWrite returns hooks that run happens before every write that is chosen.
func beforeWrite(chosen func(ops []table.Op) bool, happens func()) *tabletest.Hooks {
	return &tabletest.Hooks{Before: func(_ context.Context, c tabletest.Call) error {
		if chosen(c.Ops) {
			happens()
		}
		return nil
	}}
}

// beforePairing returns hooks that run happens once, right before a pair is made.
func beforePairing(happens func()) *tabletest.Hooks {
	var once sync.Once
	return beforeWrite(pairs, func() { once.Do(happens) })
}

func TestQueueRace_ownerLeavesBeforeTheClaim_isNotPaired(t *testing.T) {
	w := newWorld(t)
	w = w.elsewhere()
	ticket := w.ticket("Ann")
	bob := w.through(beforePairing(func() { w.queue(pairing.Request{Ticket: ticket, Leave: true}) }))
	if got := bob.queue(pairing.Request{AgentName: "Bob"}); got.Status != pairing.Waiting || got.Position != 1 {
		t.Fatalf("got %+v", got)
	}
}

func TestQueueRace_ticketExpiresBeforeTheClaim_isNotPaired(t *testing.T) {
	w := newWorld(t)
	w = w.elsewhere()
	w.ticket("Ann")
	bob := w.through(beforePairing(func() { w.clock.Advance(15 * time.Second) }))
	if got := bob.queue(pairing.Request{AgentName: "Bob", Wait: time.Minute}); got.Status != pairing.Waiting || got.Position != 1 {
		t.Fatalf("got %+v", got)
	}
}

func TestQueueRace_matchSeenBeforeItsRoom_isReadAgain(t *testing.T) {
	w := newWorld(t)
	ticket := w.ticket("Ann")
	bob := w.queue(pairing.Request{AgentName: "Bob"})
	hidden := w.partition("ROOM#" + bob.Token[:7])
	for _, item := range hidden {
		w.write(table.Delete(item.Key, table.Always))
	}
	cold := onTable(t, w.clock, w.table, chat.Options{})
	ann := cold.inQueue(t.Context(), pairing.Request{Ticket: ticket}) // it waits for the room
	w.store(hidden...)
	w.clock.Advance(tornPause)
	met(t, queued(t, ann), bob)
}

func TestQueueRace_claimedBeforeItsOwnerLeaves_isPaired(t *testing.T) {
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

func TestQueueRace_claimedWhileItsOwnerComesBack_isPaired(t *testing.T) {
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

func TestQueueRace_anotherClaimsFirst_theSlowerWaitsForTheNext(t *testing.T) {
	w := newWorld(t)
	w = w.elsewhere()
	ticket := w.ticket("Ann", "chess")
	var cid pairing.Result
	slow := w.through(beforePairing(func() { cid = w.queue(pairing.Request{AgentName: "Cid", Interests: []string{"chess"}}) }))
	bob := slow.queue(pairing.Request{AgentName: "Bob"})
	met(t, w.comesBack(ticket), cid)
	if bob.Status != pairing.Waiting || bob.Position != 1 {
		t.Fatalf("got %+v", bob)
	}
	met(t, w.queue(pairing.Request{AgentName: "Dora"}), w.comesBack(bob.Ticket))
}

// losing returns hooks that lose the reply to every write that is chosen. The write
// happens or not.
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

func TestQueueRace_replyOfThePairingLost_bothFindTheirMatch(t *testing.T) {
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

// TestQueueRace_claimerDies has the claimer's process reach nothing any more, once
// it has paired.
func TestQueueRace_claimerDiesAfterThePairing_bothFindTheirMatchElsewhere(t *testing.T) {
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
	bobs = claimer.queue(pairing.Request{AgentName: "Bob"}).Ticket // it is told to go on waiting
	met(t, w.comesBack(ann), w.comesBack(bobs))
}

func TestQueueRace_youngerBreaksOffBeforeItsClaim_isClaimedByTheOlder(t *testing.T) {
	w := newWorld(t)
	waiting := w.inQueue(t.Context(), pairing.Request{AgentName: "Ann", Wait: time.Minute})
	broken := w.through(&tabletest.Hooks{Before: func(_ context.Context, c tabletest.Call) error {
		if c.Method == tabletest.Query {
			return table.ErrUnavailable
		}
		return nil
	}})
	ticket := broken.queue(pairing.Request{AgentName: "Bob"}).Ticket
	for until := w.clock.Now().Add(6 * time.Second); w.clock.Now().Before(until); w.blockedOr(waiting) {
		w.clock.Advance(100 * time.Millisecond)
	}
	met(t, queued(t, waiting), w.comesBack(ticket))
}

func TestQueueRace_ticketThatMayNotHaveBeenStored_isPairedNoMore(t *testing.T) {
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
		_, err := broken.EnterQueue(t.Context(), pairing.Request{AgentName: "Ann"})
		wants(t, err, fault.Unavailable)
		if !happens {
			w.write(late...) // it comes late
		}
		bob := w.queue(pairing.Request{AgentName: "Bob"})
		if bob.Status != pairing.Waiting {
			t.Fatalf("got %+v", bob)
		}
		met(t, w.queue(pairing.Request{AgentName: "Cid"}), w.comesBack(bob.Ticket))
	}
}

// onRealClocks runs a test with services in the system's time: alone on a file, two
// on a file, and two on DynamoDB.
func onRealClocks(t *testing.T, test func(t *testing.T, services ...*chat.Service)) {
	t.Run("one service", func(t *testing.T) {
		b := openBolt(t, clockwork.NewRealClock())
		test(t, chat.New(b, chat.Options{SingleProcess: true, MinBatch: 1}))
	})
	t.Run("two services", func(t *testing.T) {
		b := openBolt(t, clockwork.NewRealClock())
		test(t, chat.New(b, chat.Options{}), chat.New(b, chat.Options{}))
	})
	t.Run("two services on DynamoDB", func(t *testing.T) {
		db, _ := dynamolocal.NewTable(t, dynamotable.Options{})
		test(t, chat.New(db, chat.Options{}), chat.New(db, chat.Options{}))
	})
}

func TestQueueRace_twoHundredAtOnce_areAHundredPairs(t *testing.T) {
	for name, likes := range map[string]func(i int) []string{
		"without interests": func(int) []string { return nil },
		"with interests": func(i int) []string {
			return []string{fmt.Sprintf("interest %d", i%7), fmt.Sprintf("other interest %d", i%5)}
		},
	} {
		t.Run(name, func(t *testing.T) {
			onRealClocks(t, func(t *testing.T, services ...*chat.Service) { hundredPairs(t, services, likes) })
		})
	}
}

// hundredPairs has 200 agents enter at the same moment.
func hundredPairs(t *testing.T, services []*chat.Service, likes func(i int) []string) {
	const n = 200
	began := time.Now()
	got := make([]pairing.Result, n)
	out := atOnce(n, func(i int) (chat.Seated, error) {
		req := pairing.Request{AgentName: fmt.Sprintf("Agent %d", i), Interests: likes(i), Wait: 2 * time.Minute}
		for {
			q, err := services[i%len(services)].EnterQueue(t.Context(), req)
			if got[i] = q; err != nil || q.Status == pairing.Paired {
				return q.Seated, err
			}
			req.Ticket = q.Ticket
		}
	})
	t.Logf("%d agents in %s", n, time.Since(began).Round(time.Millisecond))
	expect(t, out, map[fault.Code]int{"": n})
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
