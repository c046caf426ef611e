package pairing_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/pairing"
	"github.com/parley-chat/parley/internal/room"
	"github.com/parley-chat/parley/internal/table"
	"github.com/parley-chat/parley/internal/table/tabletest"
)

// stoodUp pairs Ann, who calls with req, with an agent that never comes, and returns her
// pair after the room has seen that agent leave.
func (w *world) stoodUp(req pairing.Request) pairing.Result {
	w.t.Helper()
	w.ticket("Ghost")
	ann := w.queue(req)
	if ann.Status != pairing.Paired {
		w.t.Fatalf("got %+v", ann)
	}
	w.untilGone(ann)
	return ann
}

// untilGone has Ann wait until her partner has lost its seat.
func (w *world) untilGone(ann pairing.Result) {
	w.t.Helper()
	w.clock.Advance(room.UnusedLease)
	wait := w.waiting(w.t.Context(), chat.WaitRequest{Token: ann.Token, Cursor: ann.Cursor, Wait: time.Minute})
	same(w.t, "Ann receives", lines(take(w.t, wait).Messages), []string{"left Ghost (timeout)"})
}

func TestNoShow_oldTicket_leadsBackToThePlaceInTheQueue(t *testing.T) {
	w := newWorld(t)
	ann := w.stoodUp(pairing.Request{AgentName: "Ann", Interests: []string{"chess"}})
	namesake := w.ticket("Ann")
	w = w.elsewhere()
	again := w.comesBack(ann.Ticket)
	if again.Status != pairing.Waiting || again.Position != 1 || again.Ticket == ann.Ticket {
		t.Fatalf("got %+v", again)
	}
	if twice := w.comesBack(ann.Ticket); twice.Ticket != again.Ticket || twice.Position != 1 {
		t.Errorf("another call with the old ticket got %+v", twice)
	}
	bob := w.queue(pairing.Request{AgentName: "Bob"})
	same(t, "Bob's partner likes", bob.Partner.Interests, []string{"chess"})
	for _, ticket := range []string{again.Ticket, ann.Ticket} {
		met(t, w.comesBack(ticket), bob)
	}
	if got := w.comesBack(namesake); got.Status != pairing.Waiting {
		t.Errorf("who came later got %+v", got)
	}
}

func TestNoShow_ticketThatFollows_canBeGivenUpByTheOldOne(t *testing.T) {
	w := newWorld(t)
	ann := w.stoodUp(pairing.Request{AgentName: "Ann"})
	again := w.comesBack(ann.Ticket)
	if got := w.queue(pairing.Request{Ticket: ann.Ticket, Leave: true}); got.Status != pairing.Left {
		t.Fatalf("got %+v", got)
	}
	if bob := w.queue(pairing.Request{AgentName: "Bob"}); bob.Status != pairing.Waiting || bob.Position != 1 {
		t.Errorf("Bob got %+v", bob)
	}
	for _, ticket := range []string{again.Ticket, ann.Ticket} {
		_, err := w.pairing.EnterQueue(t.Context(), pairing.Request{Ticket: ticket})
		wants(t, err, fault.InvalidArgument)
	}
}

