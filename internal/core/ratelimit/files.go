package ratelimit

import (
	"math"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
)

// Upload counts so many bytes of files that a caller uploads, or refuses the upload. back gives back bytes that were
// not uploaded.
func (l *Limiter) Upload(c Caller, bytes int64) (back func(bytes int64), err error) {
	return l.transfer(c, l.in, bytes, func(short ident.Group, left int64, wait time.Duration) error {
		return fault.RetryLater(fault.RateLimited, wait, "This server takes %d bytes of files an hour from %s, and "+
			"%d are left. Nothing was shared: try again in %d seconds, or share less.", int64(l.in.limitOf(short)),
			whose(short), left, fault.Seconds(wait))
	})
}

// Download is Upload for files that a caller downloads. Downloads fill no disk, so guests of one invite do not share a
// budget. What all callers download is counted, too.
func (l *Limiter) Download(c Caller, bytes int64) (back func(bytes int64), err error) {
	own, err := l.transfer(c.alone(), l.out, bytes, func(short ident.Group, left int64, wait time.Duration) error {
		return fault.RetryLater(fault.RateLimited, wait, "This server sends %d bytes of files an hour to %s, and %d "+
			"are left. Nothing was sent: try again in %d seconds.", int64(l.out.limitOf(short)), whose(short), left,
			fault.Seconds(wait))
	})
	if err != nil {
		return nil, err
	}
	all := Caller{{Times: 1}} // what all callers take
	now := l.clock.Now()
	if wait, short := l.allOut.charge(all, float64(bytes), now, 0); wait > 0 {
		own(bytes)
		return nil, fault.RetryLater(fault.RateLimited, wait, "This server sends %d bytes of files an hour to all, "+
			"and %d are left. Nothing was sent: try again in %d seconds.", int64(l.allOut.limit),
			int64(l.allOut.left(short, now)), fault.Seconds(wait))
	}
	return func(bytes int64) {
		own(bytes)
		l.allOut.spend(all, -float64(bytes), l.clock.Now())
	}, nil
}

// transfer counts bytes in b. refused returns the refusal, from the group with too little left, the rest of its budget,
// and the time until enough is left.
func (l *Limiter) transfer(c Caller, b *budgets, bytes int64,
	refused func(short ident.Group, left int64, wait time.Duration) error) (back func(bytes int64), err error) {
	if b == nil {
		return func(int64) {}, nil
	}
	now := l.clock.Now()
	if wait, short := b.charge(c, float64(bytes), now, 0); wait > 0 {
		return nil, refused(short, int64(math.Round(b.left(short, now))), wait)
	}
	return func(bytes int64) { b.spend(c, -float64(bytes), l.clock.Now()) }, nil
}
