package sqlite

import (
	"context"
	"errors"
	"time"

	"zombiezen.com/go/sqlite"
)

// The sweep deletes expired items and unclaimed files in small steps, so that no writer waits long for a step. Nothing
// depends on the sweep, since expired items are absent to every call.
const (
	sweepItems = 100                    // deleted in a step
	sweepPages = 100                    // taken off the end of the file in a step
	stepPause  = 100 * time.Millisecond // between steps
	roundPause = time.Minute            // after the last step
	emptyTries = 100                    // in a round, to empty the log while others read the log
)

const (
	deleteExpiredSQL = `DELETE FROM items WHERE (pk, sk) IN (SELECT pk, sk FROM items WHERE expires <= ? LIMIT ?)`
	sizeSQL          = `SELECT * FROM pragma_freelist_count, pragma_page_count`
	shrinkSQL        = `PRAGMA incremental_vacuum(100)`
)

// errNothing is the verdict of a step that found nothing to do.
var errNothing = errors.New("nothing is to be swept")

// largeLog is the size of the write-ahead log from which a warning is logged.
const largeLog = 64 << 20

// sweep runs until the table closes.
func (t *Table) sweep() {
	defer close(t.swept)
	timer := t.clock.NewTimer(roundPause)
	defer timer.Stop()
	var trusted trusted
	for warned, round, tries := false, true, 0; ; {
		select {
		case <-timer.Chan():
		case <-t.closing:
			return
		}
		if round {
			t.trust(&trusted)
			t.files.swept = 0
			tries = emptyTries
		}
		more := t.sweepStep(&trusted)
		more = t.files.sweepStep(&trusted) || more
		if tries > 0 && t.erased.Load() {
			tries--
			if t.emptyLog(0) {
				tries = 0
			}
		}
		round = !more && (tries == 0 || !t.erased.Load())
		if !round {
			timer.Reset(stepPause)
			continue
		}
		bytes := t.LogBytes()
		if bytes >= largeLog && !warned {
			t.log.Warn("the write-ahead log is large: most likely it could not be emptied because another program, "+
				"or this one, always reads from it", "bytes", bytes)
		}
		warned = bytes >= largeLog
		timer.Reset(roundPause)
	}
}

// sweepStep deletes some items that have long expired, shortens a file with free pages for a quarter of its size, and
// reports whether there is more to do. A failed step ends the round.
func (t *Table) sweepStep(trusted *trusted) (more bool) {
	err := t.submit(context.Background(), sweepItems, func(c *Conn, now int64) (_, failure error) {
		failure = c.Run(deleteExpiredSQL, trusted.before(now), int64(sweepItems))
		if failure != nil {
			return nil, failure
		}
		deleted := c.Changes()
		var free, pages int64
		failure = c.Each(func(row *sqlite.Stmt) bool {
			free, pages = row.ColumnInt64(0), row.ColumnInt64(1)
			return true
		}, sizeSQL)
		shrink := free >= sweepPages && free >= pages/4
		if shrink && failure == nil {
			failure = c.Each(func(*sqlite.Stmt) bool { return true }, shrinkSQL)
		}
		if deleted == 0 && !shrink {
			return errNothing, failure
		}
		more = deleted == sweepItems || shrink
		return nil, failure
	})
	return more && err == nil
}

// emptyLog empties the log, which may hold erased content, and reports whether the log is empty. The log stays if a
// reader needs the log for longer than patience. The file holds no erased content: SQLite overwrites there.
func (t *Table) emptyLog(patience time.Duration) bool {
	done := make(chan bool)
	select {
	case t.empty <- emptying{patience, done}:
	case <-t.closing:
		return false
	}
	t.erased.Store(false) // the writer waits for done
	empty := <-done
	if !empty {
		t.erased.Store(true)
	}
	return empty
}
