package pairing_test

import (
	"context"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/pairing"
	"github.com/parley-chat/parley/internal/ratelimit"
)

// queue enters the lobby, or what req says.
func (w *world) queue(req pairing.Request) pairing.Result {
	w.t.Helper()
	got, err := w.EnterQueue(w.t.Context(), req)
	if err != nil {
		w.t.Fatalf("%s queues: %v", req.AgentName, err)
	}
	return got
}

// queueing enters the queue in the background.
func (w *world) queueing(ctx context.Context, req pairing.Request) <-chan queueAnswer {
	got := make(chan queueAnswer, 1)
	go func() {
		q, err := w.EnterQueue(ctx, req)
		got <- queueAnswer{q, err}
	}()
	return got
}

type queueAnswer struct {
	pairing.Result
	err error
}

// inQueue begins to wait in the queue, and returns when the call has nothing left to
// do but wait.
func (w *world) inQueue(ctx context.Context, req pairing.Request) <-chan queueAnswer {
	w.t.Helper()
	got := w.queueing(ctx, req)
	w.blocked(1)
	return got
}

// queued is the answer to a call that was begun with inQueue.
func queued(t *testing.T, from <-chan queueAnswer) pairing.Result {
	t.Helper()
	select {
	case got := <-from:
		if got.err != nil {
			t.Fatalf("queue: %v", got.err)
		}
		return got.Queued
	case <-time.After(20 * time.Second): // only a broken wait gets here
		t.Fatal("the wait for a partner did not end")
		return pairing.Result{}
	}
}

// ticket enters the queue for a moment.
func (w *world) ticket(agent string, interests ...string) string {
	w.t.Helper()
	got := w.queue(pairing.Request{AgentName: agent, Interests: interests})
	if got.Status != pairing.Waiting || got.Ticket == "" {
		w.t.Fatalf("%s is not in the queue: %+v", agent, got)
	}
	return got.Ticket
}

// comesBack calls with a ticket.
func (w *world) comesBack(ticket string) pairing.Result {
	w.t.Helper()
	return w.queue(pairing.Request{Ticket: ticket})
}

// met fails unless the two were paired with each other.
func met(t *testing.T, a, b pairing.Result) {
	t.Helper()
	for _, q := range []pairing.Result{a, b} {
		if q.Status != pairing.Paired || q.Seated.Status != chat.StatusJoined || q.Ticket != "" || len(q.Room.Agents) != 2 {
			t.Fatalf("not paired: %+v", q)
		}
	}
	if a.Room.Name != b.Room.Name || a.Partner.Name != b.Name || b.Partner.Name != a.Name || a.Token == b.Token || a.Opens == b.Opens {
		t.Fatalf("not with each other:\n%+v\n%+v", a, b)
	}
}

func TestQueue_twoWhoEnter_arePairedAndTalk(t *testing.T) {
	w := newWorld(t)
	waiting := w.inQueue(t.Context(), pairing.Request{AgentName: "Ann", Interests: []string{"chess"}, Wait: time.Minute})
	bob := w.queue(pairing.Request{AgentName: "Bob", Interests: []string{"go"}})
	ann := queued(t, waiting)
	met(t, ann, bob)
	if !ann.Opens {
		t.Error("who has waited longer is not to open")
	}
	same(t, "Bob's partner likes", bob.Partner.Interests, []string{"chess"})
	same(t, "Ann's partner likes", ann.Partner.Interests, []string{"go"})
	same(t, "seats", seats(bob.Room), []string{"Ann (admin)", "Bob (member)"})
	same(t, "Ann is told of the pairing by the answer alone", lines(ann.Messages), nil)
	same(t, "and Bob", lines(bob.Messages), nil)
	w.say(ann.Token, "hello")
	same(t, "Bob hears", lines(w.look(bob.Token, bob.Cursor).Messages), []string{"Ann: hello"})
	same(t, "Ann has nothing to hear", lines(w.look(ann.Token, "").Messages), nil)
}

