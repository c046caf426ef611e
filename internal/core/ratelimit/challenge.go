package ratelimit

import (
	"context"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
)

// Challenges is how many addresses a caller may have challenged in a minute, on every server: each challenge is a call
// to somebody who has not asked for a call.
const Challenges = 10

// Challenge counts a call to an address of the caller before the host has agreed, or refuses the call.
func (l *Limiter) Challenge(ctx context.Context) error {
	wait, _ := l.challenges.charge(callerOf(ctx), 1, l.clock.Now(), 0)
	if wait == 0 {
		return nil
	}
	return fault.RetryLater(fault.RateLimited, wait, "You may have at most %d addresses challenged a minute. "+
		"Nothing was changed: try again in %d seconds.", Challenges, fault.Seconds(wait))
}

// Calls is how many calls the hooks of one account make in a minute, on every server: a message can call many.
const Calls = 120

// Call counts a call of a hook for the account of a key or a room, and returns when the call may be made. Late calls
// are made in the order in which they were counted, and a busy hook delays no other.
func (l *Limiter) Call(account string) time.Time {
	now := l.clock.Now()
	return now.Add(l.calls.reserve(account, 1, now))
}
