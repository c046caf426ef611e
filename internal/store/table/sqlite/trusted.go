package sqlite

import (
	"context"
	"strconv"
	"time"

	"zombiezen.com/go/sqlite"
)

// A clock may be wrong by a year, at a start or from one moment to the next. A wrong clock hides items from every call,
// but only until the clock is right again. The sweep would delete the items for good. So the sweep has a separate time,
// and stores that time.
const (
	// doubt is how far the clock may be from the time of the sweep so that the sweep believes the clock at once, and
	// how long the sweep keeps expired items. So a clock that is ahead by at most doubt deletes no live item.
	doubt = 24 * time.Hour
	// pursuit is how far the time of the sweep goes in a round towards a clock that is farther away: four times as fast
	// as time passes. Either the clock is wrong, or the server or the whole machine has stood still.
	pursuit = 4 * roundPause
	// storedEvery is how far the time of the sweep goes between two stores.
	storedEvery = time.Hour
)

const (
	// trustedSQL takes the earliest expiry if no time is stored: a sweep by the right
	// clock has left nothing that expired much earlier.
	trustedSQL = `SELECT coalesce((SELECT CAST(data AS INTEGER) FROM items WHERE pk = 'SWEEP' AND sk = '-'), min((SELECT min(expires) FROM items), ?1), ?1)`
	trustSQL   = `INSERT INTO items (pk, sk, data) VALUES ('SWEEP', '-', ?) ON CONFLICT (pk, sk) DO UPDATE SET data = excluded.data`
)

// trusted is the time of the sweep, in seconds. Until the time is known, now is 0 and nothing is deleted.
type trusted struct {
	now, stored int64
	doubted     bool // the clock is farther ahead than doubt, and a warning says so
}

// before returns the last second at which an item to delete may have expired.
func (t *trusted) before(clock int64) int64 { return min(clock, t.now) - int64(doubt/time.Second) }

// follow moves the time of the sweep towards the clock. follow is called once a round.
func (t *trusted) follow(clock int64) {
	gap := time.Duration(clock-t.now) * time.Second
	if gap.Abs() > doubt {
		gap = min(max(gap, -pursuit), pursuit)
	}
	t.now += int64(gap / time.Second)
}

// trust begins a round: trust moves the time of the sweep, and stores the time if it has gone far.
func (t *Table) trust(of *trusted) {
	clock := t.clock.Now().Unix()
	if of.now == 0 && t.readSweepTime(of, clock) != nil {
		return // the next round tries again
	}
	of.follow(clock)
	ahead := time.Duration(clock-of.now) * time.Second
	if ahead > doubt && !of.doubted {
		t.log.Warn("the clock has gone far ahead: if neither this server nor its machine stood still for so long, "+
			"put the clock right; what it makes expire is only deleted after days", "ahead", ahead)
	}
	of.doubted = ahead > doubt
	if (time.Duration(of.now-of.stored) * time.Second).Abs() < storedEvery {
		return
	}
	err := t.submit(context.Background(), 1, func(c *Conn, _ int64) (_, failure error) {
		return nil, c.Run(trustSQL, strconv.FormatInt(of.now, 10))
	})
	if err == nil {
		of.stored = of.now
	}
}

// readSweepTime reads the stored time of the sweep.
func (t *Table) readSweepTime(of *trusted, clock int64) error {
	return t.pool.Read(context.Background(), func(c *Conn) error {
		return c.Each(func(row *sqlite.Stmt) bool {
			of.now = row.ColumnInt64(0)
			return false
		}, trustedSQL, clock)
	})
}
