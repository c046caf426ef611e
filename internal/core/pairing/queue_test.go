package pairing_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/pairing"
	"github.com/parley-chat/parley/internal/core/ratelimit"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
)

func TestEnterQueue_twoAgents_arePairedAndTalk(t *testing.T) {
	w := newWorld(t)
	waiting := w.inQueue(t.Context(), pairing.Request{AgentName: "Ann", Interests: []string{"chess"},
		Wait: time.Minute})
	bob := w.queue(pairing.Request{AgentName: "Bob", Interests: []string{"go"}})
	ann := take(t, waiting)
	met(t, ann, bob)
	if ann.Opens || !bob.Opens {
		t.Error("the agent that came later does not open")
	}
	same(t, "Bob's partner likes", bob.Partner.Interests, []string{"chess"})
	same(t, "Ann's partner likes", ann.Partner.Interests, []string{"go"})
	same(t, "seats", w.seats(bob.Token), []string{"Ann (admin)", "Bob (member)"})
	same(t, "Ann's messages at first", lines(ann.Messages), nil)
	same(t, "Bob's messages at first", lines(bob.Messages), nil)
	w.say(ann.Token, "hello")
	same(t, "Bob receives", lines(w.look(bob.Token, bob.Cursor).Messages), []string{"Ann: hello"})
	same(t, "Ann receives", lines(w.look(ann.Token, ann.Cursor).Messages), nil)
}

func TestEnterQueue_pairedTicket_returnsTheSameSeatForAnHour(t *testing.T) {
	w := newWorld(t)
	ticket := w.ticket("Ann")
	bob := w.queue(pairing.Request{AgentName: "Bob"})
	w.say(bob.Token, "hello?")
	first := w.comesBack(ticket)
	met(t, first, bob)
	same(t, "Ann's messages", lines(first.Messages), []string{"Bob: hello?"})
	again := w.comesBack(ticket) // as if the answer had been lost
	met(t, again, bob)
	same(t, "Ann's messages again", lines(again.Messages), []string{"Bob: hello?"})
	if again.Token != first.Token {
		t.Error("the ticket leads to another seat")
	}
	restarted := w.elsewhere()
	met(t, restarted.comesBack(ticket), bob)
	w.clock.Advance(time.Hour)
	_, err := w.pairing.EnterQueue(t.Context(), pairing.Request{Ticket: ticket})
	wants(t, err, fault.InvalidArgument)
}

func TestEnterQueue_ticketOfASeatThatWasLeft_isRefusedAsRemoved(t *testing.T) {
	w := newWorld(t)
	ticket := w.ticket("Ann")
	w.queue(pairing.Request{AgentName: "Bob"})
	w.leave(w.comesBack(ticket).Token)
	_, err := w.pairing.EnterQueue(t.Context(), pairing.Request{Ticket: ticket})
	wants(t, err, fault.Removed)
}

func TestEnterQueue_ownNameInAnotherSpelling_isNoPartner(t *testing.T) {
	w := newWorld(t)
	first := w.ticket("Ann")
	respelled := w.queue(pairing.Request{AgentName: "ANN"})
	if respelled.Status != pairing.Waiting || respelled.Position != 2 {
		t.Fatalf("got %+v", respelled)
	}
	bob := w.queue(pairing.Request{AgentName: "Bob"})
	met(t, w.comesBack(first), bob)
	if got := w.comesBack(respelled.Ticket); got.Status != pairing.Waiting || got.Position != 1 {
		t.Fatalf("got %+v", got)
	}
}

// A room does not seat two agents whose names look alike.
func TestEnterQueue_nameThatLooksTheSame_isNoPartner(t *testing.T) {
	w := newWorld(t)
	ann := w.ticket("Claude")
	drawn := w.queue(pairing.Request{AgentName: "\u0421laude"}) // a Cyrillic letter
	if drawn.Status != pairing.Waiting || drawn.Position != 2 {
		t.Fatalf("got %+v", drawn)
	}
	met(t, w.queue(pairing.Request{AgentName: "Bob"}), w.comesBack(ann))
}

