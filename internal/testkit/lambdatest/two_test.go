package lambdatest_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func TestBootstrap_twoInstances_messageWakesTheWaiterOfTheOther(t *testing.T) {
	const rounds, pollEvery = 21, 100 * time.Millisecond
	f := deploy(t)
	one, other := f.start(0, "PARLEY_KEEP_ALIVE=100ms"), f.start(0, "PARLEY_KEEP_ALIVE=100ms")
	alice := join(t, one.FunctionURL(), "room", "Alice")
	bob := join(t, other.FunctionURL(), "room", "Bob")
	var took []time.Duration
	for k := range rounds {
		wait := waiting(t, other.FunctionURL(), bob, 50) // its first beat has come, so it is open
		<-time.After(rand.N(pollEvery))                  // or each message would meet the same moment between two polls
		text := fmt.Sprint("message ", k)
		sent := make(chan time.Time, 1)
		go func() {
			began := time.Now()
			if r, err := try(t, one.FunctionURL(), "send_message",
				args{"agent_token": alice.AgentToken, "text": text}); err != nil || !r.Sent {
				t.Errorf("%+v, %v", r, err)
			}
			sent <- began
		}()
		r := ended(t, wait)
		took = append(took, time.Since(<-sent))
		if len(r.Messages) != 1 || r.Messages[0].Text != text {
			t.Fatalf("round %d: %+v", k, r)
		}
		bob.Cursor = r.Cursor
	}
	slices.Sort(took)
	t.Logf("from the call that sends to the end of the other's wait: median %v, longest %v",
		took[rounds/2].Round(time.Millisecond), took[rounds-1].Round(time.Millisecond))
	if median := took[rounds/2]; median > 250*time.Millisecond && !raceDetector {
		t.Errorf("the median is %v, want at most 250ms", median)
	}
}
