package lambdatest_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/testkit/lambdatest"
)

// In these tests a client leaves, its instance works on, and the agent calls again
// elsewhere. The agent must lose nothing to the call that nobody hears, the ghost.

// haunt opens a wait of a seat at a place and leaves.
func haunt(t *testing.T, f *lambdatest.Fleet, place int, seat result, seconds int) {
	t.Helper()
	resp := waiting(t, on(f, place), seat, seconds)
	if err := resp.Body.Close(); err != nil {
		t.Error(err)
	}
}

// vanish sends a request to a place and leaves before the answer.
func vanish(t *testing.T, f *lambdatest.Fleet, place int, q *http.Request) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	resp, err := on(f, place).Transport.RoundTrip(q.WithContext(ctx)) // a client would not begin
	if err == nil {
		resp.Body.Close()
	}
}

// answered returns the result of a request.
func answered(t *testing.T, client *http.Client, q *http.Request) result {
	t.Helper()
	resp, err := client.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	text, err := readAll(resp)
	if err != nil {
		t.Fatal(err)
	}
	read := decode
	if q.Method == http.MethodGet {
		read = decodeStandby
	}
	r, err := read(text)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// listen opens a wait of a seat at a place beside the test.
func listen(t *testing.T, f *lambdatest.Fleet, place int, seat result, seconds int) <-chan told {
	t.Helper()
	began := time.Now()
	resp := waiting(t, on(f, place), seat, seconds)
	end := make(chan told, 1)
	go func() {
		text, err := readAll(resp)
		r, failed := decode(text)
		if err == nil {
			err = failed
		}
		end <- told{r, err, time.Since(began)}
	}()
	return end
}

// pair seats Alice and Bob in a room in which Alice has spoken and Bob has read it.
func pair(t *testing.T, client *http.Client, room string) (alice, bob result) {
	t.Helper()
	alice, bob = join(t, client, room, "Alice"), join(t, client, room, "Bob")
	alice.Cursor = call(t, client, "send_message",
		args{"agent_token": alice.AgentToken, "cursor": alice.Cursor, "text": "the last word"}).Cursor
	bob.Cursor = ended(t, waiting(t, client, bob, 0)).Cursor
	return alice, bob
}

func TestGhost_turn_goesToTheCallThatIsHeard(t *testing.T) {
	t.Parallel()
	const rooms = 3 // in each it is drawn anew which process looks first
	fleet := deploy(t).fleet(3*rooms, "PARLEY_KEEP_ALIVE=100ms")
	for k, room := range []string{"one", "two", "three"} {
		t.Run(room, func(t *testing.T) {
			t.Parallel()
			alice, bob := pair(t, on(fleet, 3*k), room)
			haunt(t, fleet, 3*k+1, bob, 12)
			// First, since a process that sees her at work looks for the turn again in half a minute.
			other := listen(t, fleet, 3*k, alice, 12)
			heard := listen(t, fleet, 3*k+2, bob, 12)
			if end := <-heard; end.err != nil || end.Status != "your_turn" {
				t.Errorf("the call that is heard ends with %+v, %v after %v", end.result, end.err, end.took)
			}
			if end := <-other; end.err != nil || end.Status != "quiet" {
				t.Errorf("the other agent's call ends with %+v, %v", end.result, end.err)
			}
		})
	}
}

func TestSoak_turnLostWithItsClient_passesOn(t *testing.T) {
	soak(t)
	t.Parallel()
	fleet := deploy(t).fleet(2, "PARLEY_KEEP_ALIVE=100ms")
	alice, bob := pair(t, on(fleet, 0), "room")
	haunt(t, fleet, 1, bob, 20)
	end := <-listen(t, fleet, 0, alice, 50)
	if end.err != nil || end.Status != "your_turn" || end.took < 30*time.Second || end.took > 45*time.Second {
		t.Errorf("%+v, %v after %v", end.result, end.err, end.took)
	}
}

// A wait of a program without a cursor hands out what no cursor has acknowledged, marked, at each call.
func TestGhost_messageToAStandby_comesAgainToTheNextCalls(t *testing.T) {
	t.Parallel()
	const openFor = 4 * time.Second // long after its client left
	fleet := deploy(t).fleet(3, "PARLEY_KEEP_ALIVE=100ms")
	alice, bob := pair(t, on(fleet, 0), "room")
	bob.Cursor = ended(t, waiting(t, on(fleet, 0), bob, 0)).Cursor // acknowledges what pair has read
	standBy := func(seconds int) *http.Request { return standbyRequest(t, bob.AgentToken, seconds) }
	vanish(t, fleet, 0, standBy(15)) // at the instance that knows that: the table lags behind
	<-time.After(openFor)
	call(t, on(fleet, 1), "send_message", args{"agent_token": alice.AgentToken, "text": "for Bob"})
	fleet.Settle() // the ghost has been handed the message
	for k := range 2 {
		got := answered(t, on(fleet, 2), standBy(1))
		all := got.Messages
		if got.Status != "messages" || len(all) == 0 || all[len(all)-1].Text != "for Bob" || !all[len(all)-1].Repeated {
			t.Errorf("call %d: %+v", k, got)
		}
	}
}

func TestSoak_ghostInTheQueue_isNotPaired(t *testing.T) {
	soak(t)
	t.Parallel()
	const pairable = 20 * time.Second // from the begin of a call
	fleet := deploy(t).fleet(2, "PARLEY_KEEP_ALIVE=100ms")
	resp, err := post(t, on(fleet, 0), toolCall("enter_queue", args{"agent_name": "Ghost", "wait_seconds": 50}))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	<-time.After(pairable + 16*time.Second) // a call of 20 seconds, and what is left of its ticket
	if r := call(t, on(fleet, 1), "enter_queue",
		args{"agent_name": "Alice", "wait_seconds": 3}); r.Status != "waiting" {
		t.Errorf("%+v", r)
	}
}

func TestSoak_sixWaitsOfOneAgent_allButTheYoungestEnd(t *testing.T) {
	soak(t)
	t.Parallel()
	const places = 6
	fleet := deploy(t).fleet(places+1, "PARLEY_KEEP_ALIVE=100ms", "PARLEY_LONGEST_WAIT=290s")
	alice, bob := pair(t, on(fleet, places), "room")
	began := time.Now()
	var waits []<-chan told
	for place := range places {
		waits = append(waits, listen(t, fleet, place, bob, 200))
	}
	for place, wait := range waits[:places-1] {
		select {
		case end := <-wait:
			t.Logf("wait %d: %s after %v", place, end.Status, end.took.Round(time.Second))
			if end.err != nil || end.Status != "superseded" {
				t.Errorf("wait %d: %+v, %v", place, end.result, end.err)
			}
		case <-time.After(time.Until(began.Add(90 * time.Second))):
			t.Errorf("wait %d is still open", place)
		}
	}
	call(t, on(fleet, places), "send_message", args{"agent_token": alice.AgentToken, "text": "for the youngest"})
	if end := <-waits[places-1]; end.err != nil || len(end.Messages) != 1 ||
		end.Messages[0].Text != "for the youngest" {
		t.Errorf("the youngest wait: %+v, %v", end.result, end.err)
	}
}