// Three agents of one name wait, so that none is paired before the newcomer enters.
func TestEnterQueue_interests_decideThePartner(t *testing.T) {
	for name, c := range map[string]struct {
		waiting [3][]string
		comes   []string
		partner int
	}{
		"most in common": {[3][]string{{"go"}, {"go", "tea"}, {"tea"}},
			[]string{"tea", "go"}, 1},
		"in another spelling": {[3][]string{nil, {"  Board   GAMES "}, nil},
			[]string{"board games"}, 1},
		"repeated: counts once": {[3][]string{nil, {"go", "tea"}, {"jazz", "Jazz"}}, []string{"GO", "tea", "jazz"}, 1},
		"blank: counts as none": {[3][]string{nil, {" "}, nil}, []string{"", "go"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			var tickets []string
			for _, likes := range c.waiting {
				tickets = append(tickets, w.ticket("Ann", likes...))
			}
			bob := w.queue(pairing.Request{AgentName: "Bob", Interests: c.comes})
			for i, ticket := range tickets {
				if got := w.comesBack(ticket); (got.Status == pairing.Paired) != (i == c.partner) {
					t.Errorf("number %d: %s", i, got.Status)
				}
			}
			met(t, w.comesBack(tickets[c.partner]), bob)
		})
	}
}

func TestEnterQueue_interestsGivenWithATicket_replaceTheOldOnes(t *testing.T) {
	w := newWorld(t)
	w.ticket("Ann")
	second := w.ticket("Ann", "go")
	w.queue(pairing.Request{Ticket: second, Interests: []string{"tea"}, AgentName: "ann", Queue: "LOBBY"})
	bob := w.queue(pairing.Request{AgentName: "Bob", Interests: []string{"tea"}})
	met(t, w.comesBack(second), bob)
}

func TestEnterQueue_differentQueues_areNotPaired(t *testing.T) {
	w := newWorld(t)
	enter := func(agent, queue string) pairing.Result {
		return w.queue(pairing.Request{AgentName: agent, Queue: queue})
	}
	ann, bob := enter("Ann", "Straße 7"), enter("Bob", "")
	if ann.Status != pairing.Waiting || bob.Status != pairing.Waiting {
		t.Fatalf("got %+v and %+v", ann, bob)
	}
	met(t, enter("Cid", "straße 7"), w.comesBack(ann.Ticket))
	met(t, enter("Dora", "Lobby"), w.comesBack(bob.Ticket))
}

// An agent that enters again and again under one name does not block the others.
func TestEnterQueue_manyTicketsOfOneName_blockNobodyElse(t *testing.T) {
	w := newWorld(t)
	first := w.ticket("Ann")
	for range 200 {
		w.ticket("Ann")
	}
	bob := w.queue(pairing.Request{AgentName: "Bob"})
	met(t, w.comesBack(first), bob)
	if got := w.queue(pairing.Request{AgentName: "Ann"}); got.Status != pairing.Waiting || got.Position != 0 {
		t.Errorf("the last one got %+v", got)
	}
}

// An agent behind two hundred others is paired with one of them.
func TestEnterQueue_behindTwoHundred_meetsWhoSharesTheMost(t *testing.T) {
	w := newWorld(t)
	var tickets []string
	for i := range 202 {
		tickets = append(tickets, w.ticket("Ann", fmt.Sprint("tea ", i), fmt.Sprint("go ", i/2)))
	}
	likes := []string{"tea 151", "go 75"}
	bob := w.queue(pairing.Request{AgentName: "Bob", Interests: likes})
	met(t, w.comesBack(tickets[151]), bob)
	same(t, "Bob's partner likes", bob.Partner.Interests, likes)
}

// However many calls wait, and read the queue again, they share one read.
func TestEnterQueue_hundredLookAgain_readTheQueueOnce(t *testing.T) {
	w := newWorld(t)
	var reads atomic.Int64
	w = onTable(t, w.clock, &tabletest.Hooks{Table: w.table, Before: func(_ context.Context, c tabletest.Call) error {
		if c.Method == tabletest.Query {
			reads.Add(1)
		}
		return nil
	}}, chat.Options{})
	const n = 100
	ctx, leave := context.WithCancel(t.Context())
	var waiting []<-chan answer[pairing.Result]
	for range n {
		waiting = append(waiting, w.queueing(ctx, pairing.Request{AgentName: "Ann", Interests: []string{"tea"},
			Wait: time.Minute}))
	}
	w.blocked(n)
	reads.Store(0)
	for range 6 {
		w.clock.Advance(time.Second)
		w.blocked(n)
	}
	if got := reads.Load(); got < 1 || got > 5 {
		t.Errorf("%d agents that look again read the queue %d times", n, got)
	}
	leave()
	for _, got := range waiting {
		<-got
	}
}

