package sqlite

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"strings"
	"time"

	"github.com/jonboulle/clockwork"
	"zombiezen.com/go/sqlite"

	"github.com/parley-chat/parley/internal/store/table"
)

// An item is live if it expires at the next second, the last parameter, or later.
const (
	getSQL  = `SELECT sk, expires, data FROM items WHERE pk = ? AND sk = ? AND (expires IS NULL OR expires >= ?)`
	pageSQL = `SELECT sk, expires, data FROM items WHERE pk = ? AND sk >= ? AND sk < ? AND (expires IS NULL OR expires >= ?) ORDER BY sk`
	nextSQL = `SELECT pk FROM items WHERE pk >= ? AND pk < ? ORDER BY pk LIMIT 1`
)

// minReaders is the least number of calls that can read at once.
const minReaders = 4

// Reader reads a table.
type Reader struct {
	file  *File
	pool  *Pool
	parts *Pool // one connection for the bytes of files: see NewReader
	clock clockwork.Clock
}

// NewReader returns a reader of a file. The reader's Close closes the file.
//
// One connection reads the bytes of all files, a part at a time. So any number of downloads takes one processor at
// most, fills the page cache of one connection, and takes no connection from messages.
func NewReader(file *File, clock clockwork.Clock) (*Reader, error) {
	pool, err := file.Pool(max(minReaders, runtime.GOMAXPROCS(0)))
	if err != nil {
		return nil, err
	}
	parts, err := file.Pool(1)
	if err != nil {
		return nil, errors.Join(err, pool.Close())
	}
	return &Reader{file: file, pool: pool, parts: parts, clock: clock}, nil
}

// Get returns the item at k, or table.ErrNotFound.
func (r *Reader) Get(ctx context.Context, k table.Key, _ table.Consistency) (item table.Item, err error) {
	if err := k.Check(); err != nil {
		return table.Item{}, err
	}
	found := false
	err = r.read(ctx, func(c *Conn, now int64) (err error) {
		item, found, err = c.get(k, now)
		return err
	})
	if err == nil && !found {
		err = table.ErrNotFound
	}
	return item, err
}

// Query returns one page of a partition. The page's More is exact. Query fails with ErrDamaged if an item is not in the
// range, or not after the item before: SQLite does not check each key of a page.
func (r *Reader) Query(ctx context.Context, q table.Range) (page table.Page, err error) {
	if err := q.Check(); err != nil {
		return table.Page{}, err
	}
	text, from, to := pageSQL, q.Prefix, after(q.Prefix)
	switch {
	case q.Reverse && q.After != "":
		text, to = pageSQL+" DESC", q.After
	case q.Reverse:
		text = pageSQL + " DESC"
	case q.After != "":
		from = q.After + "\x00" // the successor of q.After: no key contains NUL
	}
	err = r.read(ctx, func(c *Conn, now int64) error {
		bytes, last, misplaced := 0, q.After, false
		err := c.Each(func(row *sqlite.Stmt) bool {
			page.More = len(page.Items) == q.Limit || q.Bytes > 0 && bytes >= q.Bytes
			if page.More ||
				ctx.Err() != nil {
				return false
			}
			item := itemOf(row, q.Partition)
			sort := item.Key.Sort
			misplaced = !strings.HasPrefix(sort, q.Prefix) || last != "" && (sort == last || sort < last != q.Reverse)
			if misplaced {
				return false
			}
			last = sort
			page.Items = append(page.Items, item)
			bytes += len(item.Data)
			return true
		}, text, q.Partition, from, to, now+1)
		switch {
		case err != nil:
			return err
		case misplaced:
			return fmt.Errorf("%w (partition %q has an item where another should be)", ErrDamaged, q.Partition)
		}
		return ctx.Err()
	})
	if err != nil {
		return table.Page{}, err
	}
	return page, nil
}

// Partitions yields, in order, each partition whose name begins with prefix and that holds a live item under the sort
// key. Partitions may miss concurrent writes. If Partitions fails, the last pair has an error and no partition. The
// error is ErrDamaged if a partition is not greater than the partition before.
func (r *Reader) Partitions(ctx context.Context, prefix, sort string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for partition, from := "", prefix; ; from = partition + "\x00" {
			more, found := false, false
			err := r.read(ctx, func(c *Conn, now int64) (err error) {
				err = c.Each(func(row *sqlite.Stmt) bool {
					partition, more = row.ColumnText(0), true
					return true
				}, nextSQL, from, after(prefix))
				if err != nil || !more {
					return err
				}
				if partition < from { // else a damaged page could lead round in a circle for ever
					return fmt.Errorf("%w (partition %q is where one from %q on should be)", ErrDamaged, partition,
						from)
				}
				_, found, err = c.get(table.Key{Partition: partition, Sort: sort}, now)
				return err
			})
			if err != nil {
				yield("", err)
				return
			}
			if !more || found && !yield(partition, nil) {
				return
			}
		}
	}
}

// read calls f with a connection and the current second. If ctx ends before f has succeeded, the error is ctx's error.
func (r *Reader) read(ctx context.Context, f func(c *Conn, now int64) error) error {
	return r.readFrom(ctx, r.pool, f)
}

// readFrom is read with a connection of a pool.
func (r *Reader) readFrom(ctx context.Context, p *Pool, f func(c *Conn, now int64) error) error {
	err := p.Read(ctx, func(c *Conn) error { return f(c, r.clock.Now().Unix()) })
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	}
	return r.unavailable("reading", err)
}

// get returns the item at k if it is live at the second now.
func (c *Conn) get(k table.Key, now int64) (item table.Item, found bool, err error) {
	err = c.Each(func(row *sqlite.Stmt) bool {
		item, found = itemOf(row, k.Partition), true
		return true
	}, getSQL, k.Partition, k.Sort, now+1)
	return item, found, err
}

// itemOf copies the item out of a row of sk, expires and data.
func itemOf(row *sqlite.Stmt, partition string) table.Item {
	item := table.Item{
		Key:  table.Key{Partition: partition, Sort: row.ColumnText(0)},
		Data: make([]byte, row.ColumnLen(2)),
	}
	row.ColumnBytes(2, item.Data)
	if !row.ColumnIsNull(1) {
		item.Expires = time.Unix(row.ColumnInt64(1), 0).UTC()
	}
	return item
}

// after returns a string above all strings that begin with prefix, and not above any other string that is greater than
// prefix. Keys are UTF-8, so no byte of a key is 0xff.
func after(prefix string) string {
	if prefix == "" {
		return "\xff"
	}
	last := len(prefix) - 1
	return prefix[:last] + string([]byte{prefix[last] + 1})
}
