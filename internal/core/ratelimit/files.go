package ratelimit

import (
	"context"
	"math"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
)

// Upload counts so many bytes of files that the caller uploads, or refuses them. back takes so many
// of them back, which were not uploaded.
func (l *Limiter) Upload(ctx context.Context, bytes int64) (back func(bytes int64), err error) {
	return l.transfer(ctx, l.in, bytes, "Your key or address may share %d bytes of files an hour, and %d are left. "+
		"Nothing was shared: try again in %d seconds, or share less.")
}

// Download is Upload for files that the caller downloads. What all callers download is counted, too.
func (l *Limiter) Download(ctx context.Context, bytes int64) (back func(bytes int64), err error) {
	own, err := l.transfer(ctx, l.out, bytes, "Your key or address may download %d bytes of files an hour, and %d "+
		"are left. Nothing was sent: try again in %d seconds.")
	if err != nil {
		return nil, err
	}
	const all = "" // the key of what all callers take
	now := l.clock.Now()
	if wait := l.allOut.take(all, float64(bytes), now, 0); wait > 0 {
		own(bytes)
		return nil, fault.RetryLater(fault.RateLimited, wait, "This server sends %d bytes of files an hour to all, "+
			"and %d are left. Nothing was sent: try again in %d seconds.", int64(l.allOut.limit),
			int64(l.allOut.left(all, now)), fault.Seconds(wait))
	}
	return func(bytes int64) {
		own(bytes)
		l.allOut.spend(all, -float64(bytes), l.clock.Now())
	}, nil
}

// transfer counts bytes in b. refusal says of the limit, of what is left and of when enough is.
func (l *Limiter) transfer(ctx context.Context, b *budgets, bytes int64, refusal string) (
	back func(bytes int64), err error) {
	if b == nil {
		return func(int64) {}, nil
	}
	caller, now := ident.ClientKey(ctx), l.clock.Now()
	if wait := b.take(caller, float64(bytes), now, 0); wait > 0 {
		left := int64(math.Round(b.left(caller, now)))
		return nil, fault.RetryLater(fault.RateLimited, wait, refusal, int64(b.limit), left, fault.Seconds(wait))
	}
	return func(bytes int64) { b.spend(caller, -float64(bytes), l.clock.Now()) }, nil
}
