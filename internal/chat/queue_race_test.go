package chat_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/dynamolocal"
	"github.com/parley-chat/parley/internal/table"
	"github.com/parley-chat/parley/internal/table/dynamotable"
)

// seam is a table at which a test decides what becomes of a call.
type seam struct {
	table.Table
	write func(ops []table.Op, do func() error) error
	query func(do func() (table.Page, error)) (table.Page, error)
}

func (s *seam) Write(ctx context.Context, ops ...table.Op) error {
	do := func() error { return s.Table.Write(ctx, ops...) }
	if s.write == nil {
		return do()
	}
	return s.write(ops, do)
}

func (s *seam) Query(ctx context.Context, r table.Range) (table.Page, error) {
	do := func() (table.Page, error) { return s.Table.Query(ctx, r) }
	if s.query == nil {
		return do()
	}
	return s.query(do)
}

// through returns another service that works through s.
func (w *world) through(s *seam) *world {
	s.Table = w.table
	return &world{t: w.t, clock: w.clock, table: s, Service: chat.New(s, chat.Options{Clock: hurriedClock{w.clock}})}
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

// beforePairing lets something happen, once, right before a pair is made.
func beforePairing(happens func()) *seam {
	var once sync.Once
	return &seam{write: func(ops []table.Op, do func() error) error {
		if pairs(ops) {
			once.Do(happens)
		}
		return do()
	}}
}

func TestQueueRace_ownerLeavesBeforeTheClaim_isNotPaired(t *testing.T) {
	w := newWorld(t)
	w = w.elsewhere()
	ticket := w.ticket("Ann")
	bob := w.through(beforePairing(func() { w.queue(chat.QueueRequest{Ticket: ticket, Leave: true}) }))
	if got := bob.queue(chat.QueueRequest{AgentName: "Bob"}); got.Status != chat.StatusInQueue || got.Position != 1 {
		t.Fatalf("got %+v", got)
	}
}

func TestQueueRace_ticketExpiresBeforeTheClaim_isNotPaired(t *testing.T) {
	w := newWorld(t)
	w = w.elsewhere()
	w.ticket("Ann")
	bob := w.through(beforePairing(func() { w.clock.Advance(15 * time.Second) }))
	if got := bob.queue(chat.QueueRequest{AgentName: "Bob", Wait: time.Minute}); got.Status != chat.StatusInQueue || got.Position != 1 {
		t.Fatalf("got %+v", got)
	}
}

func TestQueueRace_matchSeenBeforeItsRoom_isReadAgain(t *testing.T) {
	w := newWorld(t)
	ticket := w.ticket("Ann")
	bob := w.queue(chat.QueueRequest{AgentName: "Bob"})
	hidden := w.partition("ROOM#" + bob.Token[:7])
	for _, item := range hidden {
		w.write(table.Delete(item.Key, table.Always))
	}
	cold := onTable(t, w.clock, w.table, chat.Options{})
	ann := cold.inQueue(t.Context(), chat.QueueRequest{Ticket: ticket}) // it waits for the room
	w.store(hidden...)
	w.clock.Advance(tornPause)
	met(t, queued(t, ann), bob)
}

func TestQueueRace_claimedBeforeItsOwnerLeaves_isPaired(t *testing.T) {
	w := newWorld(t)
	w = w.elsewhere()
	ticket := w.ticket("Ann")
	var bob chat.Queued
	leaver := w.through(&seam{write: func(ops []table.Op, do func() error) error {
		if puts(ops, "MATCH#") && bob.Token == "" {
			bob = w.queue(chat.QueueRequest{AgentName: "Bob"})
		}
		return do()
	}})
	met(t, leaver.queue(chat.QueueRequest{Ticket: ticket, Leave: true}), bob)
}

func TestQueueRace_claimedWhileItsOwnerComesBack_isPaired(t *testing.T) {
	w := newWorld(t)
	w = w.elsewhere()
	ticket := w.ticket("Ann")
	var bob chat.Queued
	owner := w.through(&seam{write: func(ops []table.Op, do func() error) error {
		if puts(ops, "TICKET#") && bob.Token == "" {
			bob = w.queue(chat.QueueRequest{AgentName: "Bob"})
		}
		return do()
	}})
	met(t, owner.queue(chat.QueueRequest{Ticket: ticket}), bob)
}

func TestQueueRace_anotherClaimsFirst_theSlowerWaitsForTheNext(t *testing.T) {
	w := newWorld(t)
	w = w.elsewhere()
	ticket := w.ticket("Ann", "chess")
	var cid chat.Queued
	slow := w.through(beforePairing(func() { cid = w.queue(chat.QueueRequest{AgentName: "Cid", Interests: []string{"chess"}}) }))
	bob := slow.queue(chat.QueueRequest{AgentName: "Bob"})
	met(t, w.comesBack(ticket), cid)
	if bob.Status != chat.StatusInQueue || bob.Position != 1 {
		t.Fatalf("got %+v", bob)
	}
	met(t, w.queue(chat.QueueRequest{AgentName: "Dora"}), w.comesBack(bob.Ticket))
}

// unanswered is a write whose reply is lost: it has happened or not.
func unanswered(happens bool, do func() error) error {
	if happens {
		_ = do()
	}
	return fmt.Errorf("%w: no reply", table.ErrUnavailable)
}

func TestQueueRace_replyOfThePairingLost_bothFindTheirMatch(t *testing.T) {
	for _, happens := range []bool{true, false} {
		w := newWorld(t)
		w = w.elsewhere()
		ticket, lost := w.ticket("Ann"), false
		claimer := w.through(&seam{write: func(ops []table.Op, do func() error) error {
			if pairs(ops) && !lost {
				lost = true
				return unanswered(happens, do)
			}
			return do()
		}})
		bob := claimer.queue(chat.QueueRequest{AgentName: "Bob"})
		met(t, w.comesBack(ticket), bob)
	}
}

// TestQueueRace_claimerDies has the claimer's process reach nothing any more, once
// it has paired.
func TestQueueRace_claimerDiesAfterThePairing_bothFindTheirMatchElsewhere(t *testing.T) {
	w := newWorld(t)
	w = w.elsewhere()
	ann, bobs, dead := w.ticket("Ann"), "", false
	claimer := w.through(&seam{
		write: func(ops []table.Op, do func() error) error {
			dead = dead || pairs(ops)
			if dead {
				return unanswered(pairs(ops), do)
			}
			return do()
		},
		query: func(do func() (table.Page, error)) (table.Page, error) {
			if dead {
				return table.Page{}, table.ErrUnavailable
			}
			return do()
		},
	})
	bobs = claimer.queue(chat.QueueRequest{AgentName: "Bob"}).Ticket // it is told to go on waiting
	met(t, w.comesBack(ann), w.comesBack(bobs))
}

func TestQueueRace_youngerBreaksOffBeforeItsClaim_isClaimedByTheOlder(t *testing.T) {
	w := newWorld(t)
	waiting := w.inQueue(t.Context(), chat.QueueRequest{AgentName: "Ann", Wait: time.Minute})
	broken := w.through(&seam{query: func(func() (table.Page, error)) (table.Page, error) {
		return table.Page{}, table.ErrUnavailable
	}})
	ticket := broken.queue(chat.QueueRequest{AgentName: "Bob"}).Ticket
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
		broken := w.through(&seam{write: func(ops []table.Op, do func() error) error {
			if puts(ops, "TICKET#") {
				late = ops
				return unanswered(happens, do)
			}
			return do()
		}})
		_, err := broken.EnterQueue(t.Context(), chat.QueueRequest{AgentName: "Ann"})
		wants(t, err, chat.Unavailable)
		if !happens {
			w.write(late...) // it comes late
		}
		bob := w.queue(chat.QueueRequest{AgentName: "Bob"})
		if bob.Status != chat.StatusInQueue {
			t.Fatalf("got %+v", bob)
		}
		met(t, w.queue(chat.QueueRequest{AgentName: "Cid"}), w.comesBack(bob.Ticket))
	}
}

// onRealClocks runs a test with services in the system's time: alone on a file, two
// on a file, and two on DynamoDB.
func onRealClocks(t *testing.T, test func(t *testing.T, services ...*chat.Service)) {
	t.Run("one service", func(t *testing.T) {
		b := openBolt(t, clockwork.NewRealClock())
		test(t, chat.New(b, chat.Options{Alone: true, GroupFrom: 1}))
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
	got := make([]chat.Queued, n)
	out := atOnce(n, func(i int) (chat.Seated, error) {
		req := chat.QueueRequest{AgentName: fmt.Sprintf("Agent %d", i), Interests: likes(i), Wait: 2 * time.Minute}
		for {
			q, err := services[i%len(services)].EnterQueue(t.Context(), req)
			if got[i] = q; err != nil || q.Status == chat.StatusPaired {
				return q.Seated, err
			}
			req.Ticket = q.Ticket
		}
	})
	t.Logf("%d agents in %s", n, time.Since(began).Round(time.Millisecond))
	expect(t, out, map[chat.Code]int{"": n})
	rooms := map[string][]chat.Queued{}
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