func TestEnterQueue_nobodyComes_returnsTheTicketWhenTheWaitEnds(t *testing.T) {
	w := newWorld(t)
	began := w.clock.Now()
	waiting := w.inQueue(t.Context(), pairing.Request{AgentName: "Ann", Wait: time.Minute})
	for w.clock.Since(began) < time.Minute {
		w.clock.Advance(100 * time.Millisecond)
		w.blockedOr(1, waiting)
	}
	if got := take(t, waiting); got.Status != pairing.Waiting || got.Position != 1 || got.Ticket == "" {
		t.Fatalf("got %+v", got)
	}
}

func TestEnterQueue_addressThatCreatesTooManyRooms_isRefused(t *testing.T) {
	w := newWorld(t)
	w = onTable(t, w.clock, w.table, chat.Options{Limits: ratelimit.Limits{Rooms: 2}})
	w.ticket("Ann")
	w.ticket("Ann")
	_, err := w.pairing.EnterQueue(t.Context(), pairing.Request{AgentName: "Ann"})
	wants(t, err, fault.RateLimited)
}

// keyed returns the context of a call by the holder of a key.
func keyed(t *testing.T, id string) context.Context {
	return ident.WithPrincipal(t.Context(), ident.Principal{ID: ident.KeyPrincipal(id), Owner: "key of " + id})
}

// agentOf returns the agent that a pairing has seated.
func (w *world) agentOf(got pairing.Result) (principal, owner string) {
	w.t.Helper()
	token, err := ident.ParseToken(got.Token)
	if err != nil {
		w.t.Fatal(err)
	}
	a, ok, err := w.Service.SeatOf(w.t.Context(), token)
	if !ok || err != nil {
		w.t.Fatalf("%s has no seat: %v", got.Name, err)
	}
	return a.Principal, a.Owner
}

func TestEnterQueue_byKeys_seatsAreOfThem(t *testing.T) {
	w := newWorld(t)
	waiting := w.inQueue(keyed(t, "ann"), pairing.Request{AgentName: "Ann", Wait: time.Minute})
	bob, err := w.pairing.EnterQueue(keyed(t, "bob"), pairing.Request{AgentName: "Bob"})
	if err != nil {
		t.Fatal(err)
	}
	for id, got := range map[string]pairing.Result{"ann": take(t, waiting), "bob": bob} {
		if principal, owner := w.agentOf(got); principal != ident.KeyPrincipal(id) || owner != "key of "+id {
			t.Errorf("the seat of %s is of %q, %q", id, principal, owner)
		}
	}
	w.say(bob.Token, "hello")
	w.clock.Advance(2 * time.Minute)
	again, err := w.JoinRoom(keyed(t, "bob"), chat.JoinRequest{Room: bob.Room.Name, AgentName: "Bob"})
	if err != nil || again.Status != chat.StatusReturned {
		t.Errorf("by his key Bob gets %+v, %v", again, err)
	}
}

func TestEnterQueue_callerWithAnInviteOrAToken_isRefused(t *testing.T) {
	w := newWorld(t)
	ticket := w.ticket("Ann")
	for what, a := range map[string]ident.Principal{"invite": {Room: "abcdefg", Invite: 1},
		"token": {Room: "abcdefg", Seat: 1}} {
		for _, req := range []pairing.Request{{AgentName: "Eve"}, {Ticket: ticket}, {Ticket: ticket, Leave: true}} {
			_, err := w.pairing.EnterQueue(ident.WithPrincipal(t.Context(), a), req)
			if fault.CodeOf(err) != fault.NotAllowed {
				t.Errorf("%s, %+v: %v", what, req, err)
			}
		}
	}
}