func TestQueue_ownerOfATicketComesBack_getsTheSameSeatAgainAndAgain(t *testing.T) {
	w := newWorld(t)
	ticket := w.ticket("Ann")
	bob := w.queue(pairing.Request{AgentName: "Bob"})
	w.say(bob.Token, "hello?")
	first := w.comesBack(ticket)
	met(t, first, bob)
	same(t, "Ann is told", texts(first.Messages), []string{"hello?"})
	again := w.comesBack(ticket) // as if that answer were lost
	met(t, again, bob)
	same(t, "Ann is told again", texts(again.Messages), []string{"hello?"})
	if again.Token != first.Token {
		t.Error("it is another seat")
	}
	restarted := w.elsewhere()
	met(t, restarted.comesBack(ticket), bob)
	w.clock.Advance(time.Hour)
	_, err := w.EnterQueue(t.Context(), pairing.Request{Ticket: ticket})
	wants(t, err, fault.InvalidArgument)
}

func TestQueue_ticketAfterTheSeatIsGone_saysSo(t *testing.T) {
	w := newWorld(t)
	ticket := w.ticket("Ann")
	w.queue(pairing.Request{AgentName: "Bob"})
	w.leave(w.comesBack(ticket).Token)
	_, err := w.EnterQueue(t.Context(), pairing.Request{Ticket: ticket})
	wants(t, err, fault.Removed)
}

func TestQueue_ownNameInAnotherSpelling_isNoPartner(t *testing.T) {
	w := newWorld(t)
	first := w.ticket("Ann")
	ghost := w.queue(pairing.Request{AgentName: "ANN"})
	if ghost.Status != pairing.Waiting || ghost.Position != 2 {
		t.Fatalf("got %+v", ghost)
	}
	bob := w.queue(pairing.Request{AgentName: "Bob"})
	met(t, w.comesBack(first), bob)
	if got := w.comesBack(ghost.Ticket); got.Status != pairing.Waiting || got.Position != 1 {
		t.Fatalf("got %+v", got)
	}
}