// Only who was stood up gets its place back. Anyone else gets the seat that the ticket
// has brought, as long as there is one.
func TestNoShow_otherEnds_leadToTheSeat(t *testing.T) {
	for what, happens := range map[string]func(w *world, ann, bob pairing.Result){
		"the partner may still come":          func(w *world, ann, _ pairing.Result) { w.clock.Advance(room.UnusedLease) },
		"the partner has come, and left":      func(w *world, _, bob pairing.Result) { w.leave(bob.Token) },
		"the partner has come, and is silent": func(w *world, ann, bob pairing.Result) { w.look(bob.Token, ""); w.leftAfter(ann, 5*time.Minute+slack) },
	} {
		t.Run(what, func(t *testing.T) {
			w := newWorld(t)
			ann, bob := w.matched()
			happens(w, ann, bob)
			w.clock.Advance(time.Minute)
			if got := w.comesBack(ann.Ticket); got.Status != pairing.Paired || got.Token != ann.Token {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestNoShow_whoNeverCame_doesNotGetItsPlaceBack(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.matched()
	w.leftAfter(ann, room.UnusedLease)
	_, err := w.pairing.EnterQueue(t.Context(), pairing.Request{Ticket: bob.Ticket})
	wants(t, err, fault.Removed)
}

// The first ticket leads to the tenth that follows it, and no further.
func TestNoShow_tenInARow_areTheMost(t *testing.T) {
	w := newWorld(t)
	first := w.stoodUp(pairing.Request{AgentName: "Ann"}).Ticket
	last := pairing.Result{}
	for i := range 10 {
		if last = w.stoodUp(pairing.Request{Ticket: first}); last.Ticket == first {
			t.Fatalf("after %d partners that never came: %+v", i+1, last)
		}
	}
	for _, ticket := range []string{first, last.Ticket} {
		if got := w.comesBack(ticket); got.Status != pairing.Paired || got.Token != last.Token {
			t.Errorf("got %+v", got)
		}
	}
}

// The slower of two calls with the old ticket stores the new one after that was paired.
func TestNoShow_twoCallsWithTheOldTicket_getOneSeat(t *testing.T) {
	w := newWorld(t)
	ann := w.stoodUp(pairing.Request{AgentName: "Ann"})
	w = w.elsewhere()
	var faster, bob pairing.Result
	var once sync.Once
	slower := w.through(beforeWrite(func(ops []table.Op) bool { return puts(ops, "TICKET#") }, func() {
		once.Do(func() {
			faster = w.comesBack(ann.Ticket)
			bob = w.queue(pairing.Request{AgentName: "Bob"})
		})
	}))
	met(t, slower.comesBack(ann.Ticket), bob)
	met(t, w.comesBack(faster.Ticket), bob)
	cid := w.queue(pairing.Request{AgentName: "Cid"})
	if cid.Status != pairing.Waiting {
		t.Fatalf("Cid got %+v", cid)
	}
	met(t, w.queue(pairing.Request{AgentName: "Dora"}), w.comesBack(cid.Ticket))
}

// A call that fails while it stores the new ticket can be repeated with the old one.
func TestNoShow_replyLost_isRepeatedWithTheOldTicket(t *testing.T) {
	for _, happens := range []bool{true, false} {
		w := newWorld(t)
		ann := w.stoodUp(pairing.Request{AgentName: "Ann"})
		w = w.elsewhere()
		broken := w.through(losing(happens, func(ops []table.Op) bool { return puts(ops, "TICKET#") }))
		_, err := broken.pairing.EnterQueue(t.Context(), pairing.Request{Ticket: ann.Ticket})
		wants(t, err, fault.Unavailable)
		again := w.comesBack(ann.Ticket)
		if again.Status != pairing.Waiting || again.Position != 1 {
			t.Fatalf("got %+v", again)
		}
		met(t, w.queue(pairing.Request{AgentName: "Bob"}), w.comesBack(again.Ticket))
	}
}

// TestNoShow_underFaults has two calls at a time come back with the ticket of an agent
// that was stood up, through several processes on a table with faults, while others look
// for partners. Still that agent gets one seat.
func TestNoShow_underFaults(t *testing.T) {
	w := newWorld(t)
	runs := min(*faultRuns, 60)
	pairs := make([]pairing.Result, runs)
	for i := range runs {
		queue := fmt.Sprintf("queue %d", i)
		w.queue(pairing.Request{AgentName: "Ghost", Queue: queue})
		pairs[i] = w.queue(pairing.Request{AgentName: "Ann", Queue: queue})
	}
	w.clock.Advance(room.UnusedLease)
	var all sync.WaitGroup
	for i, ann := range pairs {
		wait := w.waiting(t.Context(), chat.WaitRequest{Token: ann.Token, Cursor: ann.Cursor, Wait: time.Minute})
		same(t, "Ann receives", lines(take(t, wait).Messages), []string{"left Ghost (timeout)"})
		all.Go(func() {
			seed := *faultSeed + uint64(i)
			if err := returnUnderFaults(t.Context(), seed, fmt.Sprintf("queue %d", i), ann, clockwork.NewFakeClockAt(w.clock.Now()), w.table); err != nil {
				t.Errorf("seed %d: %v", seed, err)
			}
		})
	}
	all.Wait()
}

// returnUnderFaults has Ann come back to the queue with her old ticket.
func returnUnderFaults(ctx context.Context, seed uint64, queue string, ann pairing.Result, clock *clockwork.FakeClock, file table.Table) error {
	faulty := tabletest.NewFaulty(file, clock, seed, []tabletest.Faults{tabletest.Mild(), tabletest.Rough(), tabletest.Correct()}[seed%3])
	r := &queueRun{ctx: ctx, queue: queue, file: file}
	r.open = func() process {
		return newProcess(faulty, chat.Options{Clock: hurriedClock{clock}, Logger: slog.New(slog.DiscardHandler)})
	}
	r.services = []process{r.open(), r.open()}
	for i, name := range []string{"Ann", "Ann", "Bob", "Cid", "Dora"} {
		s := &seeker{queueRun: r, name: name, rng: rand.New(rand.NewPCG(seed, uint64(i)))}
		if name == "Ann" {
			s.tickets, s.stays = []string{ann.Ticket}, true
		}
		r.seekers = append(r.seekers, s)
	}
	errs := make(chan error)
	for _, s := range r.seekers {
		go func() { errs <- s.visit(5) }()
	}
	var all error
	for range r.seekers {
		all = errors.Join(all, <-errs)
	}
	faulty.Settle()
	eve := &seeker{queueRun: r, name: "Eve", rng: rand.New(rand.NewPCG(seed, 9)), stays: true}
	for _, s := range append(r.seekers[:2:2], eve, r.seekers[0], r.seekers[1]) { // without faults, Ann has a partner at last
		all = errors.Join(all, s.visit(3))
	}
	first, second := r.seekers[0], r.seekers[1]
	if all == nil && (first.got.Token == "" || first.got.Token == ann.Token || first.got.Token != second.got.Token) {
		all = fmt.Errorf("Ann got %q with one call and %q with the other, after %q", first.got.Token, second.got.Token, ann.Token)
	}
	return errors.Join(all, r.matches(), first.check(), second.check())
}
