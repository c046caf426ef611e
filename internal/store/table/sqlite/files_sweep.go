package sqlite

import (
	"context"
	"time"

	"zombiezen.com/go/sqlite"

	"github.com/parley-chat/parley/internal/store/files"
)

// sweepFiles is at how many files a step looks.
const sweepFiles = 1000

const oldFilesSQL = `SELECT number, room, id, size, touched FROM files WHERE number > ? AND touched <= ? ORDER BY number LIMIT ?`

// old is a file that was touched long ago.
type old struct {
	number, size int64
	key          files.Key
	marked       bool // to be deleted, claimed or not
}

// sweepStep checks some files, deletes the unclaimed files, and reports whether there is more to do in this round.
// Every round checks all files, since a claim may be gone at any time.
func (f *Files) sweepStep(trusted *trusted) (more bool) {
	if f.Claim == nil || trusted.now == 0 {
		return false
	}
	var looked []old
	var useless []old
	err := f.table.read(context.Background(), func(c *Conn, now int64) (err error) {
		looked, err = c.oldFiles(f.swept, trusted.untouched(now))
		if err != nil {
			return err
		}
		useless, err = f.useless(c, looked, trusted.before(now))
		return err
	})
	if err != nil || len(looked) == 0 {
		return false
	}
	if len(useless) == 0 {
		f.swept = looked[len(looked)-1].number
		return len(looked) == sweepFiles
	}
	return f.drop(useless, trusted) == nil
}

// untouched returns the last second at which a file to sweep may have been touched.
func (t *trusted) untouched(clock int64) int64 {
	return min(clock, t.now) - int64(unclaimed/time.Second)
}

// oldFiles returns some files behind the file number after, in the order of their numbers.
func (c *Conn) oldFiles(after, untouched int64) (all []old, err error) {
	err = c.Each(func(row *sqlite.Stmt) bool {
		all = append(all, old{number: row.ColumnInt64(0), size: row.ColumnInt64(3), marked: row.ColumnInt64(4) == 0,
			key: files.Key{Room: row.ColumnText(1), ID: row.ColumnText(2)}})
		return true
	}, oldFilesSQL, after, untouched, int64(sweepFiles))
	return all, err
}

// useless returns the files in all that nobody claims.
func (f *Files) useless(c *Conn, all []old, now int64) (found []old, err error) {
	for _, file := range all {
		claimed := false
		if !file.marked {
			_, claimed, err = c.get(f.Claim(file.key), now)
			if err != nil {
				return nil, err
			}
		}
		if !claimed {
			found = append(found, file)
		}
	}
	return found, nil
}

// drop deletes as many bytes of some files as a transaction may, and the files that are then empty. A file that was
// claimed meanwhile stays.
func (f *Files) drop(some []old, trusted *trusted) error {
	var dropped int64
	err := f.change(func(c *Conn, now int64) (_, failure error) {
		some, failure = f.useless(c, some, trusted.before(now))
		if failure != nil {
			return nil, failure
		}
		for left := int64(stepParts * partBytes); len(some) > 0 && left > 0; some = some[1:] {
			more, failure := c.dropStep(some[0].number)
			if failure != nil {
				return nil, failure
			}
			left -= some[0].size
			if !more && c.Changes() > 0 { // else Delete was first, and has counted the file
				dropped += some[0].size
			}
		}
		f.table.erased.Store(true)
		return nil, nil
	}, stepParts*partBytes/pageBytes)
	if err == nil {
		f.used.Add(-dropped)
	}
	return err
}