// TestQueue_interests has three of one name wait, so that none of them is paired
// before the newcomer comes.
func TestQueue_interests(t *testing.T) {
	for name, c := range map[string]struct {
		waiting [3][]string
		comes   []string
		partner int
	}{
		"nothing in common, the longest waiting":    {[3][]string{{"go"}, {"chess"}, {"tea"}}, []string{"jazz"}, 0},
		"none named, the longest waiting":           {[3][]string{{"go"}, nil, nil}, nil, 0},
		"one in common":                             {[3][]string{{"go"}, nil, {"tea"}}, []string{"tea"}, 2},
		"most in common":                            {[3][]string{{"go"}, {"go", "tea"}, {"tea"}}, []string{"tea", "go"}, 1},
		"as much in common, the longest waiting":    {[3][]string{{"jazz"}, {"go"}, {"go"}}, []string{"go"}, 1},
		"in other letters":                          {[3][]string{nil, {"  Board   GAMES "}, nil}, []string{"board games"}, 1},
		"said twice, not counted twice":             {[3][]string{nil, {"go", "tea"}, {"jazz", "Jazz"}}, []string{"GO", "tea", "jazz"}, 1},
		"nothing in common with one who has blanks": {[3][]string{nil, {" "}, nil}, []string{"", "go"}, 0},
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

func TestQueue_interestsGivenWithATicket_takeThePlaceOfTheOld(t *testing.T) {
	w := newWorld(t)
	w.ticket("Ann")
	second := w.ticket("Ann", "go")
	w.queue(pairing.Request{Ticket: second, Interests: []string{"tea"}, AgentName: "ann", Queue: "LOBBY"})
	bob := w.queue(pairing.Request{AgentName: "Bob", Interests: []string{"tea"}})
	met(t, w.comesBack(second), bob)
}

func TestQueue_differentQueues_doNotMeet(t *testing.T) {
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

func TestQueue_position(t *testing.T) {
	w := newWorld(t)
	for want := 1; want <= 3; want++ {
		if got := w.queue(pairing.Request{AgentName: "Ann"}); got.Position != want || got.Estimated != 0 {
			t.Errorf("got %+v, want position %d", got, want)
		}
	}
}

// TestQueue_crowdOfOneName: who enters under one name again and again keeps nobody
// else from a partner.
func TestQueue_crowdOfOneName_standsInNobodysWay(t *testing.T) {
	w := newWorld(t)
	first := w.ticket("Ann")
	for range 200 {
		w.ticket("Ann")
	}
	bob := w.queue(pairing.Request{AgentName: "Bob"})
	met(t, w.comesBack(first), bob)
	if got := w.queue(pairing.Request{AgentName: "Ann"}); got.Status != pairing.Waiting || got.Position != 0 {
		t.Errorf("the last of them got %+v", got)
	}
}

func TestQueue_estimatedWait_isThatOfTheLastPairsWithinTheHour(t *testing.T) {
	w := newWorld(t)
	waited := func(d time.Duration) {
		ticket := w.ticket("Ann")
		for range int(d / (10 * time.Second)) {
			w.clock.Advance(10 * time.Second)
			w.comesBack(ticket)
		}
		w.queue(pairing.Request{AgentName: "Bob"})
	}
	estimate := func(queue string) time.Duration {
		return w.queue(pairing.Request{AgentName: "Cid", Queue: queue}).Estimated
	}
	waited(40 * time.Second)
	if got := estimate(""); got != 40*time.Second {
		t.Errorf("after one pair: %s", got)
	}
	w.clock.Advance(20 * time.Second)
	waited(80 * time.Second)
	if got := estimate(""); got != 50*time.Second {
		t.Errorf("after two: %s", got)
	}
	if got := estimate("elsewhere"); got != 0 {
		t.Errorf("in another queue: %s", got)
	}
	w.clock.Advance(time.Hour + time.Second)
	if got := estimate(""); got != 0 {
		t.Errorf("an hour later: %s", got)
	}
}

func TestQueue_longWait_endsInTimeWithTheTicket(t *testing.T) {
	w := newWorld(t)
	began := w.clock.Now()
	waiting := w.inQueue(t.Context(), pairing.Request{AgentName: "Ann", Wait: time.Minute})
	for w.clock.Since(began) < time.Minute {
		w.clock.Advance(100 * time.Millisecond)
		w.blockedOr(waiting)
	}
	if got := queued(t, waiting); got.Status != pairing.Waiting || got.Position != 1 || got.Ticket == "" {
		t.Fatalf("got %+v", got)
	}
}

// blockedOr waits until the call waits again, or has its answer.
func (w *world) blockedOr(waiting <-chan queueAnswer) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 50*time.Millisecond)
	defer cancel()
	if len(waiting) == 0 {
		_ = w.clock.BlockUntilContext(ctx, 2)
	}
}

func TestQueue_deadlineNear_answersBeforeIt(t *testing.T) {
	w := newWorld(t)
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second) // of the system's clock: as long as an answer takes
	defer cancel()
	got, err := w.EnterQueue(ctx, pairing.Request{AgentName: "Ann", Wait: time.Minute})
	if err != nil || got.Status != pairing.Waiting {
		t.Fatalf("got %+v, %v", got, err)
	}
}

func TestQueue_addressThatMakesTooManyRooms_isRefused(t *testing.T) {
	w := newWorld(t)
	w = onTable(t, w.clock, w.table, chat.Options{Limits: ratelimit.Limits{Rooms: 2}})
	w.ticket("Ann")
	w.ticket("Ann")
	_, err := w.EnterQueue(t.Context(), pairing.Request{AgentName: "Ann"})
	wants(t, err, fault.RateLimited)
}
