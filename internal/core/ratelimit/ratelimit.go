// Package ratelimit limits what one caller does: messages, new rooms, and the cost of all calls. Callers are told apart
// by ident.ClientKey; a caller without a principal counts by seat and invite, too: see CallerFor. Each process counts
// for itself, in memory. Only the rooms that a caller creates are counted in the table, for all processes together.
package ratelimit

import (
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
)

// Limits are the limits of one server. A zero field is no limit.
type Limits struct {
	Messages int // of one caller, per minute
	Bytes    int // of one caller's texts, per minute
	Rooms    int // created by one caller, pairs included, per hour
	Units    int // that one caller's calls cost, per minute; a room may cost twice as much

	FilesIn, FilesOut int64 // bytes of files that one caller uploads and downloads, per hour
	AllFilesOut       int64 // bytes of files that all callers download from this process, per hour
}

// Limiter applies Limits. Its methods may be called concurrently.
type Limiter struct {
	limits          Limits
	clock           clockwork.Clock
	messages, bytes *budgets // by the groups of callers
	callers         *budgets // units, by the groups of callers and by room
	in, out         *budgets // bytes of files, by the groups of callers
	allOut          *budgets // bytes of files, of all callers
	challenges      *budgets // of addresses, by caller
	calls           *budgets // of hooks, by account
}

// New returns a Limiter.
func New(l Limits, clock clockwork.Clock) *Limiter {
	return &Limiter{
		limits: l, clock: clock,
		messages: perMinute(l.Messages), bytes: perMinute(l.Bytes),
		callers: perMinute(l.Units),
		in:      within(time.Hour, l.FilesIn), out: within(time.Hour, l.FilesOut),
		allOut: within(time.Hour, l.AllFilesOut), challenges: perMinute(Challenges), calls: perMinute(Calls),
	}
}

// Message counts a message of so many bytes of a caller, or refuses the message. The count is by caller: by seat alone,
// a caller that leaves and joins again would get a new allowance. A text longer than a minute's allowance is refused,
// since the text would never fit. undo takes the count back.
func (l *Limiter) Message(c Caller, bytes int) (undo func(), err error) {
	if most := l.limits.Bytes; most > 0 && bytes > most {
		return nil, fault.Refuse(fault.MessageTooLong, "This server takes at most %d bytes of text a minute, and "+
			"yours has %d. Nothing was sent: say it shorter, or in several messages with a minute between them.", most,
			bytes)
	}
	now := l.clock.Now()
	if wait, short := l.messages.charge(c, 1, now, 0); wait > 0 {
		return nil, fault.RetryLater(fault.RateLimited, wait, "Too many messages from %s: at most "+
			"%d a minute. Nothing was sent: try again in %d seconds, and say more in one message.", whose(short),
			int(l.messages.limitOf(short)), fault.Seconds(wait))
	}
	if wait, short := l.bytes.charge(c, float64(bytes), now, 0); wait > 0 {
		l.messages.spend(c, -1, now)
		return nil, fault.RetryLater(fault.RateLimited, wait, "Too much text from %s: at most %d "+
			"bytes a minute. Nothing was sent: try again in %d seconds, or say it shorter.", whose(short),
			int(l.bytes.limitOf(short)), fault.Seconds(wait))
	}
	return func() {
		now := l.clock.Now()
		l.messages.spend(c, -1, now)
		l.bytes.spend(c, -float64(bytes), now)
	}, nil
}

// retryLater returns the refusal of a call that costs more than the budget of a group has left.
func retryLater(short ident.Group, wait time.Duration) error {
	return fault.RetryLater(fault.RateLimited, wait, "Too many requests from %s. Nothing was done: call again in %d "+
		"seconds, and less often from then on. wait_for_message and leave_room usually still work.",
		whose(short), fault.Seconds(wait))
}
