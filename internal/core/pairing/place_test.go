package pairing_test

import (
	"context"
	"encoding/base32"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/pairing"
	"github.com/parley-chat/parley/internal/store/table"
)

func TestTicket_ownerSilentForFifteenSeconds_expires(t *testing.T) {
	for _, late := range []time.Duration{-time.Second, 0} {
		w := newWorld(t)
		ticket := w.ticket("Ann")
		w.clock.Advance(15*time.Second + late)
		bob := w.queue(pairing.Request{AgentName: "Bob"})
		if paired := bob.Status == pairing.Paired; paired != (late < 0) {
			t.Errorf("after %s: %s", 15*time.Second+late, bob.Status)
		}
		if late < 0 {
			met(t, w.comesBack(ticket), bob)
			continue
		}
		_, err := w.pairing.EnterQueue(t.Context(), pairing.Request{Ticket: ticket, Wait: time.Minute})
		wants(t, err, fault.InvalidArgument)
	}
}

func TestTicket_ownerContinuesToWait_keepsItsPlace(t *testing.T) {
	w := newWorld(t)
	first, second := w.ticket("Ann"), w.ticket("Ann")
	for range 10 {
		w.clock.Advance(14 * time.Second)
		w.comesBack(second)
		w.comesBack(first)
	}
	bob := w.queue(pairing.Request{AgentName: "Bob"})
	met(t, w.comesBack(first), bob)
}

func TestTicket_firstCallCanceled_isNeverPaired(t *testing.T) {
	w := newWorld(t)
	ctx, cancel := context.WithCancel(t.Context())
	waiting := w.inQueue(ctx, pairing.Request{AgentName: "Ann", Wait: time.Minute})
	cancel()
	if got := <-waiting; got.err != context.Canceled {
		t.Fatalf("got %+v", got)
	}
	if bob := w.queue(pairing.Request{AgentName: "Bob"}); bob.Status != pairing.Waiting || bob.Position != 1 {
		t.Fatalf("got %+v", bob)
	}
}

func TestTicket_laterCallCanceled_canBePairedForFifteenSeconds(t *testing.T) {
	for _, late := range []time.Duration{-time.Second, 0} {
		w := newWorld(t)
		ticket := w.ticket("Ann")
		ctx, cancel := context.WithCancel(t.Context())
		waiting := w.inQueue(ctx, pairing.Request{Ticket: ticket, Wait: core.MaxQueueWait})
		cancel()
		<-waiting
		w.clock.Advance(15*time.Second + late)
		if bob := w.queue(pairing.Request{AgentName: "Bob"}); (bob.Status == pairing.Paired) != (late < 0) {
			t.Errorf("after %s: %s", 15*time.Second+late, bob.Status)
		}
	}
}

func TestTicket_twoCalls_theOlderEndsAndTheNewerIsPaired(t *testing.T) {
	w := newWorld(t)
	ticket := w.ticket("Ann")
	older := w.inQueue(t.Context(), pairing.Request{Ticket: ticket, Wait: core.MaxQueueWait})
	newer := w.queueing(t.Context(), pairing.Request{Ticket: ticket, Wait: core.MaxQueueWait})
	if got := take(t, older); got.Status != pairing.Superseded || got.Ticket != "" {
		t.Fatalf("the older call got %+v", got)
	}
	w.blocked(1)
	w.clock.Advance(15 * time.Second)
	met(t, w.queue(pairing.Request{AgentName: "Bob"}), take(t, newer))
}

// A call in another process learns of a newer one when it looks at the queue, whether or
// not it is among those that have waited longest.
func TestTicket_newerCallInAnotherProcess_endsTheOlderWithinSeconds(t *testing.T) {
	for what, ahead := range map[string]int{"in front": 0, "behind two hundred": 200} {
		t.Run(what, func(t *testing.T) {
			w := newWorld(t)
			for range ahead {
				w.ticket("Ann")
			}
			ticket := w.ticket("Ann")
			other := onTable(t, w.clock, w.table, chat.Options{})
			older := other.inQueue(t.Context(), pairing.Request{Ticket: ticket, Wait: core.MaxQueueWait})
			newer := w.queueing(t.Context(), pairing.Request{Ticket: ticket, Wait: core.MaxQueueWait})
			w.blocked(2)
			for range 6 {
				w.clock.Advance(time.Second)
				w.blockedOr(2, older)
			}
			if got := take(t, older); got.Status != pairing.Superseded {
				t.Fatalf("the older call got %+v", got)
			}
			w.clock.Advance(20 * time.Second) // the tickets ahead are over
			met(t, w.queue(pairing.Request{AgentName: "Bob"}), take(t, newer))
		})
	}
}

// The write of a call that got no answer comes after that of the next call.
func TestTicket_writeOfAnOlderCallComesLate_doesNotShortenTheNewer(t *testing.T) {
	w := newWorld(t)
	w = w.elsewhere()
	ticket := w.ticket("Ann")
	var late []table.Op
	broken := w.through(losing(false, func(ops []table.Op) bool {
		late = ops
		return puts(ops, "TICKET#")
	}))
	_, err := broken.pairing.EnterQueue(t.Context(), pairing.Request{Ticket: ticket})
	wants(t, err, fault.Unavailable)
	w.clock.Advance(time.Second)
	here := onTable(t, w.clock, w.table, chat.Options{})
	newer := here.inQueue(t.Context(), pairing.Request{Ticket: ticket, Wait: core.MaxQueueWait})
	w.write(late...)
	for range 6 {
		w.clock.Advance(time.Second)
		here.blockedOr(1, newer)
	}
	w.clock.Advance(30 * time.Second)
	here.blockedOr(1, newer)
	bob := w.queue(pairing.Request{AgentName: "Bob"})
	w.clock.Advance(time.Second) // it is in another process
	met(t, bob, take(t, newer))
}

