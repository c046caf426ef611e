package bolttable

import (
	"bytes"
	"context"
	"time"

	bolt "go.etcd.io/bbolt"
)

// The sweep goes round the file in steps of a bounded number of items, so that
// neither a reader nor a writer waits long for it and a big file is never read
// in one go. A million items take less than twenty minutes; nothing depends on
// it, for expired items are absent to every call.
const (
	sweepItems = 500                    // looked at in a step
	stepPause  = 500 * time.Millisecond // between the steps of a round
	roundPause = time.Minute            // between rounds
)

// sweepExpired removes expired items until the table closes.
func (t *Table) sweepExpired() {
	defer close(t.swept)
	timer := t.clock.NewTimer(roundPause)
	defer timer.Stop()
	var from []byte
	for {
		select {
		case <-timer.Chan():
		case <-t.closing:
			return
		}
		if from = t.sweepStep(from); from == nil {
			timer.Reset(roundPause)
		} else {
			timer.Reset(stepPause)
		}
	}
}

// sweepStep looks at the rows at and behind from, removes those that expired,
// and returns where the next step begins, nil at the end of a round. A failed
// step ends its round; the next round tries again.
func (t *Table) sweepStep(from []byte) (next []byte) {
	var expired [][]byte
	ctx := context.Background()
	err := t.view(ctx, func(b *bolt.Bucket, now int64) error {
		c := b.Cursor()
		k, v := c.Seek(from)
		for n := 0; k != nil && n < sweepItems; n++ {
			if at, err := expiry(v); err == nil && at <= now {
				expired = append(expired, bytes.Clone(k))
			}
			k, v = c.Next()
		}
		next = bytes.Clone(k)
		return nil
	})
	if err == nil && len(expired) > 0 {
		err = t.submit(ctx, newJob(0, func(b *bolt.Bucket, now int64) (error, error) {
			return deleteExpired(b, expired, now)
		}))
	}
	if err != nil {
		return nil
	}
	return next
}

// deleteExpired removes those of the rows that are still expired: one may have
// been written anew since the step looked at it.
func deleteExpired(b *bolt.Bucket, rows [][]byte, now int64) (verdict, failure error) {
	verdict = errNothing
	for _, row := range rows {
		v := b.Get(row)
		if v == nil {
			continue
		}
		if at, err := expiry(v); err != nil || at > now {
			continue
		}
		if err := b.Delete(row); err != nil {
			return nil, err
		}
		verdict = nil
	}
	return verdict, nil
}
