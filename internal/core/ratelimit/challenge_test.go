package ratelimit_test

import (
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/core/ratelimit"
)

func TestChallenge_moreThanAMinuteMayHave_areRefusedToTheirCallerAlone(t *testing.T) {
	clock := begun()
	l := ratelimit.New(ratelimit.Limits{}, clock)
	ann, bob := from(t, "192.0.2.1"), from(t, "192.0.2.2")
	for n := range ratelimit.Challenges {
		if err := l.Challenge(ann); err != nil {
			t.Fatalf("challenge %d: %v", n+1, err)
		}
	}
	wait := refusedFor(t, l.Challenge(ann))
	if want := time.Minute / ratelimit.Challenges; wait != want {
		t.Errorf("one more is refused for %v, want %v", wait, want)
	}
	if err := l.Challenge(bob); err != nil {
		t.Errorf("another caller: %v", err)
	}
	clock.Advance(wait)
	if err := l.Challenge(ann); err != nil {
		t.Errorf("%v later: %v", wait, err)
	}
}

func TestCall_moreThanAMinuteMayHave_areMadeOneAfterTheOther(t *testing.T) {
	clock := begun()
	l, now := ratelimit.New(ratelimit.Limits{}, clock), clock.Now()
	for n := range ratelimit.Calls + 3 {
		want := max(0, n+1-ratelimit.Calls)
		if late := l.Call("one account").Sub(now); late != time.Duration(want)*time.Minute/ratelimit.Calls {
			t.Errorf("call %d is made %v late", n+1, late)
		}
	}
	if late := l.Call("another account").Sub(now); late != 0 {
		t.Errorf("the call of another account is made %v late", late)
	}
}