func TestTicket_olderCallCanceledInAnotherProcess_lastsUntilTheNewerEnds(t *testing.T) {
	w := newWorld(t)
	ticket := w.ticket("Ann")
	other := onTable(t, w.clock, w.table, chat.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	older := other.inQueue(ctx, pairing.Request{Ticket: ticket, Wait: core.MaxQueueWait})
	newer := w.queueing(t.Context(), pairing.Request{Ticket: ticket, Wait: core.MaxQueueWait})
	w.blocked(2)
	cancel()
	<-older
	w.clock.Advance(15 * time.Second)
	met(t, w.queue(pairing.Request{AgentName: "Bob"}), take(t, newer))
}

func TestTicket_serviceStops_isReturnedAndLastsFifteenSeconds(t *testing.T) {
	w := newWorld(t)
	waiting := w.inQueue(t.Context(), pairing.Request{AgentName: "Ann", Wait: time.Minute})
	w.Stop()
	ann := take(t, waiting)
	if ann.Status != pairing.Waiting {
		t.Fatalf("got %+v", ann)
	}
	w = onTable(t, w.clock, w.table, chat.Options{SingleProcess: true})
	w.clock.Advance(15 * time.Second)
	if bob := w.queue(pairing.Request{AgentName: "Bob"}); bob.Status != pairing.Waiting {
		t.Fatalf("got %+v", bob)
	}
}

func TestTicket_givenUp_isNeverPaired(t *testing.T) {
	w := newWorld(t)
	ticket := w.ticket("Ann")
	for range 2 { // leaving twice is not an error
		if got := w.queue(pairing.Request{Ticket: ticket, Leave: true}); got.Status != pairing.Left ||
			got.Ticket != "" {
			t.Fatalf("got %+v", got)
		}
	}
	if bob := w.queue(pairing.Request{AgentName: "Bob"}); bob.Status != pairing.Waiting || bob.Position != 1 {
		t.Fatalf("got %+v", bob)
	}
	_, err := w.pairing.EnterQueue(t.Context(), pairing.Request{Ticket: ticket})
	wants(t, err, fault.InvalidArgument)
}

func TestTicket_givenUpWhileACallWaits_endsTheCall(t *testing.T) {
	w := newWorld(t)
	ticket := w.ticket("Ann")
	waiting := w.inQueue(t.Context(), pairing.Request{Ticket: ticket, Wait: time.Minute})
	w.queue(pairing.Request{Ticket: ticket, Leave: true})
	w.clock.Advance(time.Second)
	if got := take(t, waiting); got.Status != pairing.Left {
		t.Fatalf("got %+v", got)
	}
}

// A ticket that the queue did not give is over, whatever queue it names, and changes
// nothing.
func TestTicket_madeUp_writesNothing(t *testing.T) {
	w := newWorld(t)
	_, body, _ := strings.Cut(w.ticket("Ann"), "-")
	alphabet := base32.NewEncoding(ident.Alphabet).WithPadding(base32.NoPadding)
	for _, queue := range []string{"lobby2", "Lobby", "a/b", " lobby", "lobby\n", strings.Repeat("x", 41)} {
		ticket := alphabet.EncodeToString([]byte(queue)) + "-" + body
		_, err := w.pairing.EnterQueue(t.Context(), pairing.Request{Ticket: ticket})
		wants(t, err, fault.InvalidArgument)
		got, err := w.pairing.EnterQueue(t.Context(), pairing.Request{Ticket: ticket, Leave: true})
		if valid := queue == "lobby2"; valid != (err == nil && got.Status == pairing.Left) {
			t.Errorf("leaving %q: %+v, %v", queue, got, err)
		}
		if stored := w.partition("QUEUE#" + queue); len(stored) > 0 {
			t.Errorf("%q holds %v", queue, stored)
		}
	}
}

func TestTicket_givenUpAfterItWasPaired_returnsThePair(t *testing.T) {
	w := newWorld(t)
	ticket := w.ticket("Ann")
	bob := w.queue(pairing.Request{AgentName: "Bob"})
	met(t, w.queue(pairing.Request{Ticket: ticket, Leave: true}), bob)
}

func TestEnterQueue_contextDeadlineNear_returnsBeforeIt(t *testing.T) {
	w := newWorld(t)
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second) // by the system clock: as long as an answer takes
	defer cancel()
	got, err := w.pairing.EnterQueue(ctx, pairing.Request{AgentName: "Ann", Wait: time.Minute})
	if err != nil || got.Status != pairing.Waiting {
		t.Fatalf("got %+v, %v", got, err)
	}
}

// Where a client leaves unseen, its call goes on, for 20 s at most. For 15 s more its
// owner may come back, and takes its place.
func TestUnseenWait_clientThatLeft_canBePairedForThirtyFiveSeconds(t *testing.T) {
	for late, want := range map[time.Duration]pairing.Status{-time.Second: pairing.Paired, 0: pairing.Waiting} {
		w := newWorld(t)
		w.process = w.unseen()
		ghost := w.inQueue(t.Context(), pairing.Request{AgentName: "Ann", Wait: core.MaxQueueWait})
		w.clock.Advance(20 * time.Second)
		ticket := take(t, ghost).Ticket
		w.clock.Advance(15*time.Second + late)
		bob := w.queue(pairing.Request{AgentName: "Bob"})
		if bob.Status != want {
			t.Errorf("%s after the call: %s", 15*time.Second+late, bob.Status)
		}
		if want == pairing.Paired {
			met(t, w.comesBack(ticket), bob)
		}
	}
}
