package e2e

import (
	"context"
	"fmt"
	"hash/fnv"
	"testing"
	"time"
)

// roomOf makes a name for the room of one test.
func roomOf(t *testing.T) string {
	sum := fnv.New64a()
	_, _ = sum.Write([]byte(t.Name())) // never fails
	return fmt.Sprintf("room %x", sum.Sum64())
}

func waitArgs(s seat, seconds int) args {
	return args{"agent_token": s.token, "cursor": s.cursor, "wait_seconds": seconds}
}

// hearsNext lets Alice speak and Bob hear it, once.
func (c talk) hearsNext(alice, bob seat) {
	c.t.Helper()
	c.ok("send_message", args{"agent_token": alice.token, "text": opening})
	c.heard(c.ok("wait_for_message", waitArgs(bob, 20)), bob)
}

// heard fails unless Bob was answered with what Alice said, and has no more of it.
func (c talk) heard(a answer, bob seat) {
	c.t.Helper()
	if a.Status != "messages" || len(a.Messages) != 1 || a.Messages[0].Text != opening {
		c.t.Fatalf("Bob was answered %+v, want what Alice said, once", a)
	}
	bob.cursor = a.Cursor
	then := c.ok("wait_for_message", waitArgs(bob, 0))
	if then.Status != "quiet" {
		c.t.Errorf("at last Bob was answered %+v, want quiet", then)
	}
}

// waiting opens a wait of Bob's, and returns where its answer comes.
func (c talk) waiting(bob seat) <-chan answer {
	answered := make(chan answer, 1)
	go func() {
		defer close(answered)
		a, err := c.c.call(c.t.Context(), "wait_for_message", waitArgs(bob, 50))
		if err != nil {
			c.t.Errorf("wait_for_message: %v", err)
		}
		answered <- a
	}()
	return answered
}

// giveUpWaiting seats two agents in a new room, opens a wait of Bob's, and gives it up once the server has it.
func (c talk) giveUpWaiting(room string) (alice, bob seat) {
	c.t.Helper()
	alice, bob = c.meet(room)
	ctx, giveUp := context.WithCancel(c.t.Context())
	defer giveUp()
	gone := make(chan error, 1)
	go func() {
		_, err := c.c.call(ctx, "wait_for_message", waitArgs(bob, 3600)) // as long as it may
		gone <- err
	}()
	c.awaitWaiting(alice.token, "Bob")
	giveUp()
	if err := <-gone; err == nil {
		c.t.Fatal("the call that was given up had an answer")
	}
	return alice, bob
}

// comesBack: some clients close the call that they give up, some leave it open. From the moment that the agent is
// back, nothing goes to the call that nobody hears.
func (c talk) comesBack() {
	c.t.Helper()
	alice, bob := c.giveUpWaiting(roomOf(c.t))
	if back := c.ok("wait_for_message", waitArgs(bob, 0)); back.Status != "quiet" {
		c.t.Fatalf("back again, Bob was answered %+v, want quiet", back)
	}
	c.hearsNext(alice, bob)
}

// hearsWhatItMissed: until the agent is back, the server may hand out what nobody hears. A cursor brings it back.
func (c talk) hearsWhatItMissed() {
	c.t.Helper()
	alice, bob := c.giveUpWaiting(roomOf(c.t))
	c.hearsNext(alice, bob)
}

// endsItsWait: a client that leaves the connection open says that it has given the call up. The agent passes for
// waiting for 15 seconds more (room.BetweenWaits), in which other tests go on.
func (c talk) endsItsWait() {
	c.t.Helper()
	alice, bob := c.giveUpWaiting(roomOf(c.t))
	c.t.Parallel()
	awaitLonger(c.t, time.Minute, "Bob no longer waits",
		func() bool { return c.stateOf(alice.token, "Bob") != "waiting" })
	c.hearsNext(alice, bob)
}
