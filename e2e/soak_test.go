package e2e

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"
)

// soak skips a test that takes a minute or more, unless it is asked for.
func soak(t *testing.T) {
	t.Helper()
	if os.Getenv("PARLEY_SOAK") == "" {
		t.Skip("takes minutes: make nightly plays it")
	}
}

// The clients that people use give up a call after 30, 55 or 64 seconds. Here
// they really do, which takes as long.
func TestSoak_waitGivenUpInRealTime_losesNothing(t *testing.T) {
	soak(t)
	p := start(t)
	for _, k := range allKinds(t) {
		c := k.open(t, p.url)
		for _, after := range []time.Duration{30 * time.Second, 55 * time.Second, 64 * time.Second} {
			t.Run(fmt.Sprintf("%s after %v", k.name, after), func(t *testing.T) {
				t.Parallel()
				giveUpAfter(t, talk{t, c}, after)
			})
		}
	}
}

// giveUpAfter lets Bob give up a wait after that time, Alice speak to nobody, and
// Bob come back.
func giveUpAfter(t *testing.T, c talk, after time.Duration) {
	alice, bob := c.meet(roomOf(t))
	ctx, cancel := context.WithTimeout(t.Context(), after)
	defer cancel()
	if _, err := c.c.call(ctx, "wait_for_message", waitArgs(bob, 290)); err == nil {
		t.Fatal("the call that was given up had an answer")
	}
	c.ok("send_message", args{"agent_token": alice.token, "text": opening})
	got := c.ok("wait_for_message", waitArgs(bob, 20))
	if len(got.Messages) != 1 || got.Messages[0].Text != opening {
		t.Fatalf("back again, Bob was answered %+v, want what Alice said", got)
	}
	bob.cursor = got.Cursor
	if again := c.ok("wait_for_message", waitArgs(bob, 0)).Messages; len(again) > 0 {
		t.Errorf("then Bob heard %+v", again)
	}
}
